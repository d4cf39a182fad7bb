"""Engraved pages as one PDF: lines and curves stay what they are, so that print is sharp at every size.

Written after ISO 32000-1 (PDF 1.7) for the few elements of SVG that `engrave` makes: groups, paths, polygons, ellipses,
rectangles, uses of music glyphs, and text. A glyph is stored once (a form XObject). Text is in the Times that every
PDF viewer has; it holds the letters of Western and Central Europe, others are shown as question marks. No date is in
the file: the same pages give the same bytes.
"""

import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from nanopiano.score.engrave import SVG, USUAL_WIDTH, XLINK
from nanopiano.score.engraver import text_widths

A4 = (595.276, 841.89)  # points
FONTS = {
    (False, False): ("F1", "Times-Roman", "Times"),
    (True, False): ("F2", "Times-Bold", "Times-bold"),
    (False, True): ("F3", "Times-Italic", "Times-italic"),
    (True, True): ("F4", "Times-BoldItalic", "Times-bold-italic"),
}
FREE_CODES = range(1, 32)  # of a font: no letter stands there, so letters beyond code page 1252 may
ROUND = 0.5523  # a quarter of a circle is a Bézier curve whose handles are so long (times the radius)
# How Adobe's glyph list ends the names of letters with these marks.
MARKS = {
    "\u0301": "acute", "\u0300": "grave", "\u0302": "circumflex", "\u0308": "dieresis", "\u030c": "caron",
    "\u0307": "dotaccent", "\u0328": "ogonek", "\u0327": "cedilla", "\u0304": "macron", "\u0306": "breve",
    "\u030a": "ring", "\u0303": "tilde", "\u030b": "hungarumlaut", "\u0326": "commaaccent",
}  # fmt: skip
NAMED = {"ł": "lslash", "Ł": "Lslash", "đ": "dcroat", "Đ": "Dcroat", "ı": "dotlessi"}
_TOKEN = re.compile(r"[A-Za-z]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")

Matrix = tuple[float, float, float, float, float, float]


@dataclass
class _Book:
    """What the pages share."""

    forms: dict[str, bytes] = field(default_factory=dict)  # outline of a glyph -> its drawing; in order: X0, X1, ...
    codes: dict[str, int] = field(default_factory=dict)  # letters beyond code page 1252 -> their code

    def form(self, outline: str) -> str:
        """Return the name of a glyph."""
        if outline not in self.forms:
            self.forms[outline] = (" ".join(_path(outline)) + " f").encode()
        return f"X{list(self.forms).index(outline)}"

    def text(self, words: str) -> bytes:
        """Return words as codes of our fonts."""
        return bytes(self._code(letter) for letter in unicodedata.normalize("NFC", words))

    def _code(self, letter: str) -> int:
        try:
            return letter.encode("cp1252")[0]
        except UnicodeEncodeError:
            if _name(letter) and (letter in self.codes or len(self.codes) < len(FREE_CODES)):
                return self.codes.setdefault(letter, FREE_CODES[len(self.codes)])
            return ord("?")


def pdf_bytes(pages: list[str]) -> bytes:
    """Return engraved pages (see `engrave`) as a PDF of A4 pages."""
    book = _Book()
    contents = [_page(ElementTree.fromstring(page), book) for page in pages]
    objects: list[bytes] = [b"", b""]  # the catalog and the list of pages, once their parts are known

    def add(body: bytes) -> int:
        objects.append(body)
        return len(objects)

    differences = " ".join(f"{code} /{_name(letter)}" for letter, code in book.codes.items())
    encoding = add(f"<< /Type /Encoding /BaseEncoding /WinAnsiEncoding /Differences [{differences}] >>".encode())
    fonts = " ".join(
        f"/{name} {add(f'<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding {encoding} 0 R >>'.encode())} 0 R"
        for name, font, _ in FONTS.values()
    )
    head = "/Type /XObject /Subtype /Form /BBox [-5000 -5000 5000 5000]"
    forms = " ".join(f"/X{n} {add(_stream(form, head))} 0 R" for n, form in enumerate(book.forms.values()))
    resources = add(f"<< /Font << {fonts} >> /XObject << {forms} >> >>".encode())
    box = f"/MediaBox [0 0 {A4[0]} {A4[1]}]"
    kids = []
    for content in contents:
        stream = add(_stream(content))
        kids.append(
            add(f"<< /Type /Page /Parent 2 0 R {box} /Resources {resources} 0 R /Contents {stream} 0 R >>".encode())
        )
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] >>".encode()
    return _file([*objects, b"<< /Producer (nanopiano) >>"])


