"""What each button shows in a state, and what its tooltip says; no pygame."""

from __future__ import annotations

from dataclasses import dataclass

from nanopiano.gui.state.app_state import AppState
from nanopiano.gui.state.controls import SLIDERS
from nanopiano.gui.state.model_facts import model_name
from nanopiano.gui.window.popups import SAVES, SCALES


@dataclass(frozen=True)
class Face:
    """What a button shows just now."""

    text: str = ""
    icon: str = ""
    enabled: bool = True
    chosen: bool = False


TOOLTIPS: dict[str, str] = {
    "new": "Compose a new piece, from nothing. (N)",
    "continue": "Draw a song of the songbook at random and go on from its first bars. (C)",
    "source": "What Generate goes on from. Click to see and hear it, and to choose how much of it is the prompt.",
    "songs": "Choose a song from the songbook: search by title or composer. (B)",
    "open": "Go on from a MIDI file or a score of your own; you can also drop one on the window. (Ctrl+O)",
    "more": "Top-p, min-p, the least surprise, returns, chromatic notes, the seed. (M)",
    "generate": "Compose with what the sliders say; you hear it while it is being composed. (G)",
    "retry": "The same beginning once more, with another seed. (R)",
    "surprise": "Set the sliders to something sensible that you may not have tried. (X)",
    "again": "Compose only the marked bars anew; all else stays. Mark bars by dragging along the bar numbers. (A)",
    "on": "Cut the piece at the playhead and let it go on differently from there. (D)",
    "start": "Back to the beginning. (Home)",
    "play": "Play or pause. (Space)",
    "stop": "Stop and go back to the beginning. (S)",
    "loop": "Repeat the marked bars. Mark bars by dragging along the bar numbers. (L)",
    "mode": "The piano roll, or falling notes over a keyboard. (V)",
    "settings": "Theme, size, colours, expression, model.",
    "help": "All keys. (?)",
    "fold": "Show or hide the takes.",
    "undo": "Bring back the take that was discarded last. (Ctrl+Z)",
    "save": "Save as MIDI, sound, score, picture or words. (Ctrl+Shift+S)",
    "keep seed": "A kept seed composes the same piece from the same settings; else each piece gets another.",
    "seed": "The seed decides every chance: the same seed with the same settings gives the same piece.",
    "expressive on": "Melody, metre and phrases are brought out by gentle rules. (E)",
    "expressive off": "Every note as loud as the next, exactly in time. (E)",
    "original on": "New music quotes no passage of more than 16 notes of the music that the model learnt from. (O)",
    "original off": "The model may quote what it learnt from; the status line says how much. (O)",
    "colour pitch": "The hue goes around the circle of fifths: neighbours in harmony are neighbours in colour. (H)",
    "colour hand": "Left hand and right hand, told apart by a simple rule. (H)",
    **{name: slider.tooltip for name, slider in SLIDERS.items()},
}


def tooltip(name: str, state: AppState) -> str:
    """Return what is said of a control under the pointer; of one without use, why."""
    if name == "again" and state.region is None:
        return "Mark some bars first: drag along the bar numbers above the roll. Then only they are composed anew."
    if name == "retry" and state.last_job is None:
        return "Once something is composed, this tries the same beginning with another seed."
    if name == "speaker":
        return state.no_sound or TOOLTIPS["volume"]
    if name in ("model", "choose model"):
        return _about_model(state)
    return TOOLTIPS.get(name, "")


def _about_model(state: AppState) -> str:
    composes = "No model composes" if state.model is None else f"“{model_name(state.model)}” composes"
    return f"{composes}. Choose another model, such as one that nanopiano finetune has made. (Ctrl+M)"


def _model(state: AppState) -> str:
    """Return the name of the model that composes or will."""
    if state.loading is not None:
        return f"Loading {model_name(state.loading)} …"
    return "No model…" if state.model is None else f"{model_name(state.model)}…"


def faces(state: AppState) -> dict[str, Face]:
    """Return the face of every button of the window."""
    return _composing(state) | _playing(state) | _keeping(state)


def _composing(state: AppState) -> dict[str, Face]:
    prompt = state.prompt
    if state.busy:
        generate = Face("Cancelling …" if state.job and state.job.cancelling else "Cancel")
    else:
        generate = Face("Generate")
    source = "From nothing" if prompt is None else prompt.name
    return {
        "new": Face("New piece", chosen=prompt is None),
        "continue": Face("Continue song", chosen=prompt is not None),
        "source": Face(source, enabled=prompt is not None, chosen=prompt is not None and state.current is None),
        "songs": Face("Songbook…"),
        "open": Face("Open MIDI…"),
        "more": Face("Fewer" if state.dialog == "more" else "More…", chosen=state.dialog == "more"),
        "generate": generate,
        "invite": Face("Compose a piece"),
        "retry": Face("Retry same song" if prompt else "Retry", enabled=state.can("retry")),
        "surprise": Face("Surprise me"),
        "again": Face("Compose again", enabled=state.can("again")),
        "on": Face("Go on from here", enabled=state.can("on")),
    }


def _playing(state: AppState) -> dict[str, Face]:
    playing = state.playback.playing or state.playback.play_at is not None
    return {
        "start": Face(icon="start", enabled=state.can("play")),
        "play": Face(icon="pause" if playing else "play", enabled=state.can("play")),
        "stop": Face(icon="stop", enabled=state.can("stop")),
        "loop": Face(icon="loop", enabled=state.can("loop"), chosen=state.loop),
        "mode": Face(icon="falling" if state.mode == "roll" else "roll"),
        "settings": Face(icon="settings", chosen=state.dialog == "settings"),
        "help": Face(icon="help", chosen=state.dialog == "keys"),
    }


def _keeping(state: AppState) -> dict[str, Face]:
    return {
        "fold": Face(icon="fold" if state.takes_open else "unfold"),
        "undo": Face("Undo", enabled=state.can("undo")),
        "model": Face(_model(state), chosen=state.dialog == "models"),
        "save": Face("Save…", enabled=state.can("save"), chosen=state.dialog == "save"),
    }


def popup_faces(state: AppState) -> dict[str, Face]:
    """Return the face of every button in the popups."""
    keep = "Seed is kept" if state.seed is not None else "Keep this seed"
    return {
        "keep seed": Face(keep, chosen=state.seed is not None),
        "theme dark": Face("Dark", chosen=state.theme == "dark"),
        "theme light": Face("Light", chosen=state.theme == "light"),
        **{f"scale {scale:g}": Face(f"{scale:.0%}", chosen=state.ui_scale == scale) for scale in SCALES},
        "colour pitch": Face("Pitch class", chosen=state.colour_by == "pitch class"),
        "colour hand": Face("Hands", chosen=state.colour_by == "hand"),
        "expressive on": Face("With expression", chosen=state.expressive),
        "choose model": Face(_model(state)),
        "original on": Face("16 notes at most", chosen=state.original),
        "original off": Face("As they come", chosen=not state.original),
        "expressive off": Face("Plain", chosen=not state.expressive),
        "keys": Face("Keys"),
        "about": Face("About"),
        "name it": Face("OK"),
        **{name: Face(text) for name, text in SAVES},
    }
