"""Look into what `python -m build` made: `python scripts/check_dist.py [dist]`.

The wheel and the source distribution hold every file of the package, data included, and the wheel is no larger than
40 MB; the source distribution also holds what builds, tests and explains it. Ends with exit status 1 if not.
"""

import argparse
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_BYTES = 40_000_000  # of a wheel
FOLDERS = (".github", "benchmarks", "docs", "packaging", "scripts", "tests")  # of the source distribution
NOT_OURS = ("__pycache__", ".egg-info")


def files(folder: Path, top: Path) -> set[str]:
    """Return the files of ours below a folder, as places below `top`."""
    return {
        path.relative_to(top).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not any(name.endswith(NOT_OURS) for name in path.parts)
    }


def only(dist: Path, pattern: str) -> Path:
    """Return the one file of a kind."""
    found = sorted(dist.glob(pattern))
    assert len(found) == 1, f"{dist} holds {len(found)} files {pattern}: empty it and build again"
    return found[0]


def main(dist: Path) -> None:
    """Check both, and say how large they are."""
    wheel = only(dist, "*.whl")
    source = only(dist, f"nanopiano-{wheel.name.split('-')[1]}.tar.gz")  # programs without Python may lie beside it
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    missing = files(ROOT / "src" / "nanopiano", ROOT / "src") - inside
    assert not missing, f"{wheel} lacks {sorted(missing)}"
    with tarfile.open(source) as archive_of_source:
        inside = {name.partition("/")[2] for name in archive_of_source.getnames()}
    wanted = files(ROOT / "src" / "nanopiano", ROOT).union(*(files(ROOT / name, ROOT) for name in FOLDERS))
    missing = wanted - inside
    assert not missing, f"{source} lacks {sorted(missing)}"
    for file in (wheel, source):
        print(f"{file.name}: {file.stat().st_size / 1e6:.1f} MB")
    assert wheel.stat().st_size <= MOST_BYTES, f"{wheel} is too large: expected {MOST_BYTES / 1e6:.0f} MB or less"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "dist")
    main(parser.parse_args().folder)
