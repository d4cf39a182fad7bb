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
from nanopiano.music.midi import midi_bytes, parse_midi
from nanopiano.music.piece import Piece
from nanopiano.music.splice import splice_midi
from nanopiano.music.vocab import END
from nanopiano.music.words import piece_to_text

MOST_FOUND_SEED = 2**31  # of seeds not asked for: short enough to be typed again


@dataclass(frozen=True)
class Task:
    """What a command composes: a piece for each output."""

    outputs: list[Output]
    composer: Composer
    begin: Callable[[int], Composition]  # starts the piece of a seed
    region: Callable[[Composition], tuple[int, int]]  # the steps of the new music
    source: bytes | None = None  # the MIDI file whose region the new music takes; None: a file of its own
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
    """Compose and write every piece. Ctrl-C ends the piece that is being composed, which is kept, and then the rest.

    However it ends, the JSON tells what was written by then.
    """
    told: list[dict[str, Any]] = []
    stopped = False
    _ = task.composer.index  # a damaged one is refused before the work, not after it
    try:
        for output in task.outputs:
            _make(task, output, args.expressive, told)
    except KeyboardInterrupt:
        stopped = True
        raise
    finally:
        if args.json and (told or stopped):
            terminal.show_json({"pieces": told} if args.count else told[0] if told else {"interrupted": True})


def _make(task: Task, output: Output, expressive: bool, told: list[dict[str, Any]]) -> None:
    """Compose a piece and write its files; add to `told` what is known of it once there is a file."""
    composition = task.begin(output.seed)
    began = perf_counter()
    whole = _follow(composition)
    seconds = perf_counter() - began
    if composition.new_ids:
        try:
            piece = _write_midi(task, composition, output, expressive)
            told.append(_facts(composition, piece, output, seconds) | task.facts | {"interrupted": not whole})
            _write_others(task, composition, piece, output, expressive, told[-1])
        except InputError:  # no seed cures a wrong call
            raise
        except NanopianoError as error:
            raise NanopianoError(f"{error} (--seed {output.seed} composes this piece again)") from error
        found = task.composer.originality(composition.piece, *task.region(composition))
        if found is not None:
            told[-1]["originality"] = found.to_json()
            terminal.say(f"  {found.line()}")
    if not whole:
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


def _write_midi(task: Task, composition: Composition, output: Output, expressive: bool) -> Piece:
    """Write the MIDI file of a piece and return the piece as it stands there."""
    piece = with_expression(composition.piece) if expressive else composition.piece
    if task.source is None:
        write_atomically(output.midi, midi_bytes(piece))
        return piece
    region = task.region(composition)
    data = splice_midi(task.source, piece.clip(*region), *region)
    if len(piece):  # new bars are as loud there as what stands around them
        piece = piece.with_notes(parse_midi(data, str(output.midi), piece.grid)[0].notes)
    write_atomically(output.midi, data)
    return piece


def _write_others(
    task: Task, composition: Composition, piece: Piece, output: Output, expressive: bool, facts: dict[str, Any]
) -> None:
    """Write the other files of a piece and name each in `facts` once it is there; say so however it ends."""
    try:
        if output.text:
            write_atomically(output.text, f"{piece_to_text(piece)}\n".encode())
            facts["text"] = str(output.text)
        if output.wav:
            # Sound shapes loudness with time where a note says none; of a filled file the new bars say theirs.
            played = composition.piece if task.source is None else piece
            save_wav(played, output.wav, expressive=expressive)
            facts["wav"] = str(output.wav)
        if output.picture:
            from nanopiano.gui.draw.picture import save_picture  # noqa: PLC0415  brings pygame, which is slow

            save_picture(piece, output.picture, new=task.region(composition), caption=f"seed {output.seed}")
            facts["picture"] = str(output.picture)
        if output.score:
            from nanopiano.score.draw import save_score  # noqa: PLC0415  only where a score is asked for

            titled = replace(piece, title=piece.title or output.midi.stem)
            facts["score"] = [str(page) for page in save_score(titled, output.score)]
    finally:
        terminal.say(_summary(facts))


def _facts(composition: Composition, piece: Piece, output: Output, seconds: float) -> dict[str, Any]:
    words = sum(word != END for word in composition.new_ids)
    return {
        "seed": output.seed,
        "words": words,
        "notes": len(piece),
        "bars": piece.bars,
        "seconds": round(piece.seconds, 3),
        "bpm": piece.bpm,
        "words_per_second": round(words / max(seconds, 1e-9), 1),
        "file": str(output.midi),
    }


def _summary(facts: dict[str, Any]) -> str:
    named = [facts[name] for name in ("file", "wav", "picture", "text") if name in facts]
    files = ", ".join([*named, *facts.get("score", [])])
    what = f"{facts['notes']:,} notes, {facts['bars']:,} bars, {facts['seconds']:.0f} s at {facts['bpm']:g} BPM"
    how = f"{facts['words']:,} new words, {facts['words_per_second']:.0f} a second"
    return f"{files}: {what}, seed {facts['seed']} ({how})"
