"""The models as a list to choose from."""

from __future__ import annotations

import pygame

from nanopiano.gui.draw.paint import draw_dot
from nanopiano.gui.draw.text import text_size, write
from nanopiano.gui.draw.theme import Theme
from nanopiano.gui.state.app_state import AppState
from nanopiano.gui.state.model_facts import ModelFacts, model_name
from nanopiano.gui.state.view import Rect
from nanopiano.gui.window.choices import Choices
from nanopiano.gui.window.layout import Layout
from nanopiano.gui.window.popups import MODEL_ENTRY

LOOKING, NONE = "Looking for models …", "No model is installed."
LESS_IS_BETTER = "The fewer nats, the better it expects music held out of its own training."


class ModelsList(Choices[ModelFacts]):
    """The models as a list to choose from; the one that composes has a mark."""

    high = MODEL_ENTRY
    nothing = LOOKING

    def __init__(self) -> None:
        super().__init__()
        self.signs: dict[str, str] = {}  # what stands beside the models in use, by name or path

    def follow(self, state: AppState, rect: Rect, places: Layout) -> None:
        """Show the models as the state has them; the keys begin at the one in use, and stay where they are."""
        self.signs = {state.model: "composes"} if state.model is not None else {}
        self.signs |= {state.loading: "loading …"} if state.loading is not None else {}
        if state.models is None or list(state.models) == self.entries:
            return
        on = self.entries[self.place].model if self.entries else state.loading or state.model
        self.entries, self.nothing = list(state.models), NONE
        self.place = next((number for number, one in enumerate(self.entries) if one.model == on), 0)
        self.move(0, rect, places)

    def tip(self, place: tuple[int, int], rect: Rect, places: Layout) -> tuple[str, Rect] | None:
        """Return what its row has no room for of the model under the pointer, with its place."""
        number = self.at(place, rect, places)
        if number is None:
            return None
        entry, high = self.entries[number], places.px(self.high)
        about = f"It cannot be used: {entry.problem}." if entry.problem else LESS_IS_BETTER
        y = rect[1] + number * high - round(self.scroll.at)
        return f"{about} It stands in {entry.folder}", (rect[0], y, rect[2], high)

    def draw_entry(self, surface: pygame.Surface, entry: ModelFacts, rect: Rect, places: Layout, theme: Theme) -> None:
        """Draw the name of a model and what it is like, or why it cannot be used."""
        left, top, width, height = rect
        px, sign = places.px, self.signs.get(entry.model, "")
        upper, lower, indent = top + height / 2 - px(10), top + height / 2 + px(10), px(28)
        if sign:
            draw_dot(surface, (left + px(14), upper + 1), px(4), theme.accent)
            write(surface, sign, (left + width - px(4), upper), px(12), theme.dim, (1.0, 0.5))
        room = width - indent - px(4)
        beside = text_size(sign, px(12))[0] + px(16) if sign else 0
        name, colour = model_name(entry.model), theme.dim if entry.problem else theme.text
        write(surface, name, (left + indent, upper), px(14), colour, (0.0, 0.5), room=room - beside)
        about, colour = (f"cannot be used: {entry.problem}", theme.error) if entry.problem else (entry.facts, theme.dim)
        write(surface, about, (left + indent, lower), px(12), colour, (0.0, 0.5), room=room)
