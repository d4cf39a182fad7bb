"""Where results go. Everything is checked before any work: what cannot be written is refused at once."""

import tempfile
from argparse import Namespace
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from os.path import realpath
from pathlib import Path

from nanopiano.errors import InputError, NanopianoError


@dataclass(frozen=True)
class Output:
    """The files of one piece."""

    seed: int
    midi: Path
    wav: Path | None
    picture: Path | None
    text: Path | None
    score: Path | None

    @property
    def files(self) -> list[Path]:
        """All files that will be written."""
        return [path for path in (self.midi, self.wav, self.picture, self.text, self.score) if path is not None]


def outputs_of(args: Namespace, seeds: Sequence[int], inputs: Iterable[Path] = ()) -> list[Output]:
    """Return the files of the pieces with these seeds, checked. Raises InputError or NanopianoError."""
    for path in (args.output, args.wav, args.picture, args.text, args.score):
        if path is not None:
            _check_name(path)
    if args.wav is not None:
        check_wav(args.wav)
    if args.picture is not None:
        check_picture(args.picture)
    if args.score is not None:
        check_score(args.score)
    many = args.count is not None
    outputs = []
    for place, seed in enumerate(seeds, start=1):
        wanted = (args.wav, args.picture, args.text, args.score)
        wav, picture, text, score = (numbered(path, place) if path and many else path for path in wanted)
        midi = _midi(args.output, seed, place if many else None)
        outputs.append(Output(seed, midi, wav, picture, text, score))
    check([path for output in outputs for path in output.files], inputs)
    return outputs


def _midi(wanted: Path | None, seed: int, place: int | None) -> Path:
    if wanted is None:
        return free_name(Path(f"nanopiano-{seed}.mid"))
    return wanted if place is None else numbered(wanted, place)


def numbered(path: Path, number: int) -> Path:
    """Return `name-2.mid` for `name.mid`."""
    return path.with_name(f"{path.stem}-{number}{path.suffix}")


def free_name(path: Path) -> Path:
    """Return `path`, numbered from 2 on if it is taken."""
    free, number = path, 1
    while free.exists():
        number += 1
        free = numbered(path, number)
    return free


def check(targets: Sequence[Path], inputs: Iterable[Path] = ()) -> None:
    """Refuse targets that cannot be written, are named twice, or are a file that is read."""
    if len({realpath(path) for path in targets}) < len(targets):
        raise InputError(f"{targets[-1]} would be written twice: give every output a name of its own")
    inputs = [path for path in inputs if path.exists()]
    for target in targets:
        _check_name(target)
        if target.exists() and any(target.samefile(path) for path in inputs):
            raise InputError(f"{target} is what is read, and what is yours is never written to: choose another name")
    for folder in {target.parent for target in targets if target.is_file() or not target.exists()}:
        _check_folder(folder)


def check_wav(path: Path) -> None:
    """Refuse a sound file of a kind that cannot be written."""
    from nanopiano.audio.files import check_sound  # noqa: PLC0415  only where sound is asked for

    check_sound(path)


def check_picture(path: Path) -> None:
    """Refuse a picture that is not named as a PNG."""
    if path.suffix.lower() != ".png":
        raise InputError(f"cannot draw {path}: pictures are PNG files, so end its name with .png")


def check_score(path: Path) -> None:
    """Refuse a score of a kind that cannot be written, here or without the extra."""
    from nanopiano.score import draw  # noqa: PLC0415  only where a score is asked for

    draw.check_score(path)


def _check_name(path: Path) -> None:
    if path.is_dir():
        raise InputError(f"cannot write {path}: it is a folder; give the name of a file in it")
    if not path.parent.is_dir():
        raise InputError(f"cannot write {path}: there is no folder {path.parent}; make it first")


def _check_folder(folder: Path) -> None:
    """Refuse a folder that takes no file; a file without a name is the only sure way to know."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise NanopianoError(f"cannot write into {folder}: {(error.strerror or str(error)).lower()}") from error
