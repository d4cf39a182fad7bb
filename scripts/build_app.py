"""Build the program that needs no Python: `python scripts/build_app.py [--out dist]`, with the extra `app` installed.

It makes OUT/nanopiano, a folder to be copied anywhere (on macOS OUT/nanopiano.app too), and an archive of it to be
passed on. PyInstaller builds for the system it runs on, and for no other. `scripts/try_app.py` tries what was built.
"""

import argparse
import os
import platform
import shutil
import sys
from pathlib import Path

os.environ["SDL_VIDEODRIVER"] = "dummy"
sys.path.insert(0, str(Path(__file__).parents[1] / "packaging"))

import pygame
import PyInstaller.__main__
from bundle import ICON, NAME, ROOT, VERSION

from nanopiano.gui.draw.emblem import emblem

ICON_SIZE = 256  # pixels
PAPERS = (ROOT / "LICENSE", ROOT / "docs" / "credits.md", ROOT / "packaging" / "READ-ME.txt")


def main(out: Path) -> None:
    """Build the folder and its archive in `out`."""
    ICON.parent.mkdir(exist_ok=True)
    pygame.image.save(emblem(ICON_SIZE), ICON)
    spec, work = ROOT / "packaging" / f"{NAME}.spec", ROOT / "build"
    places = ["--distpath", str(out), "--workpath", str(work)]
    PyInstaller.__main__.run([str(spec), "--noconfirm", "--log-level", "WARN", *places])
    folder = out / NAME
    if sys.platform == "darwin":  # what is passed on there is the .app, which can be used as a folder too
        shutil.rmtree(folder)
        folder.mkdir()
        shutil.move(out / f"{NAME}.app", folder)
    for paper in PAPERS:
        shutil.copy(paper, folder)
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    print(f"{folder}: {len(files):,} files, {megabytes(*files)}")
    archive = pack(folder)
    print(f"{archive}: {megabytes(archive)}")


def pack(folder: Path) -> Path:
    """Pack a folder into an archive beside it, in the form that its system knows; return the archive."""
    name = f"{NAME}-{VERSION}-{platform.system().lower().replace('darwin', 'macos')}-{platform.machine().lower()}"
    kind = "zip" if sys.platform == "win32" else "gztar"  # a zip of Python's loses links and the right to be run
    return Path(shutil.make_archive(str(folder.parent / name), kind, folder.parent, folder.name))


def megabytes(*files: Path) -> str:
    """Return how large files are together."""
    return f"{sum(path.stat().st_size for path in files) / 1e6:.1f} MB"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="the folder to build in (default: dist)")
    main(parser.parse_args().out.resolve())
