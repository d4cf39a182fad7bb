"""A piece as a piano roll: time to the right in systems below one another, drawn without a screen."""

import io
from pathlib import Path

import numpy as np
import pygame

from nanopiano.files import write_atomically
from nanopiano.gui.draw.keyboard import is_black, key_name
from nanopiano.gui.draw.notes import colours_of, draw_boxes
from nanopiano.gui.draw.page import MARGIN, NUMBERS, Page
from nanopiano.gui.draw.palette import Colour
from nanopiano.gui.draw.text import write
from nanopiano.gui.draw.theme import DARK, Theme
from nanopiano.gui.state.view import Scene, numbered_every
from nanopiano.music.piece import Piece

WIDTH = 1600
TITLE_SIZE, TEXT_SIZE, LABEL_SIZE = 26, 16, 13  # pixels
NAMES = ("C", "G", "D", "A", "E", "B", "F#", "Db", "Ab", "Eb", "Bb", "F")  # by fifths
LEAST_BETWEEN_NUMBERS = 36  # pixels
TICK = 6  # pixels that a numbered bar line is higher than the roll
BEAT_LINE = 0.45  # strength
LEAST_BEAT = 12  # pixels; beats closer than that get no lines


def save_picture(
    piece: Piece, path: Path | str, *, new: tuple[int, int] | None = None, caption: str = "", theme: Theme = DARK
) -> None:
    """Draw a piece into a PNG file, whole or not at all; see `draw_page`.

    Raises InputError if the folder is missing, NanopianoError if the system refuses.
    """
    file = io.BytesIO()
    pygame.image.save(draw_page(piece, new=new, caption=caption, theme=theme), file, "roll.png")
    write_atomically(path, file.getvalue())


def draw_page(
    piece: Piece,
    width: int = WIDTH,
    height: int | None = None,
    *,
    new: tuple[int, int] | None = None,
    caption: str = "",
    theme: Theme = DARK,
) -> pygame.Surface:
    """Return the roll of a piece; a height of None is as much as it takes.

    `new` are the steps [start, end) of new music, in colours; what was there before is grey. None: all is in colours.
    """
    piece = piece.canonical()
    page = Page.of(piece, width, height)
    surface = pygame.Surface((page.width, page.height))
    surface.fill(theme.ground)
    start, end = new if new is not None else (0, piece.steps)
    partly = start > 0 or end < piece.steps
    _draw_header(surface, page, theme, piece, caption, partly)
    for system in range(page.systems):
        _draw_rows(surface, page, theme, system)
    if partly:
        _draw_region(surface, page, theme, start, end)
    for system in range(page.systems):
        _draw_lines(surface, page, theme, system)
    _draw_notes(surface, page, Scene(piece.notes, piece.grid, start, end), theme)
    if partly:
        _draw_edges(surface, page, theme, start, end)
    return surface


# --- systems ---------------------------------------------------------------------------------------------------------


def _draw_rows(surface: pygame.Surface, page: Page, theme: Theme, system: int) -> None:
    """Draw the rows of the keys, those of black keys darker, and the octave labels."""
    left, right = page.left, page.x(system, page.last_step(system))
    surface.fill(theme.panel, (left, page.top(system), right - left, page.roll_height))
    for pitch in range(page.lowest, page.highest + 1):
        if is_black(pitch):
            row = (left, page.y(system, pitch), right - left, page.key_height)
            surface.fill(theme.black_row, row)
        if pitch % 12 == 0 and (page.key_height > 1 or pitch == 60):
            middle = page.y(system, pitch) + page.key_height / 2
            write(surface, key_name(pitch), (left - 8, middle), LABEL_SIZE, theme.dim, (1.0, 0.5))


def _draw_region(surface: pygame.Surface, page: Page, theme: Theme, start: int, end: int) -> None:
    """Lift the ground of the new music a little."""
    for system, first, last in page.parts(start, min(end, page.bars * page.bar_steps)):
        left, right = page.x(system, first), page.x(system, last)
        lifted = pygame.Surface((right - left, page.roll_height))
        lifted.fill(theme.raised)
        lifted.set_alpha(120)
        surface.blit(lifted, (left, page.top(system)))