def _file(objects: list[bytes]) -> bytes:
    """Return the file of these objects; the first is the catalog, the last tells about the file."""
    body = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = len(body)
    entries = "".join(f"{place:010d} 00000 n \n" for place in places)
    body += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{entries}".encode()
    body += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\n".encode()
    return bytes(body + f"startxref\n{table}\n%%EOF\n".encode())


def _stream(data: bytes, head: str = "") -> bytes:
    packed = zlib.compress(data, 9)
    return f"<< {head} /Length {len(packed)} /Filter /FlateDecode >>\nstream\n".encode() + packed + b"\nendstream"


def _page(root: Element, book: _Book) -> bytes:
    inner = root.find(f"{SVG}svg")
    assert inner is not None  # `engrave` found it too
    _, _, width, height = map(float, inner.attrib["viewBox"].split())
    glyphs = {group.get("id", ""): group for group in root.iter(f"{SVG}g")}
    scale = f"{A4[0] / width:.8f} 0 0 {-A4[1] / height:.8f} 0 {A4[1]} cm"
    return "\n".join([scale, *(line for child in inner for line in _draw(child, glyphs, book))]).encode("latin-1")


def _draw(element: Element, glyphs: dict[str, Element], book: _Book) -> Iterator[str]:
    """Yield what draws an element."""
    kind = element.tag.removeprefix(SVG)
    lines: list[str] = []
    if kind == "g":
        lines = [line for child in element for line in _draw(child, glyphs, book)]
    elif kind == "use":
        path = glyphs[element.get(f"{XLINK}href", "")[1:]].find(f"{SVG}path")
        if path is not None:
            lines = [*_moves(path), f"/{book.form(path.attrib['d'])} Do"]
    elif kind == "text":
        lines = [_text(element, book)]
    elif kind in SHAPES:
        lines = [*SHAPES[kind](element), _paint(element, kind)]
    moves = list(_moves(element))
    if lines and (moves or element.get("stroke-width")):
        lines = ["q", *moves, *_pen(element), *lines, "Q"]
    yield from lines


def _moves(element: Element) -> Iterator[str]:
    """Yield the changes of coordinates that an element asks for."""
    for name, values in re.findall(r"(\w+)\(([^)]*)\)", element.get("transform", "")):
        x, *rest = map(float, re.split(r"[ ,]+", values.strip()))
        y = rest[0] if rest else x if name == "scale" else 0.0
        yield f"1 0 0 1 {x:g} {y:g} cm" if name == "translate" else f"{x:g} 0 0 {y:g} 0 0 cm"


def _pen(element: Element) -> Iterator[str]:
    width = element.get("stroke-width")
    if width is not None:
        yield f"{float(width):g} w"
    if element.get("stroke-linecap") == "round":
        yield "1 J 1 j"


def _paint(element: Element, kind: str) -> str:
    """Return the operator that strokes, fills, or both; verovio strokes what has a width of stroke."""
    stroked, filled = element.get("stroke-width") is not None, element.get("fill") != "none"
    if (
        kind == "path"
        and set(_TOKEN.findall(element.get("d", ""))) & set("ML")
        and "C" not in element.get("d", "").upper()
    ):
        filled = filled and not stroked  # a line encloses nothing
    return {(True, True): "B", (True, False): "S"}.get((stroked, filled), "f")


