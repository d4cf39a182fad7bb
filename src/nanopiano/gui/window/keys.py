"""The keys: what each does, for the window and for its help."""

from __future__ import annotations

from typing import NamedTuple


class Key(NamedTuple):
    """A key with its modifiers, the verb that it stands for, and what help says of it; empty: said with another."""

    keys: str
    verb: str
    meaning: str


KEYS: tuple[Key, ...] = (
    Key("Space", "play", "Play or pause"),
    Key("S", "stop", "Stop, back to the beginning"),
    Key("G", "generate", "Generate; while it works: cancel"),
    Key("N", "new", "New piece"),
    Key("C", "continue", "Continue a random song"),
    Key("R", "retry", "Retry the same song"),
    Key("A", "again", "Compose the marked bars again"),
    Key("D", "on", "Go on differently from the playhead"),
    Key("X", "surprise", "Surprise me"),
    Key("Left", "back", "One bar back"),
    Key("Right", "forth", "One bar on"),
    Key("Home", "start", "To the beginning"),
    Key("End", "end", "To the end"),
    Key("Shift+Left", "unmark bar", "Mark one bar less"),
    Key("Shift+Right", "mark bar", "Mark the bar at the playhead, then one more"),
    Key("L", "loop", "Loop the marked bars"),
    Key("Escape", "close", "Close what is open, or take the mark away"),
    Key("Up", "take before", "The take above"),
    Key("Down", "take after", "The take below"),
    Key("P", "pin", "Pin the take"),
    Key("F2", "rename", "Name the take"),
    Key("Delete", "discard", "Discard the take"),
    Key("Ctrl+Z", "undo", "Bring back the last discarded take"),
    Key("B", "songs", "The songbook"),
    Key("Ctrl+O", "open", "Open a MIDI file"),
    Key("Ctrl+S", "save mid", "Save as MIDI"),
    Key("Ctrl+Shift+S", "save", "All ways to save"),
    Key("Ctrl+C", "copy words", "Copy the words of the piece"),
    Key("M", "more", "More: top-p, min-p, surprise, returns, chromatic notes, seed"),
    Key("Ctrl+M", "model", "Choose the model that composes"),
    Key("V", "mode", "Roll or falling notes"),
    Key("H", "colour_by", "Colours of pitch classes or of hands"),
    Key("T", "theme", "Dark or light"),
    Key("E", "expressive", "Played with expression, or plainly"),
    Key("O", "original", "Quotations as they come, or short ones only"),
    Key("+", "zoom in", "Closer"),
    Key("-", "zoom out", "Further away"),
    Key("0", "zoom fit", "The whole piece"),
    Key("[", "prompt less", "One bar less of the prompt"),
    Key("]", "prompt more", "One bar more of the prompt"),
    Key("Tab", "next control", "Next control: Enter presses, arrows move"),
    Key("Shift+Tab", "last control", ""),
    Key("F11", "fullscreen", "Full screen"),
    Key("?", "help", "This list"),
    Key("Ctrl+Q", "quit", "Quit"),
)


def verb_of(name: str, text: str, *, ctrl: bool, shift: bool) -> str | None:
    """Return the verb of a pressed key, None if it has none; `name` as pygame names it, `text` as it was typed."""
    named = _NAMES.get(name, name.upper() if len(name) == 1 else name.capitalize())
    if text and text in "+-?[]":  # by what is typed, wherever the key stands; AltGr may count as Ctrl
        return _BY_KEYS.get(text)
    whole = f"{'Ctrl+' if ctrl else ''}{'Shift+' if shift else ''}{named}"
    return _BY_KEYS.get(whole)


_NAMES = {
    "escape": "Escape",
    "delete": "Delete",
    "backspace": "Delete",
    "f2": "F2",
    "f11": "F11",
    "[+]": "+",
    "[-]": "-",
}
_BY_KEYS = {key.keys: key.verb for key in KEYS}