def _draw_lines(surface: pygame.Surface, page: Page, theme: Theme, system: int) -> None:
    """Draw the lines between octaves, the beats and the bars with their numbers."""
    top, last = page.top(system), page.last_step(system)
    for pitch in range(page.lowest, page.highest):
        if pitch % 12 == 11:
            y = page.y(system, pitch)
            pygame.draw.line(surface, theme.line, (page.left, y), (page.x(system, last) - 1, y))
    bar_steps, bar_width = page.bar_steps, page.bar_steps * page.step_width
    if bar_width >= 4 * LEAST_BEAT:
        for step in range(page.first_step(system), last, bar_steps // 4):
            _draw_upright(surface, page, (system, step), theme.faint(BEAT_LINE))
    every = numbered_every(bar_width, LEAST_BETWEEN_NUMBERS)
    for step in range(page.first_step(system), last + 1, bar_steps):
        numbered = step // bar_steps % every == 0
        if numbered or bar_width >= LEAST_BEAT:
            _draw_upright(surface, page, (system, step), theme.bar_line, TICK * numbered)
        if numbered and step < last:
            place = (page.x(system, step) + 5, top - NUMBERS / 2)
            write(surface, str(step // bar_steps + 1), place, LABEL_SIZE, theme.dim, (0.0, 0.5))


def _draw_upright(
    surface: pygame.Surface, page: Page, place: tuple[int, int], colour: Colour, tick: int = 0, width: int = 1
) -> None:
    """Draw an upright line at a place (system, step), `tick` pixels higher than the roll."""
    x, top = page.x(*place), page.top(place[0])
    surface.fill(colour, (x - width // 2, top - tick, width, page.roll_height + tick))


def _draw_edges(surface: pygame.Surface, page: Page, theme: Theme, start: int, end: int) -> None:
    """Mark where the new music begins, and where it ends if old music follows."""
    for step in (start, end):
        if 0 < step < page.bars * page.bar_steps:
            system = step // (page.bars_a_system * page.bar_steps)
            _draw_upright(surface, page, (system, step), theme.accent, TICK, width=2)


def _draw_notes(surface: pygame.Surface, page: Page, scene: Scene, theme: Theme) -> None:
    """Draw the notes, in parts where they run into the next system; a gap of a pixel keeps strokes apart."""
    high = page.key_height - (page.key_height >= 4)
    boxes, colours = [], []
    for note, colour in zip(scene.notes.tolist(), colours_of(scene, theme, np.arange(len(scene.notes))), strict=True):
        onset, pitch, length, _ = note
        for system, start, end in page.parts(onset, onset + length):
            left = page.x(system, start)
            boxes.append((left, page.y(system, pitch), max(page.x(system, end) - left - 1, 1), high))
            colours.append(colour)
    draw_boxes(surface, boxes, colours, 1.0)


# --- header ----------------------------------------------------------------------------------------------------------


def _draw_header(surface: pygame.Surface, page: Page, theme: Theme, piece: Piece, caption: str, partly: bool) -> None:
    """Write title and facts to the left, and to the right what the colours mean."""
    minutes, seconds = divmod(round(piece.seconds), 60)
    facts = [
        _count(piece.bars, "bar"),
        _count(len(piece), "note"),
        f"{minutes}:{seconds:02} at {piece.bpm:.4g} BPM",
        caption,
    ]
    legend = _draw_legend(surface, page, theme, partly)
    room = legend - page.left - MARGIN
    write(surface, piece.title or "A piece for the piano", (page.left, 26), TITLE_SIZE, theme.text, (0.0, 0.0), room)
    write(surface, "   ".join(filter(None, facts)), (page.left, 58), TEXT_SIZE, theme.dim, (0.0, 0.0), room)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _draw_legend(surface: pygame.Surface, page: Page, theme: Theme, partly: bool) -> int:
    """Write the pitch classes in their colours, from the right; return where the legend begins."""
    x = page.width - MARGIN
    if page.width < 900:
        return x
    for place in reversed(range(len(NAMES))):
        x -= 24
        colour = theme.note(60 + place * 7 % 12)
        pygame.draw.rect(surface, colour, (x, 38, 20, 8), border_radius=3)
        write(surface, NAMES[place], (x + 10, 60), LABEL_SIZE, theme.dim, (0.5, 0.5))
    if partly:
        x -= 72
        pygame.draw.rect(surface, theme.prompt, (x, 38, 44, 8), border_radius=3)
        write(surface, "kept", (x + 22, 60), LABEL_SIZE, theme.dim, (0.5, 0.5))
    return x
