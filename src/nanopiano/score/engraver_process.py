"""What runs in a process of its own (see `engraver`), so that what crashes or prints there harms nobody.

Run as `python engraver_process.py pages|midi|abc SCORE FOLDER`: verovio draws a score as `page-N.svg` or plays it into
`notes.mid`, abc2midi (through symusic) plays an ABC tune. Nothing of ours is imported, so that it starts at once.
"""

import base64
import sys
from pathlib import Path

REFUSED = 3  # exit status: nothing can be made of the score
SEED = 1  # of the names that verovio gives to what it draws: the same every time
OPTIONS = {
    "pageWidth": 2100,  # tenths of a millimetre: A4 upright
    "pageHeight": 2970,
    "pageMarginTop": 120,
    "pageMarginBottom": 100,
    "pageMarginLeft": 120,
    "pageMarginRight": 120,
    "scale": 40,
    "svgViewBox": True,
    "mnumInterval": 0,  # bars are numbered where a line begins
    "breaks": "auto",
    "footer": "none",
    "smuflTextFont": "none",
}


def main(verb: str, score: str, folder: str) -> int:
    """Read `score`, write into `folder`, and return the exit status."""
    if verb == "abc":
        import symusic  # noqa: PLC0415  each verb needs its own library only

        symusic.Score(score).dump_midi(str(Path(folder, "notes.mid")))  # type: ignore[attr-defined]  # its stubs lag
        return 0
    import verovio  # noqa: PLC0415

    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.resetXmlIdSeed(SEED)
    toolkit.setOptions(OPTIONS)
    if not toolkit.loadFile(score) or not toolkit.getPageCount():
        return REFUSED
    if verb == "midi":
        Path(folder, "notes.mid").write_bytes(base64.b64decode(toolkit.renderToMIDI()))
        return 0
    for page in range(1, toolkit.getPageCount() + 1):
        Path(folder, f"page-{page}.svg").write_text(toolkit.renderToSVG(page), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
