"""Where everything stands: pure geometry, from the size of the window and the scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nanopiano.gui.state.view import Rect

_Px = Callable[[float], int]  # pixels at scale 1 -> pixels here

LEAST_SIZE = (960, 600)
USUAL_SIZE = (1280, 720)

# In pixels at scale 1; multiples of 8 where nothing forbids it.
TOP_BAR, STATUS, MINIMAP = 56, 32, 56
LEFT_PANEL, TAKES, TAKES_FOLDED = 288, 216, 32
EDGE, GAP, GROUP = 16, 8, 24
CONTROL, PRIMARY, ICON = 32, 40, 36
SLIDER, SLIDER_TRACK = 46, 20
TIME, BAR_NUMBER, VOLUME = 96, 68, 104
INVITE = 200
MODEL, MODEL_HIGH = 184, 28  # the button of the status line

# The left panel from top to bottom: rows of names that share its width, heights, and the gap below at the least.
_ROWS: tuple[tuple[tuple[str, ...], int, int], ...] = (
    (("new", "continue"), CONTROL, GAP),
    (("source",), CONTROL, GAP),
    (("songs", "open"), CONTROL, GROUP // 2),
    (("temperature",), SLIDER, 0),
    (("words",), SLIDER, 0),
    (("top_k",), SLIDER, 0),
    (("bpm",), SLIDER, 0),
    (("more",), CONTROL, GROUP // 2),
    (("generate",), PRIMARY, GAP),
    (("retry", "surprise"), CONTROL, GAP),
    (("again", "on"), CONTROL, 0),
)
_GROUP_ENDS = ("open", "more")  # below these, room that is left is given


@dataclass(frozen=True)
class Layout:
    """The places of the window. Widgets are in `at`, by name."""

    size: tuple[int, int]
    scale: float
    top: Rect
    left: Rect
    roll: Rect
    minimap: Rect
    takes: Rect
    status: Rect
    at: dict[str, Rect]

    def px(self, pixels: float) -> int:
        """Return pixels at scale 1 as pixels here."""
        return round(pixels * self.scale)


def layout(size: tuple[int, int], scale: float = 1.0, *, takes_open: bool = True) -> Layout:
    """Return the places for a window of `size` (width, height) pixels."""
    width, height = size
    scale = fitting_scale(size, scale)

    def px(pixels: float) -> int:
        return round(pixels * scale)

    body, below = px(TOP_BAR), height - px(STATUS)
    right = width - px(TAKES if takes_open else TAKES_FOLDED)
    left_panel = (0, body, px(LEFT_PANEL), below - body)
    minimap = (px(LEFT_PANEL), below - px(MINIMAP), max(right - px(LEFT_PANEL), 1), px(MINIMAP))
    roll = (px(LEFT_PANEL), body, minimap[2], max(minimap[1] - body, 1))
    takes = (right, body, width - right, below - body)
    at = _top_bar(width, px) | _panel(left_panel, px) | _takes(takes, px, takes_open)
    at["model"] = (
        width - px(EDGE) - px(MODEL),
        below + (height - below - px(MODEL_HIGH)) // 2,
        px(MODEL),
        px(MODEL_HIGH),
    )
    at["invite"] = (roll[0] + (roll[2] - px(INVITE)) // 2, roll[1] + roll[3] // 2, px(INVITE), px(PRIMARY))
    return Layout(
        size, scale, (0, 0, width, body), left_panel, roll, minimap, takes, (0, below, width, height - below), at
    )


def fitting_scale(size: tuple[int, int], scale: float) -> float:
    """Return the scale, smaller if the window is too small for it."""
    return max(min(scale, size[0] / LEAST_SIZE[0], size[1] / LEAST_SIZE[1]), 0.5)


def _top_bar(width: int, px: _Px) -> dict[str, Rect]:
    """Return the places in the top bar, set from its right end."""
    places: dict[str, Rect] = {}
    x = width - px(EDGE)
    row: tuple[tuple[str, int, int], ...] = (
        ("help", ICON, GAP), ("settings", ICON, GAP), ("mode", ICON, EDGE), ("volume", VOLUME, 0),
        ("speaker", 28, EDGE), ("bar", BAR_NUMBER, 0), ("time", TIME, EDGE),
        ("loop", ICON, GAP), ("stop", ICON, GAP), ("play", ICON, GAP), ("start", ICON, EDGE),
    )  # fmt: skip
    for name, wide, gap in row:
        places[name] = (x - px(wide), (px(TOP_BAR) - px(ICON)) // 2, px(wide), px(ICON))
        x -= px(wide + gap)
    left = px(136)
    places["title"] = (left, 0, max(x - left, 0), px(TOP_BAR))
    return places


def _panel(panel: Rect, px: _Px) -> dict[str, Rect]:
    """Return the places in the left panel, from its top."""
    left, top, width, height = panel
    used = sum(px(high) + px(gap) for _, high, gap in _ROWS)
    spare = max(height - used - 2 * px(12), 0)
    more = min(spare // (len(_GROUP_ENDS) + 1), px(GROUP))
    inner, y = width - 2 * px(EDGE), top + px(12) + min(spare // 4, px(4))
    places: dict[str, Rect] = {}
    for names, high, gap in _ROWS:
        wide = (inner - px(GAP) * (len(names) - 1)) // len(names)
        for place, name in enumerate(names):
            places[name] = (left + px(EDGE) + place * (wide + px(GAP)), y, wide, px(high))
        y += px(high) + px(gap) + (more if names[-1] in _GROUP_ENDS else 0)
    return places


def _takes(takes: Rect, px: _Px, is_open: bool) -> dict[str, Rect]:
    left, top, width, height = takes
    if not is_open:
        return {"fold": (left + px(2), top + px(10), px(28), px(28))}
    inner = width - 2 * px(GAP)
    half = (inner - px(GAP)) // 2
    foot = top + height - px(CONTROL) - px(12)
    return {
        "fold": (left + width - px(GAP) - px(28), top + px(10), px(28), px(28)),
        "takes": (left + px(GAP), top + px(48), inner, max(foot - px(GAP) - top - px(48), 1)),
        "undo": (left + px(GAP), foot, half, px(CONTROL)),
        "save": (left + px(GAP) + half + px(GAP), foot, inner - half - px(GAP), px(CONTROL)),
    }


def track_of(slider: Rect, scale: float) -> Rect:
    """Return where the track of a slider of the panel stands: below its label and value."""
    left, top, width, height = slider
    high = round(SLIDER_TRACK * scale)
    return (left, top + height - high - round(4 * scale), width, high)


def inside(rect: Rect, place: tuple[float, float]) -> bool:
    """Return whether a place (x, y) is in a rectangle."""
    left, top, width, height = rect
    return left <= place[0] < left + width and top <= place[1] < top + height
