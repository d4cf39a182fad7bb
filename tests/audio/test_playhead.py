"""The playhead: frames and steps, without sound."""

from audio_tools import STEP, score
from hypothesis import given
from hypothesis import strategies as st

from nanopiano.audio.playhead import Playhead
from nanopiano.audio.score import Score


def at_onset(onset: float) -> Score:
    """A score of one stroke at a step that need not be whole."""
    plain = score((0, 60, 8, 80))
    return Score(plain.onsets + onset, plain.ends + onset, plain.pitches, plain.velocities, onset + 8)


@given(st.floats(0.0, 50.0), st.integers(0, 300_000))
def test_a_stroke_comes_once_in_the_frame_of_its_onset_wherever_time_is_parted(onset: float, parting: int) -> None:
    head = Playhead()
    head.set_score(at_onset(onset))
    first = list(head.strokes(parting))
    head.advance(parting)
    head.set_score(at_onset(onset))
    second = list(head.strokes(400_000))
    ((_, wait),) = first + second
    frame = wait if first else wait + parting
    assert onset * STEP - 1.01 <= frame <= onset * STEP + 1.01


def test_a_stroke_a_hair_before_the_position_is_not_struck_again() -> None:
    what = at_onset(1000 / STEP - 1e-7)
    head = Playhead()
    head.set_score(what)
    assert len(list(head.strokes(1000))) == 1
    head.advance(1000)
    head.set_score(what)
    assert not list(head.strokes(100_000))


def test_a_jump_back_plays_a_stroke_again() -> None:
    head = Playhead()
    head.set_score(at_onset(2.0))
    assert len(list(head.strokes(20_000))) == 1
    head.jump(0.0)
    assert len(list(head.strokes(20_000))) == 1


@given(st.floats(0, 60), st.sampled_from([60.0, 97.3, 240.0]))
def test_a_new_tempo_keeps_the_position_exactly(step: float, bpm: float) -> None:
    head = Playhead()
    head.set_score(at_onset(60.0))
    head.jump(step)
    head.bpm = bpm
    assert abs(head.position - step) < 1e-9


def test_a_stroke_is_found_where_another_tempo_has_placed_it() -> None:
    head = Playhead()
    head.set_score(at_onset(16.3))
    assert head.find(16.1, 60) == 0
    assert [head.find(onset, 60) for onset in (15.8, 17.0)] == [None, None]
    assert head.find(16.3, 61) is None