def _text(element: Element, book: _Book) -> str:
    words, size = element.text or "", float(element.get("font-size", 0))
    name, _, metrics = FONTS[element.get("font-weight") == "bold", element.get("font-style") == "italic"]
    widths = text_widths(metrics)
    length = size * sum(widths.get(letter, USUAL_WIDTH) for letter in words)
    x = float(element.get("x", 0)) - length * {"middle": 0.5, "end": 1.0}.get(element.get("text-anchor", ""), 0.0)
    y = float(element.get("y", 0))
    return f"BT /{name} {size:g} Tf 1 0 0 -1 {x:.1f} {y:g} Tm <{book.text(words).hex()}> Tj ET"


def _name(letter: str) -> str | None:
    """Return the name of a letter in Adobe's glyph list, if it is a plain one with a mark."""
    base, mark = (*unicodedata.normalize("NFD", letter), "", "")[:2]
    return NAMED.get(letter) or (base + MARKS[mark] if base.isascii() and mark in MARKS else None)


# --- shapes ----------------------------------------------------------------------------------------------------------


def _path(outline: str) -> Iterator[str]:
    """Yield the operators of an outline in the language of SVG: M, L, H, V, C, Z, in capitals absolute."""
    tokens = _TOKEN.findall(outline)
    at, command = 0, ""
    x = y = left = top = 0.0
    while at < len(tokens):
        if tokens[at].isalpha():
            command, at = tokens[at], at + 1
        kind, home = command.upper(), (x, y) if command.islower() else (0.0, 0.0)
        if kind == "Z":
            x, y = left, top
            yield "h"
            continue
        size = {"H": 1, "V": 1, "C": 6}.get(kind, 2)
        numbers = [float(token) for token in tokens[at : at + size]]
        at += size
        if kind in "HV":
            numbers = [home[0] + numbers[0], y] if kind == "H" else [x, home[1] + numbers[0]]
        else:
            numbers = [number + home[place % 2] for place, number in enumerate(numbers)]
        x, y = numbers[-2:]
        if kind == "M":
            left, top = x, y
            command = "l" if command == "m" else "L"  # points that follow are lines
        yield f"{' '.join(f'{number:g}' for number in numbers)} {'m' if kind == 'M' else 'c' if kind == 'C' else 'l'}"


def _polygon(element: Element) -> Iterator[str]:
    yield from _polyline(element)
    yield "h"


def _polyline(element: Element) -> Iterator[str]:
    numbers = re.split(r"[ ,]+", element.attrib["points"].strip())
    for place in range(0, len(numbers), 2):
        yield f"{numbers[place]} {numbers[place + 1]} {'l' if place else 'm'}"


def _rectangle(element: Element) -> Iterator[str]:
    yield " ".join(element.get(name, "0") for name in ("x", "y", "width", "height")) + " re"


def _ellipse(element: Element) -> Iterator[str]:
    x, y, wide, high = (float(element.get(name, 0)) for name in ("cx", "cy", "rx", "ry"))
    quarters = [((1, ROUND), (ROUND, 1), (0, 1)), ((-ROUND, 1), (-1, ROUND), (-1, 0))]
    quarters += [tuple((-a, -b) for a, b in quarter) for quarter in quarters]  # type: ignore[misc]
    yield f"{x + wide:g} {y:g} m"
    for quarter in quarters:
        yield " ".join(f"{x + a * wide:g} {y + b * high:g}" for a, b in quarter) + " c"


SHAPES: dict[str, Callable[[Element], Iterator[str]]] = {
    "path": lambda element: _path(element.attrib["d"]),
    "polygon": _polygon,
    "polyline": _polyline,
    "rect": _rectangle,
    "ellipse": _ellipse,
}
