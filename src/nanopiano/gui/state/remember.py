"""Between the state of the window and what is kept of it from one day to the next."""

from __future__ import annotations

from dataclasses import asdict, fields

from nanopiano.gui.state.app_state import AppState
from nanopiano.gui.state.controls import Controls, as_shown
from nanopiano.gui.state.settings import Settings


def from_settings(settings: Settings) -> AppState:
    """Return the state of a window that opens with these settings."""
    controls = Controls(**{entry.name: getattr(settings, entry.name) for entry in fields(Controls)})
    return AppState(
        controls=as_shown(controls),
        seed=settings.seed if settings.keep_seed else None,
        expressive=settings.expressive,
        original=settings.original,
        kept_model=settings.model,
        theme=settings.theme,
        ui_scale=settings.ui_scale,
        mode=settings.view,
        colour_by=settings.colour_by,
        takes_open=settings.takes_open,
        folder=settings.last_folder,
    )


def to_settings(state: AppState, window_size: tuple[int, int]) -> Settings:
    """Return what is kept of a state; the inverse of `from_settings`."""
    return Settings(
        **asdict(state.controls),
        expressive=state.expressive,
        original=state.original,
        model=state.kept_model,
        theme=state.theme,
        ui_scale=state.ui_scale,
        view=state.mode,
        colour_by=state.colour_by,
        takes_open=state.takes_open,
        last_folder=state.folder,
        window_size=window_size,
        keep_seed=state.seed is not None,
        seed=state.seed or 0,
    )
