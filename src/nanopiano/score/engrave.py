"""A piece as engraved pages: verovio sets our MusicXML on A4, as SVG that every program draws alike.

verovio (Pugin, Zitellini and Roland 2014, "Verovio: a library for engraving MEI music notation into SVG", ISMIR) writes
text with the music glyphs of a web font and sizes of 0 around it, which browsers understand and hardly anything else.
So text becomes one plain element a line here, and a music glyph in it a path.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from nanopiano.music.piece import Piece
from nanopiano.score.engraver import fonts, pages_of, text_widths
from nanopiano.score.musicxml import musicxml_bytes

SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
MUSIC_FONT = "Leipzig"
# The first that a system has: Times by its names on Windows, macOS and Linux, then any with many letters.
TEXT_FONTS = "Times New Roman, Times, Liberation Serif, Nimbus Roman, Tinos, DejaVu Serif, Noto Serif, Noto Sans, serif"
WIDEST = 18_600  # of a page of 21,000 units, its margins left out: a longer title is set smaller
USUAL_WIDTH = 0.5  # of a letter that the metrics do not have, in parts of its size
ITALIC, BOLD = {"mNum", "dir", "dynam"}, {"tempo", "reh"}  # classes of verovio's, by its style sheet


@dataclass(frozen=True)
class _Line:
    """A line of text where it stands, in the units of the page."""

    x: str = "0"
    y: str = "0"
    anchor: str = "start"
    size: str = "0"
    family: str = ""
    bold: bool = False
    italic: bool = False
    text: str = ""


class _Glyphs:
    """The signs of the music font."""

    def __init__(self, fonts: Path) -> None:
        self._outlines = fonts / MUSIC_FONT
        metrics = ElementTree.parse(fonts / f"{MUSIC_FONT}.xml").getroot()
        self.text_widths = text_widths("Times")
        self._widths = {sign.get("c"): float(sign.get("h-a-x", 0)) for sign in metrics.iter("g")}

    def outline(self, sign: str) -> str:
        """Return the outline of a sign as the `d` of a path, in thousandths of its size, upward; empty if unknown."""
        file = self._outlines / f"{ord(sign):04X}.xml"
        path = ElementTree.parse(file).find("path") if file.exists() else None
        return "" if path is None else path.attrib["d"]

    def width(self, sign: str) -> float:
        """Return how far a sign moves the next one, in thousandths of its size."""
        return self._widths.get(f"{ord(sign):04X}", 0.0)


def engrave(piece: Piece) -> list[str]:
    """Return the pages of a piece as SVG, A4 upright. The same piece gives the same pages.

    Raises InputError without verovio, NanopianoError if it cannot draw.
    """
    ElementTree.register_namespace("", SVG.strip("{}"))
    ElementTree.register_namespace("xlink", XLINK.strip("{}"))
    pages = pages_of(musicxml_bytes(piece))
    glyphs = _Glyphs(fonts())
    return [_plain(page, glyphs) for page in pages]


def _plain(page: str, glyphs: _Glyphs) -> str:
    """Return a page with its text made plain, and without what its style sheet hides."""
    root = ElementTree.fromstring(page)
    for parent in list(root.iter()):
        for hidden in [child for child in parent if "placeholder" in _classes(child)]:  # marks of editors
            parent.remove(hidden)
        for text in parent.findall(f"{SVG}text"):
            style = _Line(bold=bool(_classes(parent) & BOLD), italic=bool(_classes(parent) & ITALIC))
            lines = list(_joined(_runs(text, style)))
            place = list(parent).index(text)
            parent.remove(text)
            for element in reversed([element for line in lines for element in _drawn(line, glyphs)]):
                parent.insert(place, element)
    root.find(f"{SVG}svg").set("font-family", TEXT_FONTS)  # type: ignore[union-attr]  # the page's own coordinates
    return ElementTree.tostring(root, encoding="unicode")


def _classes(element: Element) -> set[str]:
    return set(element.get("class", "").split())


def _runs(element: Element, line: _Line) -> Iterator[tuple[bool, _Line]]:
    """Yield the runs of text below an element, and whether each has a place of its own."""
    placed = element.get("x") is not None or element.get("y") is not None
    line = replace(
        line,
        x=element.get("x", line.x),
        y=element.get("y", line.y),
        anchor=element.get("text-anchor", line.anchor),
        size=element.get("font-size", line.size).removesuffix("px"),
        family=element.get("font-family", line.family),
        bold=line.bold or element.get("font-weight") == "bold",
        italic=line.italic or element.get("font-style") == "italic",
    )
    if element.text and element.text.strip():
        yield placed, replace(line, text=element.text)
    for child in element:
        if child.tag == f"{SVG}tspan":
            for inner, run in _runs(child, line):
                yield placed or inner, run
                placed = False


def _joined(runs: Iterator[tuple[bool, _Line]]) -> Iterator[list[_Line]]:
    """Yield the runs line by line."""
    line: list[_Line] = []
    for placed, run in runs:
        if placed and line:
            yield line
            line = []
        line.append(run)
    if line:
        yield line


def _drawn(line: list[_Line], glyphs: _Glyphs) -> Iterator[Element]:
    """Yield the elements that draw a line: music glyphs at its beginning, then its text in the style of the first."""
    x = float(line[0].x)
    words = [run for run in line if run.family != MUSIC_FONT]
    for run in line[: len(line) - len(words)]:
        for sign in run.text.strip():
            scale = float(run.size) / 1000  # the font counts thousandths of its size, upward
            place = f"translate({x:g}, {run.y}) scale({scale:g}, {-scale:g})"
            yield Element(f"{SVG}path", {"d": glyphs.outline(sign), "transform": place})
            x += scale * glyphs.width(sign)
    if words:
        first = words[0]
        text = "".join(run.text for run in words)
        width = float(first.size) * sum(glyphs.text_widths.get(letter, USUAL_WIDTH) for letter in text)
        fits = min(1.0, WIDEST / max(width, 1.0))
        x = WIDEST / 2 if fits < 1 else x  # what does not fit stood off the middle, too
        element = Element(f"{SVG}text", {"x": f"{x:g}", "y": first.y, "text-anchor": first.anchor})
        element.set("font-size", f"{float(first.size) * fits:g}")
        element.set("font-weight", "bold" if first.bold else "normal")
        element.set("font-style", "italic" if first.italic else "normal")
        element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        element.text = text
        yield element
