"""`nanopiano continue`: go on from a song, a MIDI file or a score."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from nanopiano.cli.options import add_length, add_output, add_sampling, count

if TYPE_CHECKING:
    from nanopiano.cli.last import Last
    from nanopiano.music.grid import Grid
    from nanopiano.music.piece import Piece

RANDOM = "random"
SONG_BARS = 8  # of a song that are the prompt if nothing else is asked for

ABOUT = """\
Go on from a song of the songbook (its id, or a part of its title that no other has), from a MIDI file or a score of
yours (.musicxml, .mxl, .mei, .krn, .abc), or from a song drawn by the seed (random). The new music begins at the bar
line where the prompt ends; the file that is written holds both. Lengths count new music only. A bar is four beats, 16
steps, counted from the beginning."""

EXAMPLES = """\
examples:
  nanopiano continue random --seed 3
  nanopiano continue "maple leaf" --prompt-bars 4 --bars 32
  nanopiano continue mine.mid -o longer.mid --picture longer.png
  nanopiano continue tune.musicxml --bars 16 --score longer.musicxml
  nanopiano continue --retry                          the last song again, with a new seed"""


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("target", nargs="?", metavar="SONG|FILE|random", help="what to go on from")
    parser.add_argument("--retry", action="store_true", help="go on from what was continued last, with a new seed")
    parser.add_argument(
        "--prompt-bars", type=count, metavar="N", help=f"keep its first N bars ({SONG_BARS} of a song, all of a file)"
    )
    add_length(parser)
    add_sampling(parser)
    add_output(parser)


def run(args: Namespace) -> None:
    """Compose."""
    from nanopiano.cli import terminal
    from nanopiano.cli.composing import Task, carry_out, length_of, load_composer, sampling_of, seeds_of
    from nanopiano.cli.last import remember
    from nanopiano.cli.outputs import outputs_of
    from nanopiano.errors import NanopianoError

    asked = {"length": length_of(args), "sampling": sampling_of(args), "bpm": args.bpm, "free_end": args.free_end}
    seeds = seeds_of(args)
    last = _wanted(args, seeds[0])
    outputs = outputs_of(args, seeds, [Path(last.target)] if names_file(last.target) else [])
    composer = load_composer(args)
    prompt = _prompt(last, composer.grid)
    try:
        remember(last._replace(target=str(Path(last.target).resolve())) if names_file(last.target) else last)
    except NanopianoError as error:
        terminal.say(f"--retry will not know of this: {error}")
    task = Task(
        outputs,
        composer,
        begin=lambda seed: composer.compose(prompt, prompt_bars=last.prompt_bars, seed=seed, **asked),
        region=lambda composition: (composition.begin, composition.piece.steps),
        facts={"prompt": last.target, "title": prompt.title},
    )
    carry_out(task, args)


def names_file(target: str) -> bool:
    """Return whether a target is a file, there or not, and no song."""
    from nanopiano.score.read import is_score

    path = Path(target)
    return path.suffix.lower() in (".mid", ".midi") or is_score(path) or path.name != target or path.is_file()


def _wanted(args: Namespace, seed: int) -> "Last":
    """Return what to go on from, a song by its id. Raises InputError."""
    from nanopiano.cli.last import Last, recall
    from nanopiano.errors import InputError
    from nanopiano.songbook import find_song, random_song

    if args.retry and args.target not in (None, RANDOM):
        raise InputError(f"--retry goes on from what was continued last: leave out --retry, or {args.target!r}")
    if args.retry:
        last = recall()
        return last if args.prompt_bars is None else last._replace(prompt_bars=args.prompt_bars)
    if args.target is None:
        raise InputError("say what to continue: a song, a file or random (`nanopiano songs` lists the songs)")
    if names_file(args.target):
        return Last(args.target, args.prompt_bars)
    song = random_song(seed) if args.target == RANDOM else find_song(args.target)
    return Last(song.id, args.prompt_bars or SONG_BARS)


def _prompt(last: "Last", grid: "Grid") -> "Piece":
    from nanopiano.cli import terminal
    from nanopiano.cli.reading import read
    from nanopiano.songbook import find_song

    if names_file(last.target):
        return read(Path(last.target), grid)
    song = find_song(last.target)
    terminal.say(f"{song.composer}: {song.title} ({song.id}), {last.prompt_bars or 'all'} bars of it")
    return song.piece(grid)
