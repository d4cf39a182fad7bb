"""The bridge to the sound, without a sound card: the transport knows in time what the state shows."""

import pytest
from state_tools import BAR, generating, grown

from nanopiano.audio.samples import Piano
from nanopiano.gui.beside import sound
from nanopiano.gui.state.actions import Action, Seek, SoundAt
from nanopiano.gui.state.app_state import AppState
from nanopiano.gui.state.events import Grown
from nanopiano.gui.state.update import update


class Deaf:
    """An output that plays nothing."""

    position = 0.0

    def jump(self) -> None:
        """What is on its way is nothing."""


@pytest.fixture
def player(monkeypatch: pytest.MonkeyPatch) -> sound.Player:
    monkeypatch.setattr(sound, "Piano", lambda: Piano(live=False))
    monkeypatch.setattr(sound, "open_output", lambda _: Deaf())
    return sound.Player()


def told(player: sound.Player, state: AppState, action: Action | Grown) -> AppState:
    """Do what the window does with an action, as far as it can be heard."""
    state, effects = update(state, action)
    player.follow(state)
    for effect in effects:
        if isinstance(effect, SoundAt):
            player.carry_out(effect)
    return state


def test_a_click_ahead_leads_into_music_that_has_just_come(player: sound.Player) -> None:
    state = generating()
    for bars in (10, 30):
        state = told(player, state, grown(state, bars))
    assert player.transport._head.score.end < 10 * BAR, "what comes fast is given now and then"
    told(player, state, Seek(28.0 * BAR))
    assert player.transport.position == 28 * BAR
