"""What `generate`, `continue` and `fill` share: compose with a progress bar, write what was composed, tell about it."""

import secrets
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

from nanopiano.cli import terminal
from nanopiano.cli.outputs import Output
from nanopiano.cli.sound import save_wav
from nanopiano.errors import InputError, NanopianoError
from nanopiano.files import write_atomically
from nanopiano.model.composer import Composer, Composition
from nanopiano.model.defaults import DEFAULT_LENGTH, DEFAULT_SAMPLING
from nanopiano.model.ending import Length
from nanopiano.model.sample import MAX_SEED, Sampling
from nanopiano.model.store import DEFAULT_MODEL
from nanopiano.music.expression import with_expression
from nanopiano.music.midi import midi_bytes
from nanopiano.music.piece import Piece
from nanopiano.music.vocab import END
from nanopiano.music.words import piece_to_text

MOST_FOUND_SEED = 2**31  # of seeds not asked for: short enough to be typed again


def _whole_midi(_: Composition, piece: Piece) -> bytes:
    return midi_bytes(piece)


@dataclass(frozen=True)
class Task:
    """What a command composes: a piece for each output."""

    outputs: list[Output]
    composer: Composer
    begin: Callable[[int], Composition]  # starts the piece of a seed
    region: Callable[[Composition], tuple[int, int]]  # the steps of the new music
    midi: Callable[[Composition, Piece], bytes] = _whole_midi  # the file to write, given the piece as it shall sound
    facts: dict[str, Any] = field(default_factory=dict)  # what the JSON says beside the usual


def sampling_of(args: Namespace) -> Sampling:
    """Return the sampling asked for. Raises InputError."""
    names = ("temperature", "top_k", "top_p", "min_p", "min_surprise", "returns", "chromatic", "original")
    given = {name: getattr(args, name) for name in names}
    return Sampling(**vars(DEFAULT_SAMPLING) | {name: value for name, value in given.items() if value is not None})


def length_of(args: Namespace) -> Length:
    """Return the length asked for. Raises InputError."""
    given = {name: getattr(args, name) for name in ("words", "bars", "seconds")}
    return DEFAULT_LENGTH if all(value is None for value in given.values()) else Length(**given)


def seeds_of(args: Namespace) -> list[int]:
    """Return a seed for each piece. Raises InputError."""
    count = args.count or 1
    first = secrets.randbelow(MOST_FOUND_SEED) if args.seed is None else args.seed
    if not 0 <= first <= MAX_SEED - count + 1:
        raise InputError(f"seed {first} is out of range: expected 0 to {MAX_SEED}")
    return list(range(first, first + count))


def load_composer(args: Namespace) -> Composer:
    """Return the composer asked for. Raises InputError."""
    return Composer(DEFAULT_MODEL if args.model is None else args.model)


def carry_out(task: Task, args: Namespace) -> None:
    """Compose and write every piece. Ctrl-C ends the piece that is being composed, which is kept, and then the rest."""
    told: list[dict[str, Any]] = []
    interrupted = False
    _ = task.composer.index  # a damaged one is refused before the work, not after it
    for output in task.outputs:
        composition = task.begin(output.seed)
        began = perf_counter()
        interrupted = not _follow(composition)
        seconds = perf_counter() - began
        if composition.new_ids:
            try:
                piece, pages = _write(task, composition, output, args.expressive)
            except NanopianoError as error:
                raise NanopianoError(f"{error} (--seed {output.seed} composes this piece again)") from error
            told.append(_facts(composition, piece, output, seconds) | task.facts | {"interrupted": interrupted})
            told[-1] |= {"score": pages} if pages else {}
            terminal.say(_summary(told[-1]))
            found = task.composer.originality(composition.piece, *task.region(composition))
            if found is not None:
                told[-1]["originality"] = found.to_json()
                terminal.say(f"  {found.line()}")
        if interrupted:
            break
    if args.json:
        terminal.show_json({"pieces": told} if args.count else told[0] if told else {"interrupted": True})
    if interrupted:
        raise KeyboardInterrupt


def _follow(composition: Composition) -> bool:
    """Compose under a progress bar; return whether the piece came to its end, or Ctrl-C before it."""
    bar_steps = composition.frame.grid.bar_steps
    form = "{percentage:3.0f}%|{bar}| {desc} [{elapsed}<{remaining}]"
    try:
        with terminal.progress(1.0, "composing", bar_format=form) as bar:
            for note in composition:
                where = f"bar {note.onset // bar_steps + 1}, {composition.n_words} words"
                bar.set_description_str(where, refresh=False)
                bar.update(composition.share - bar.n)
    except KeyboardInterrupt:
        return False
    return True


def _write(task: Task, composition: Composition, output: Output, expressive: bool) -> tuple[Piece, list[str]]:
    """Write the files of a piece; return it as it sounds, and the files of its score."""
    piece = with_expression(composition.piece) if expressive else composition.piece
    write_atomically(output.midi, task.midi(composition, piece))
    if output.text:
        write_atomically(output.text, f"{piece_to_text(piece)}\n".encode())
    if output.wav:
        save_wav(composition.piece, output.wav, expressive=expressive)
    if output.picture:
        from nanopiano.gui.draw.picture import save_picture  # noqa: PLC0415  brings pygame, which is slow

        save_picture(piece, output.picture, new=task.region(composition), caption=f"seed {output.seed}")
    if output.score is None:
        return piece, []
    from nanopiano.score.draw import save_score  # noqa: PLC0415  only where a score is asked for

    titled = replace(piece, title=piece.title or output.midi.stem)
    return piece, [str(page) for page in save_score(titled, output.score)]


def _facts(composition: Composition, piece: Piece, output: Output, seconds: float) -> dict[str, Any]:
    words = sum(word != END for word in composition.new_ids)
    others = {"wav": output.wav, "picture": output.picture, "text": output.text}
    return {
        "seed": output.seed,
        "words": words,
        "notes": len(piece),
        "bars": piece.bars,
        "seconds": round(piece.seconds, 3),
        "bpm": piece.bpm,
        "words_per_second": round(words / max(seconds, 1e-9), 1),
        "file": str(output.midi),
    } | {name: str(path) for name, path in others.items() if path}


def _summary(facts: dict[str, Any]) -> str:
    named = [facts[name] for name in ("file", "wav", "picture", "text") if name in facts]
    files = ", ".join([*named, *facts.get("score", [])])
    what = f"{facts['notes']:,} notes, {facts['bars']:,} bars, {facts['seconds']:.0f} s at {facts['bpm']:g} BPM"
    how = f"{facts['words']:,} new words, {facts['words_per_second']:.0f} a second"
    return f"{files}: {what}, seed {facts['seed']} ({how})"
