"""A folder that is made beside its place and moved there when it is whole."""

from pathlib import Path

from nanopiano.errors import InputError


def check_place(out: Path) -> None:
    """Raise InputError unless `out` is a new or an empty folder with a name of its own."""
    if out.name in ("", ".."):
        raise InputError(f"{out} cannot be made anew: name a new folder with -o")
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise InputError(f"{out} is there and holds something else: choose another folder with -o")


def beside(out: Path, ending: str) -> Path:
    """Return the path beside `out` with an ending more."""
    return out.with_name(out.name + ending)


def move_to_place(whole: Path, out: Path) -> None:
    """Rename the folder `whole` to `out`, which is not there or empty. Raises OSError."""
    if out.is_dir():
        out.rmdir()  # Windows does not rename onto a folder
    whole.replace(out)
