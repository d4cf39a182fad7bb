"""The parts of the window that are neither music nor buttons: grounds, texts, status."""

from __future__ import annotations

import pygame

from nanopiano.gui.draw.icons import icon
from nanopiano.gui.draw.palette import blend
from nanopiano.gui.draw.text import text_size, write
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.app_state import AppState
from nanopiano.gui.state.model_facts import model_name
from nanopiano.gui.state.view import Rect
from nanopiano.gui.window.layout import EDGE, GAP, Layout
from nanopiano.gui.window.raised import wrapped
from nanopiano.gui.window.sliders import LABEL_SIZE, PANEL_SLIDERS, VALUE_SIZE, draw_labelled, draw_slider
from nanopiano.model.store import DEFAULT_MODEL

TITLE_SIZE, STATUS_SIZE = 18, 13  # pixels at scale 1


def draw_grounds(surface: pygame.Surface, places: Layout, theme: Theme) -> None:
    """Draw what everything stands on, with lines between the parts."""
    surface.fill(theme.ground)
    for rect in (places.top, places.left, places.takes, places.status):
        surface.fill(theme.panel, rect)
    width, body = places.size[0], places.top[3]
    right, below = places.left[2], places.status[1]
    surface.fill(theme.line, (0, body - 1, width, 1))
    surface.fill(theme.line, (0, below, width, 1))
    surface.fill(theme.line, (right - 1, body, 1, below - body))
    surface.fill(theme.line, (places.takes[0], body, 1, below - body))
    surface.fill(theme.line, (right, places.minimap[1] - 1, places.minimap[2], 1))


