"""The places of what opens above the window: flyouts beside their button, dialogs in the middle; pure geometry."""

from __future__ import annotations

from dataclasses import dataclass, field

from nanopiano.gui.state.view import Rect
from nanopiano.gui.window.layout import CONTROL, EDGE, GAP, SLIDER, Layout

HEAD = 44  # pixels: the title of a popup
SAVES: tuple[tuple[str, str], ...] = (
    ("save mid", "MIDI"), ("save wav", "WAV"), ("save mp3", "MP3"), ("save ogg", "OGG"), ("save musicxml", "Score"),
    ("save png", "Picture"), ("save txt", "Words"), ("copy words", "Copy words"), ("folder", "Open folder"),
    ("save as", "Save as…"),
)  # fmt: skip
MORE_SLIDERS = ("top_p", "min_p", "min_surprise", "returns", "chromatic")
SCALES = (1.0, 1.25, 1.5, 2.0)
_SETTINGS: tuple[tuple[str, ...], ...] = (
    ("theme dark", "theme light"),
    tuple(f"scale {scale:g}" for scale in SCALES),
    ("colour pitch", "colour hand"),
    ("expressive on", "expressive off"),
    ("choose model",),
    ("original off", "original on"),
    ("keys", "about"),
)
SETTINGS_LABELS = (
    "Theme",
    "Size",
    "Colours of notes",
    "Playing",
    "Model",
    "Quotations of training",
    "More about nanopiano",
)
MODEL_ENTRY, MODELS_SEEN = 52, 7  # pixels: height of an entry in the list of models; how many are in sight
MODELS_MADE = "Make one of your own music: nanopiano finetune FOLDER -o NAME"
_LABEL = 24


@dataclass(frozen=True)
class Popup:
    """A popup: its rectangle, its title, and the places of what is in it."""

    rect: Rect
    title: str
    at: dict[str, Rect] = field(default_factory=dict)
    labels: tuple[tuple[str, tuple[int, int]], ...] = ()  # text and left end of its middle line


def popup(dialog: str, places: Layout) -> Popup:
    """Return the geometry of a dialog. Raises KeyError for one that is drawn by pygame_gui alone."""
    return _POPUPS[dialog](places)


def _more(places: Layout) -> Popup:
    px = places.px
    width, height = px(288), px(HEAD) + len(MORE_SLIDERS) * px(SLIDER) + px(GAP) + px(CONTROL) + 2 * px(EDGE)
    button = places.at["more"]
    rect = _kept(places, (places.left[2] + px(GAP), button[1] + button[3] - height, width, height))
    left, y, inner = rect[0] + px(EDGE), rect[1] + px(HEAD), width - 2 * px(EDGE)
    at = {name: (left, y + row * px(SLIDER), inner, px(SLIDER)) for row, name in enumerate(MORE_SLIDERS)}
    y += len(MORE_SLIDERS) * px(SLIDER) + px(GAP) + px(4)
    at["seed"] = (left + px(48), y, px(112), px(CONTROL))
    at["keep seed"] = (left + px(168), y, inner - px(168), px(CONTROL))
    return Popup(rect, "More", at, (("Seed", (left, y + px(CONTROL) // 2)),))


def _save(places: Layout) -> Popup:
    px = places.px
    width, height = px(232), px(HEAD) + 5 * px(CONTROL + GAP) + px(GAP)
    button = places.at.get("save", places.at["fold"])
    right = button[0] + button[2]
    rect = _kept(places, (right - width, button[1] - px(GAP) - height, width, height))
    half = (width - 2 * px(EDGE) - px(GAP)) // 2
    at = {}
    for number, (name, _) in enumerate(SAVES):
        row, column = divmod(number, 2)
        left = rect[0] + px(EDGE) + column * (half + px(GAP))
        at[name] = (left, rect[1] + px(HEAD) + row * px(CONTROL + GAP), half, px(CONTROL))
    return Popup(rect, "Save", at)


def _settings(places: Layout) -> Popup:
    px = places.px
    row = _LABEL + CONTROL + GAP
    width, height = px(304), px(HEAD) + px(row) * len(_SETTINGS) + px(GAP)
    button = places.at["settings"]
    rect = _kept(places, (button[0] + button[2] - width, places.top[3] + px(GAP), width, height))
    at: dict[str, Rect] = {}
    labels = []
    for number, (names, label) in enumerate(zip(_SETTINGS, SETTINGS_LABELS, strict=True)):
        y = rect[1] + px(HEAD) + number * px(row)
        labels.append((label, (rect[0] + px(EDGE), y + px(_LABEL) // 2)))
        wide = (width - 2 * px(EDGE) - px(GAP) * (len(names) - 1)) // len(names)
        for place, name in enumerate(names):
            at[name] = (rect[0] + px(EDGE) + place * (wide + px(GAP)), y + px(_LABEL), wide, px(CONTROL))
    return Popup(rect, "Settings", at, tuple(labels))


def _songs(places: Layout) -> Popup:
    px = places.px
    rect = _middle(places, px(720), px(520))
    left, top, width, height = rect
    inner = width - 2 * px(EDGE)
    field_at = (left + px(EDGE), top + px(HEAD), inner, px(CONTROL))
    listed = top + px(HEAD) + px(CONTROL) + px(GAP)
    at = {"search": field_at, "list": (left + px(EDGE), listed, inner, top + height - px(EDGE) - listed)}
    return Popup(rect, "The songbook", at)


def _models(places: Layout) -> Popup:
    px = places.px
    high = px(HEAD) + MODELS_SEEN * px(MODEL_ENTRY) + px(GAP) + px(_LABEL) + px(EDGE)
    rect = _middle(places, px(600), high)
    left, top, width, height = rect
    foot = top + height - px(EDGE) - px(_LABEL)
    listed = (left + px(EDGE), top + px(HEAD), width - 2 * px(EDGE), foot - px(GAP) - top - px(HEAD))
    label = (MODELS_MADE, (left + px(EDGE), foot + px(_LABEL) // 2))
    return Popup(rect, "Models", {"models": listed}, (label,))


def _keys(places: Layout) -> Popup:
    return Popup(_middle(places, places.px(864), places.px(544)), "Keys")


def _about(places: Layout) -> Popup:
    return Popup(_middle(places, places.px(560), places.px(432)), "About nanopiano")


def _rename(places: Layout) -> Popup:
    px = places.px
    rect = _middle(places, px(400), px(HEAD) + px(CONTROL) + px(EDGE))
    left, top, width, _ = rect
    field_at = (left + px(EDGE), top + px(HEAD), width - 2 * px(EDGE) - px(96) - px(GAP), px(CONTROL))
    ok_at = (left + width - px(EDGE) - px(96), field_at[1], px(96), px(CONTROL))
    return Popup(rect, "Name of this take", {"name": field_at, "name it": ok_at})


def _middle(places: Layout, width: int, height: int) -> Rect:
    whole_width, whole_height = places.size
    width, height = min(width, whole_width - 2 * places.px(EDGE)), min(height, whole_height - 2 * places.px(EDGE))
    return ((whole_width - width) // 2, (whole_height - height) // 2, width, height)


def _kept(places: Layout, rect: Rect) -> Rect:
    """Return a rectangle moved into the window."""
    left, top, width, height = rect
    gap = places.px(GAP)
    return (
        max(min(left, places.size[0] - width - gap), gap),
        max(min(top, places.size[1] - height - gap), gap),
        width,
        height,
    )


_POPUPS = {
    "more": _more, "save": _save, "settings": _settings, "songs": _songs, "keys": _keys, "about": _about,
    "rename": _rename, "models": _models,
}  # fmt: skip
