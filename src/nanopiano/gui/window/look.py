"""How pygame_gui's buttons, fields and file dialog look, in the colours of a theme."""

from __future__ import annotations

from functools import cache
from typing import Any

from nanopiano.gui.draw.palette import Colour, blend
from nanopiano.gui.draw.theme import Theme

TEXT_SIZE = 13  # pixels


@cache
def look(theme: Theme, scale: float) -> dict[str, Any]:
    """Return pygame_gui's theme."""
    size = str(round(TEXT_SIZE * scale))
    font = {"name": "noto_sans", "size": size, "bold": "0", "italic": "0", "antialiased": "1"}
    flat = {"shape": "rounded_rectangle", "shape_corner_radius": str(round(6 * scale)), "shadow_width": "0"}
    plain = flat | {"shape": "rectangle"}  # rounding a large shape takes a quarter of a second and 100 MB
    field = flat | {"border_width": "1", "padding": f"{round(8 * scale)},{round(4 * scale)}"}
    outlined = flat | {"border_width": "1", "text_horiz_alignment_padding": str(round(8 * scale))}
    raised = _colours(theme, theme.raised, theme.text, theme.line)
    quiet = _colours(theme, theme.panel, theme.dim, theme.panel)
    return {
        "defaults": {"colours": _window(theme), "font": font, "misc": flat},
        "button": {"colours": raised, "font": font, "misc": outlined},
        "#quiet": {"colours": quiet, "misc": flat | {"border_width": "0"}},
        "#status": {
            "colours": quiet,
            "misc": flat
            | {
                "border_width": "0",
                "text_horiz_alignment": "left",
                "text_horiz_alignment_padding": str(round(8 * scale)),
            },
        },
        "#left": {"misc": {"text_horiz_alignment": "left", "text_horiz_alignment_padding": str(round(10 * scale))}},
        "#primary": {
            "colours": _colours(theme, theme.accent, theme.on_accent, theme.accent),
            "font": font | {"size": str(round(15 * scale)), "bold": "1"},
            "misc": flat | {"border_width": "0"},
        },
        "text_entry_line": {"colours": _window(theme), "font": font, "misc": field},
        "window": {"colours": _window(theme), "misc": plain | {"border_width": "1", "title_bar_height": "32"}},
        "window.#title_bar": {"colours": quiet, "misc": {"border_width": "0", "shadow_width": "0"}},
        "selection_list": {"colours": _window(theme), "misc": plain | {"border_width": "1", "list_item_height": "24"}},
        "selection_list.button": {"colours": quiet, "misc": {"border_width": "0", "text_horiz_alignment": "left"}},
        # pygame_gui gives files a dark ground of its own, in every theme.
        "file_dialog.#file_display_list.#file_list_item": {
            "colours": _colours(theme, theme.panel, theme.text, theme.panel)
        },
    }


def _window(theme: Theme) -> dict[str, str]:
    return _colours(theme, theme.raised, theme.text, theme.line) | {
        "dark_bg": _hex(theme.panel),
        "disabled_dark_bg": _hex(theme.panel),
        "text_cursor": _hex(theme.accent),
        "text_shadow": _hex(theme.panel),
        "selected_bg": _hex(blend(theme.raised, theme.accent, 0.35)),
        "filled_bar": _hex(theme.accent),
        "unfilled_bar": _hex(theme.raised),
    }


def _colours(theme: Theme, ground: Colour, text: Colour, border: Colour) -> dict[str, str]:
    """Return the colours of a button in all its states: hovered, held, chosen, without use."""
    toward = theme.text if ground != theme.accent else theme.raised
    faint = blend(theme.panel, theme.dim, 0.45)
    lit = theme.text if text == theme.dim else text
    colours = {
        "normal": (ground, text, border),
        "hovered": (blend(ground, toward, 0.08), lit, blend(border, theme.dim, 0.5)),
        "active": (blend(ground, toward, 0.16), text, border),
        "selected": (blend(theme.raised, theme.accent, 0.16), theme.text, theme.accent),
        "disabled": (theme.panel, faint, theme.line if border != theme.panel else theme.panel),
    }  # fmt: skip
    return {
        f"{state}_{part}": _hex(colour)
        for state, three in colours.items()
        for part, colour in zip(("bg", "text", "border"), three, strict=True)
    }


def _hex(colour: Colour) -> str:
    return "#{:02X}{:02X}{:02X}".format(*colour)
