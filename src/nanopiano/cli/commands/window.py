"""`nanopiano`, or `nanopiano window`: the window."""

import os
import re
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from nanopiano.cli import terminal
from nanopiano.errors import InputError

ABOUT = """\
Open the window; a MIDI file that is named is there to go on from.

Without a display it says so, and composes a piece to a file instead."""

EXAMPLES = """\
examples:
  nanopiano window
  nanopiano my.mid                                   go on from a file of your own
  nanopiano --screenshot window.png --size 1920x1080 --theme light"""

LEAST, MOST = (960, 600), (7680, 4320)  # pixels


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE.mid", help="a MIDI file to open")
    parser.add_argument("--model", metavar="NAME|PATH", help="what composes (default: as it was last)")
    parser.add_argument("--size", type=_size, metavar="WxH", help="pixels, such as 1280x720 (default: as it was last)")
    parser.add_argument("--theme", choices=("dark", "light"), help="colours (default: as they were last)")
    parser.add_argument("--screenshot", type=Path, metavar="F.png", help="compose a piece, draw the window, and leave")


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    size = (int(match[1]), int(match[2])) if match else (0, 0)
    if not all(least <= side <= most for least, side, most in zip(LEAST, size, MOST, strict=True)):
        raise InputError(f"a window of {text!r} is out of range: expected 960x600 to 7680x4320, such as 1280x720")
    return size


def run(args: Namespace) -> None:
    """Open the window."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    if args.file is not None and not args.file.is_file():
        raise InputError(f"cannot open {args.file}: there is no such file; `nanopiano --help` lists the commands")
    if args.screenshot is not None:
        _take_screenshot(args)
        return
    import pygame

    from nanopiano.gui.app import open_window

    try:
        open_window(args.file, model=args.model, size=args.size, theme=args.theme)
    except pygame.error as error:
        if pygame.display.get_init():
            raise
        _compose_instead(str(error), args)


def _compose_instead(why: str, args: Namespace) -> None:
    """Do without a window what can be done without one."""
    from nanopiano.cli.parser import parse

    terminal.say(f"there is no display for a window here ({why}): composing a piece to a file instead")
    words = ["generate"] if args.file is None else ["continue", str(args.file)]
    command, instead = parse([*words, *(["--model", args.model] if args.model else [])])
    command.run(instead)


def _take_screenshot(args: Namespace) -> None:
    from nanopiano.cli.outputs import check, check_picture

    check_picture(args.screenshot)
    check([args.screenshot])
    os.environ["SDL_VIDEODRIVER"] = os.environ["SDL_AUDIODRIVER"] = "dummy"
    from nanopiano.gui.screenshot import take_screenshot

    take_screenshot(args.screenshot, file=args.file, model=args.model, size=args.size, theme=args.theme)
    if sys.stderr.isatty():
        terminal.say(f"drawn: {args.screenshot}")
