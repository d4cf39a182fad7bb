"""What the mouse does on sliders, roll and minimap: places on the screen become actions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from nanopiano.gui.draw.minimap import minimap_step
from nanopiano.gui.state.actions import Action, Look, Mark, Nudge, Reset, Seek, Set, SetPromptBars
from nanopiano.gui.state.app_state import AppState
from nanopiano.gui.state.controls import SLIDERS
from nanopiano.gui.state.view import Rect, View, notes_rect, ruler_rect
from nanopiano.gui.window.layout import Layout, inside, track_of
from nanopiano.gui.window.popups import MORE_SLIDERS
from nanopiano.gui.window.sliders import PANEL_SLIDERS, slider_place

DRAG = 5  # pixels that the pointer moves before a click becomes a drag
GRIP = 10  # pixels on either side of the handle
ZOOM = 1.2  # a notch of the wheel
PAN = 60.0  # pixels a notch

Place = tuple[int, int]
Target = Literal["slider", "ruler", "notes", "handle", "minimap"]


@dataclass(frozen=True)
class Held:
    """What the pressed button holds."""

    target: Target
    name: str  # of the slider
    start: Place
    view: View
    moved: bool = False


class Pointer:
    """Follows the mouse between press and release."""

    def __init__(self) -> None:
        self.held: Held | None = None

    def press(self, place: Place, state: AppState, places: Layout, popup: dict[str, Rect]) -> list[Action]:
        """The left button went down."""
        target, name = target_at(place, state, places, popup)
        self.held = None if target is None else Held(target, name, place, state.view)
        return [] if target == "notes" or target is None else self._act(place, state, places, popup)

    def move(self, place: Place, state: AppState, places: Layout, popup: dict[str, Rect]) -> list[Action]:
        """The mouse moved."""
        if self.held is None:
            return []
        start, far = self.held.start, places.px(DRAG)
        if not self.held.moved and max(abs(place[0] - start[0]), abs(place[1] - start[1])) < far:
            return []
        self.held = replace(self.held, moved=True)
        return self._act(place, state, places, popup)

    def release(self, place: Place, state: AppState, places: Layout) -> list[Action]:
        """The left button came up: a click on the notes moves the playhead there."""
        held, self.held = self.held, None
        scene = state.scene()
        if held is None or held.moved or held.target != "notes" or scene is None:
            return []
        return [Seek(state.view.step(place[0], notes_rect(places.roll, places.scale)))]

    def _act(self, place: Place, state: AppState, places: Layout, popup: dict[str, Rect]) -> list[Action]:
        held, scene = self.held, state.scene()
        assert held is not None
        if held.target == "slider":
            return self._slide(held.name, place, places, popup)
        if scene is None:
            return []
        area = notes_rect(places.roll, places.scale)
        step = state.view.step(place[0], area)
        if held.target == "minimap":
            half = state.view.steps(area) / 2
            middle = minimap_step(place[0], places.minimap, scene)
            return [_look(replace(state.view, left=max(middle - half, 0.0)), state, area)]
        if held.target == "ruler":
            return [Mark((state.view.step(held.start[0], area), step))] if held.moved else [Seek(step)]
        if held.target == "handle":
            return [SetPromptBars(round(step / state.bar_steps))]
        return [_look(_panned(held, place, area), state, area)] if held.moved else []

    def _slide(self, name: str, place: Place, places: Layout, popup: dict[str, Rect]) -> list[Action]:
        track = slider_tracks(places, popup).get(name)
        if track is None:  # its popup was closed meanwhile
            self.held = None
            return []
        return [Set(name, SLIDERS[name].values[slider_place(track, name, place[0], places)])]


def _panned(held: Held, place: Place, area: Rect) -> View:
    """Return the view that has gone with the pointer."""
    view, (x, y) = held.view, held.start
    return view.pan(view.step(x, area) - view.step(place[0], area), view.pitch(y, area) - view.pitch(place[1], area))


def _look(view: View, state: AppState, area: Rect) -> Look:
    """Look at another part, within the piece; the view no longer goes with the playhead."""
    scene = state.scene()
    return Look(view if scene is None else view.within(scene.steps, area), following=False)


def slider_tracks(places: Layout, popup: dict[str, Rect]) -> dict[str, Rect]:
    """Return where the tracks of the sliders that are in sight stand."""
    tracks = {name: track_of(places.at[name], places.scale) for name in PANEL_SLIDERS}
    tracks |= {name: track_of(popup[name], places.scale) for name in MORE_SLIDERS if name in popup}
    return tracks | {"volume": places.at["volume"]}


def slider_at(place: Place, places: Layout, popup: dict[str, Rect]) -> str | None:
    """Return the slider, with its label and value, that is under the pointer; those of a popup lie on top."""
    areas = {name: popup[name] for name in MORE_SLIDERS if name in popup}
    areas |= {name: places.at[name] for name in (*PANEL_SLIDERS, "volume")}
    return next((name for name, rect in areas.items() if inside(rect, place)), None)


def target_at(place: Place, state: AppState, places: Layout, popup: dict[str, Rect]) -> tuple[Target | None, str]:
    """Return what lies under the pointer that can be held, and the name of a slider."""
    slider = slider_at(place, places, popup)
    if slider is not None:
        return "slider", slider
    if inside(places.minimap, place):
        return "minimap", ""
    if state.mode != "roll":
        return None, ""
    area = notes_rect(places.roll, places.scale)
    scene = state.scene()
    if scene is not None and scene.handle is not None and inside(places.roll, place):
        x = state.view.x(scene.handle, area)
        if abs(place[0] - x) <= places.px(GRIP):
            return "handle", ""
    if inside(ruler_rect(places.roll, places.scale), place):
        return "ruler", ""
    return ("notes", "") if inside(area, place) else (None, "")


def wheel(
    notches: tuple[float, float], place: Place, state: AppState, places: Layout, popup: dict[str, Rect],
    *, shift: bool, ctrl: bool,
) -> list[Action]:  # fmt: skip
    """The wheel turned: sliders move; the roll zooms in time, with Ctrl in pitch, and with Shift moves sideways."""
    across, up = notches
    slider = slider_at(place, places, popup)
    if slider is not None:
        return [Nudge(slider, round(up) or (1 if up > 0 else -1))] if up else []
    area, view = notes_rect(places.roll, places.scale), state.view
    if inside(places.minimap, place) or (inside(places.roll, place) and (across or shift)):
        by = (across - up if shift or inside(places.minimap, place) else across) * PAN * places.scale
        return [_look(view.pan(by / view.step_width, 0.0), state, area)]
    if not inside(places.roll, place) or state.mode != "roll":
        return []
    if ctrl:
        return [Look(view.zoom_pitch(ZOOM**up, view.pitch(place[1], area)), state.following)]
    return [Look(view.zoom_time(ZOOM**up, view.step(place[0], area)), state.following)]


def double_click(place: Place, places: Layout, popup: dict[str, Rect]) -> list[Action]:
    """A slider that is double-clicked goes back to its first value."""
    slider = slider_at(place, places, popup)
    return [Reset(slider)] if slider is not None else []