def draw_top(surface: pygame.Surface, places: Layout, state: AppState, theme: Theme) -> None:
    """Draw name, title, time and volume."""
    px, middle = places.px, places.top[3] / 2
    write(surface, "nanopiano", (px(EDGE), middle), px(TITLE_SIZE), theme.text, (0.0, 0.5), bold=True)
    _draw_title(surface, places, state, theme)
    time, bar = _clock(state)
    left, _, width, _ = places.at["time"]
    write(surface, time, (left + width, middle), px(VALUE_SIZE), theme.text, (1.0, 0.5))
    left, _, width, _ = places.at["bar"]
    write(surface, bar, (left + width, middle), px(VALUE_SIZE), theme.dim, (1.0, 0.5))
    left, top, width, height = places.at["speaker"]
    name = "silent" if state.no_sound or state.controls.volume == 0 else "speaker"
    image = icon(name, px(16), theme.error if state.no_sound else theme.dim)
    surface.blit(image, image.get_rect(center=(left + width // 2, top + height // 2)))
    draw_slider(surface, places.at["volume"], "volume", places, state, theme)


def _draw_title(surface: pygame.Surface, places: Layout, state: AppState, theme: Theme) -> None:
    left, top, width, height = places.at["title"]
    take, px = state.take, places.px
    name = take.name if take else state.prompt.name if state.prompt else "No piece yet"
    detail = _detail(state)
    size, middle = px(16), top + height / 2
    colour = theme.text if take or state.prompt else theme.dim
    wide = min(text_size(name, size)[0], width)
    write(surface, name, (left, middle), size, colour, (0.0, 0.5), room=max(width, 1))
    rest = width - wide - px(12)
    while detail and text_size("  ·  ".join(detail), px(LABEL_SIZE))[0] > rest:
        detail.pop()
    if detail:
        place = (left + wide + px(12), middle + px(1))
        write(surface, "  ·  ".join(detail), place, px(LABEL_SIZE), theme.dim, (0.0, 0.5))


def _detail(state: AppState) -> list[str]:
    """Return what is told beside the name of what is shown, the first of it first."""
    take = state.take
    if take is not None:
        seed, quoted, model = take.seed, take.settings.get("longest_passage_notes"), take.settings.get("model")
        facts = [
            f"seed {seed}" if seed is not None else "",
            f"by {model_name(str(model))}" if model not in (None, DEFAULT_MODEL) else "",
            f"quotes {quoted} notes at most" if quoted else "",
        ]
    else:
        facts = [state.prompt.detail if state.prompt else ""]
    return [fact for fact in facts if fact]


def _clock(state: AppState) -> tuple[str, str]:
    """Return where the playhead is: in minutes of how many, and the bar."""
    piece = state.piece
    if piece is None:
        return "0:00 / 0:00", ""
    position, bar = state.position, state.bar_steps
    now, whole = (piece.grid.seconds(steps, piece.bpm) for steps in (min(position, piece.steps), piece.steps))
    beat = int(position % bar) // piece.grid.steps_per_beat + 1
    return f"{_minutes(now)} / {_minutes(whole)}", f"bar {int(position // bar) + 1}.{beat}"


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def draw_panel(surface: pygame.Surface, places: Layout, state: AppState, theme: Theme) -> None:
    """Draw the sliders of the left panel."""
    for name in PANEL_SLIDERS:
        draw_labelled(surface, places.at[name], name, places, state, theme)


def draw_progress(surface: pygame.Surface, places: Layout, state: AppState, theme: Theme) -> None:
    """Draw how far composing is, within the button that cancels it."""
    if state.job is None:
        return
    left, top, width, height = places.at["generate"]
    inset, high = places.px(10), places.px(3)
    y, room = top + height - places.px(8), width - 2 * inset
    surface.fill(blend(theme.accent, theme.on_accent, 0.25), (left + inset, y, room, high))
    surface.fill(theme.on_accent, (left + inset, y, round(room * state.job.share), high))


def status_text(state: AppState) -> str:
    """Return what happens now, or what was said last."""
    job = state.job
    if job is None:
        if state.loading is not None and not state.message.text:
            return f"Loading the model “{model_name(state.loading)}” …"
        return state.message.text or "Ready."
    if job.take is None:
        return (
            f"Generating … (seed {job.request.seed})" if state.loading is None else "Generating … (loading the model)"
        )
    bar = job.edge // state.bar_steps + 1
    waits = ", playing waits for it" if state.playback.waiting else ""
    return f"Generating … {job.share:.0%}, bar {bar}, {job.n_words:,} words{waits}"


def draw_status(surface: pygame.Surface, places: Layout, state: AppState, theme: Theme) -> None:
    """Draw the status line: what happens to the left, what is at hand to the right."""
    _, top, _, height = places.status
    px, middle = places.px, top + height / 2 + 0.5
    facts = [f"{len(state.takes)} takes" if len(state.takes) != 1 else "1 take"]
    facts += ["no sound"] if state.no_sound else []
    facts += ["model:"]
    right, end = "  ·  ".join(facts), places.at["model"][0] - px(GAP)
    write(surface, right, (end, middle), px(12), theme.dim, (1.0, 0.5))
    room = end - text_size(right, px(12))[0] - 2 * px(EDGE)
    colour = theme.error if state.message.error and not state.busy else theme.text
    write(surface, status_text(state), (px(EDGE), middle), px(STATUS_SIZE), colour, (0.0, 0.5), room=max(room, 1))


def draw_invitation(surface: pygame.Surface, places: Layout, theme: Theme) -> None:
    """Draw what an empty window says above its one button."""
    left, _, width, _ = places.roll
    x, y, px = left + width / 2, places.at["invite"][1], places.px
    words = "A new piano piece takes a moment. You hear it while it is being composed."
    lines = wrapped(words, px(14), width - px(112))
    write(surface, "Nothing to hear yet", (x, y - px(44 + 22 * len(lines))), px(20), theme.text, (0.5, 0.5))
    for number, line in enumerate(reversed(lines)):
        write(surface, line, (x, y - px(32 + 22 * number)), px(14), theme.dim, (0.5, 0.5))


def draw_focus(surface: pygame.Surface, rect: Rect, places: Layout, theme: Theme) -> None:
    """Draw a ring around the control that the keys act on."""
    grown = pygame.Rect(rect).inflate(places.px(6), places.px(4))
    pygame.draw.rect(surface, theme.accent, grown, max(places.px(2), 1), border_radius=places.px(8))
