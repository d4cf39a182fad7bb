"""`nanopiano songs`: the songbook."""

from argparse import ArgumentParser, Namespace

from nanopiano.cli.options import add_json

ABOUT = """\
List the songbook, all of it in the public domain: what `nanopiano continue` can go on from."""

EXAMPLES = """\
examples:
  nanopiano songs
  nanopiano songs schumann
  nanopiano songs --json"""


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("words", nargs="*", metavar="WORD", help="list only songs with all these words in their names")
    add_json(parser)


def run(args: Namespace) -> None:
    """List."""
    from nanopiano.cli import terminal
    from nanopiano.errors import InputError
    from nanopiano.songbook import matching

    found = matching(args.words)
    if not found:
        raise InputError(f"no song has {' '.join(args.words)!r} in its names: `nanopiano songs` lists all")
    if args.json:
        names = ("id", "title", "composer", "died", "source", "path_in_source", "licence", "bpm")
        facts = [{name: getattr(song, name) for name in names} | {"bars": song.piece().bars} for song in found]
        terminal.show_json({"songs": facts})
    else:
        rows = [(song.id, song.title, song.composer, str(song.piece().bars)) for song in found]
        terminal.show_table([("id", "title", "composer", "bars"), *rows])
