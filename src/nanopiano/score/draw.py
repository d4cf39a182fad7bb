"""Scores as files: MusicXML by ourselves; SVG, PNG and PDF by way of engraved pages."""

from importlib.util import find_spec
from pathlib import Path

from nanopiano.errors import InputError
from nanopiano.files import write_atomically
from nanopiano.music.piece import Piece
from nanopiano.score.engraver import check_installed
from nanopiano.score.musicxml import write_musicxml

# What each kind of file needs beside the base install.
NEEDS = {
    ".musicxml": (),
    ".mxl": (),
    ".svg": ("verovio",),
    ".png": ("verovio", "resvg_py"),
    ".pdf": ("verovio",),
}
PNG_WIDTH = 1654  # pixels: A4 at 200 dots an inch


def check_score(path: Path | str) -> None:
    """Raise InputError if a score cannot be written under this name, or what draws it is not installed."""
    kind = Path(path).suffix.lower()
    if kind not in NEEDS:
        raise InputError(f"cannot write {path}: scores are {', '.join(NEEDS)} files, so end its name with one of these")
    check_installed(NEEDS[kind])


def save_score(piece: Piece, path: Path | str) -> list[Path]:
    """Write a piece as a score of the kind that the name says, and return the files.

    SVG and PNG of several pages become `name-page-1.svg`, `name-page-2.svg`, ..., which pieces that are numbered never
    are; all others are one file. What is there under these names is replaced.

    Raises InputError or NanopianoError.
    """
    path = Path(path)
    check_score(path)
    kind = path.suffix.lower()
    if kind in (".musicxml", ".mxl"):
        write_musicxml(piece, path)
        return [path]
    from nanopiano.score.engrave import engrave  # noqa: PLC0415  only where pages are asked for

    pages = engrave(piece)
    if kind == ".pdf":
        from nanopiano.score.pdf import pdf_bytes  # noqa: PLC0415

        write_atomically(path, pdf_bytes(pages))
        return [path]
    many = len(pages) > 1
    files = [path.with_name(f"{path.stem}-page-{n}{path.suffix}") if many else path for n in range(1, len(pages) + 1)]
    for file, page in zip(files, pages, strict=True):
        write_atomically(file, page.encode() if kind == ".svg" else png_bytes(page))
    return files


def png_bytes(page: str) -> bytes:
    """Return an engraved page as a PNG on white."""
    import resvg_py  # noqa: PLC0415  of the extra `score`

    return bytes(resvg_py.svg_to_bytes(svg_string=page, background="white", width=PNG_WIDTH, font_files=_last_font()))


def _last_font() -> list[str]:
    """Return a font for titles on a system that has none: the window's, which every install has."""
    spec = find_spec("pygame_gui")
    places = spec.submodule_search_locations if spec is not None else None
    return [str(Path(place) / "data" / "NotoSans-Regular.ttf") for place in places or ()]
