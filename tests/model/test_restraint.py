"""New music neither gets stuck nor falls silent, and what real music does stays possible."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_tools import Mood

from nanopiano.model.composer import Composer
from nanopiano.model.ending import Length
from nanopiano.model.restraint import Restraint
from nanopiano.model.sample import Sampling
from nanopiano.music.listen import Listener
from nanopiano.music.piece import Piece
from nanopiano.music.vocab import vocabulary

CHORD = "sepxx d2 n64 d2 n60 d2"
EVERY_WAIT = {f"d{steps}" for steps in range(1, 129)}


def allowed(text: str, prompt: str = "", begin: int = 0) -> set[str]:
    """The words that may come next after `text`, written after a prompt."""
    listener = Listener(vocabulary())
    restraint = Restraint(listener, begin)
    for word in prompt.split():
        listener.feed(listener.vocab.id_of[word])
        restraint.hear(listener.vocab.id_of[word])
    restraint.start()
    for word in [*text.split(), ""]:
        mask = listener.allowed()
        restraint.restrict(mask)
        if word:
            listener.feed(listener.vocab.id_of[word])
            restraint.hear(listener.vocab.id_of[word])
    return {listener.vocab.words[number] for number in np.flatnonzero(mask)}


def repeated(event: str, times: int, first: str = "START n70 d1") -> str:
    return " ".join([first, *times * [event]])


# --- stuck events ----------------------------------------------------------------------------------------------------


def test_an_event_may_come_eight_times_in_a_row() -> None:
    assert "n64" in allowed(repeated(CHORD, 7) + " sepxx d2")


def test_the_highest_note_of_the_ninth_is_masked_and_nothing_else() -> None:
    stuck, free = (allowed(repeated(CHORD, times) + " sepxx d2") for times in (8, 7))
    assert free - stuck == {"n64"}
    assert not stuck - free


def test_the_ninth_may_come_after_another_wait() -> None:
    assert "n64" in allowed(repeated(CHORD, 8) + " sepxx d4")


@pytest.mark.parametrize(("wait", "times"), [(8, 8), (12, 5), (16, 4), (48, 1), (128, 1)])
def test_a_slow_event_may_fill_four_bars(wait: int, times: int) -> None:
    chord = f"sepxx d{wait} n64 d{wait} n60 d{wait}"
    assert "n64" in allowed(f"{repeated(chord, times - 1)} sepxx d{wait}")
    assert "n64" not in allowed(f"{repeated(chord, times)} sepxx d{wait}")


def test_a_prompt_whose_slow_events_fill_more_bars_may_go_on_so() -> None:
    chord = "sepxx d16 n64 d16"
    written = f"sepxx d16 n62 d16 {repeated(chord, 6, '')} sepxx d16"
    assert "n64" in allowed(written, prompt=repeated(chord, 7))
    assert "n64" not in allowed(written, prompt=repeated(chord, 6))


def test_one_long_wait_lifts_no_limit() -> None:
    chord = "sepxx d16 n64 d16"
    written = f"sepxx d128 n62 d16 {repeated(chord, 4, '')} sepxx d16"
    assert "n64" not in allowed(written, prompt="START sepxx d96 n62 d16")


def test_a_wait_of_two_words_is_not_cut_to_one() -> None:
    assert "sepxx" in allowed("START n70 d128 sepxx d128 sepxx d16 n64 d128 sepxx d128")


def test_slow_events_that_come_back_at_once_may_fill_half_as_many_bars() -> None:
    chord = "sepxx d16 n64 d16"
    back = f"{repeated(chord, 4)} sepxx d16 n65 d16 {repeated(chord, 1, '')}"
    assert "n64" in allowed(f"{back} sepxx d16")
    assert "n64" not in allowed(f"{back} {chord} sepxx d16")


@pytest.mark.parametrize(
    "other", ["sepxx d2 n64 d2 n59 d2", "sepxx d2 n64 d2 n60 d4", "sepxx d2 n64 d2", "sepxx d4 n64 d2"]
)
def test_an_event_that_is_not_quite_the_same_counts_anew(other: str) -> None:
    assert "n64" in allowed(f"{repeated(CHORD, 6)} {other} {repeated(CHORD, 6, '')} sepxx d2")


def test_figures_of_several_events_may_go_on_for_ever() -> None:
    alberti = "sepxx d2 n48 d2 sepxx d2 n55 d2 sepxx d2 n52 d2 sepxx d2 n55 d2"
    assert allowed(repeated(alberti, 50) + " sepxx d2") >= {"n48", "n52", "n55"}


def test_what_comes_back_at_once_may_come_half_as_often() -> None:
    back = f"{repeated(CHORD, 8)} sepxx d2 n65 d2 {repeated(CHORD, 3, '')}"
    assert "n64" in allowed(f"{back} sepxx d2")
    assert "n64" not in allowed(f"{back} {CHORD} sepxx d2")


def test_after_a_while_events_may_come_as_often_as_before() -> None:
    scale = " ".join(f"sepxx d2 n{pitch} d2" for pitch in range(60, 76))
    assert "n64" in allowed(f"{repeated(CHORD, 8)} sepxx d2 n65 d2 {scale} {repeated(CHORD, 7, '')} sepxx d2")


def test_a_note_that_alone_may_come_is_not_masked() -> None:
    every = " ".join(f"n{pitch} d100" for pitch in range(108, 21, -1))
    assert allowed(repeated("sepxx d1 n21 d1", 8, f"START {every}") + " sepxx d1") == {"n21"}


def test_a_prompt_that_repeats_more_may_go_on_so() -> None:
    written = f"sepxx d2 n62 d2 {repeated(CHORD, 19, '')}"
    assert "n64" in allowed(f"{written} sepxx d2", prompt=repeated(CHORD, 20))
    assert "n64" not in allowed(f"{written} {CHORD} sepxx d2", prompt=repeated(CHORD, 20))


# --- silence ---------------------------------------------------------------------------------------------------------


def test_a_wait_lasts_two_bars_longer_than_what_sounds() -> None:
    assert allowed("START n60 d8 sepxx") == {f"d{steps}" for steps in range(1, 8 + 32 + 1)}


def test_after_two_bars_of_silence_there_is_no_other_wait() -> None:
    assert "sepxx" not in allowed("START n60 d96 sepxx d128")


def test_a_long_note_may_sound_as_long_as_it_likes() -> None:
    assert allowed("START n60 d128 sepxx") == EVERY_WAIT


def test_a_piece_may_begin_with_two_bars_of_silence() -> None:
    assert allowed("START sepxx") == {f"d{steps}" for steps in range(1, 33)}


def test_silence_before_the_new_music_does_not_count() -> None:
    assert allowed("START n60 d4 sepxx", begin=80) == {f"d{steps}" for steps in range(1, 80 + 32 + 1)}


def test_a_prompt_that_is_silent_for_longer_may_go_on_so() -> None:
    assert allowed("sepxx", prompt="START n60 d4 sepxx d104 n60 d4") == {f"d{steps}" for steps in range(1, 4 + 100 + 1)}


# --- in pieces -------------------------------------------------------------------------------------------------------


def longest_run(piece: Piece) -> int:
    events = [
        (onset - before, *map(tuple, piece.notes[piece.onsets == onset, 1:3].tolist()))
        for before, onset in pairwise(np.unique(piece.onsets).tolist())
    ]
    longest = run = 1
    for event, following in pairwise(events):
        run = run + 1 if event == following else 1
        longest = max(longest, run)
    return longest


def longest_silence(piece: Piece) -> int:
    ends = np.maximum.accumulate(piece.onsets + piece.lengths)
    return int(np.max(np.append(piece.onsets[0], piece.onsets[1:] - ends[:-1])))


stuck_moods = st.fixed_dictionaries(
    {"sepxx": st.floats(0, 20), "n64": st.floats(0, 20), "n60": st.floats(0, 20), "d2": st.floats(5, 30)},
    optional={"d64": st.floats(0, 30), "d128": st.floats(0, 30)},
)


@settings(max_examples=30)
@given(stuck_moods, st.sampled_from([0, 0.5, 1.05]), st.booleans(), st.integers(0, 99))
def test_no_new_piece_gets_stuck_or_falls_silent(
    mood: dict[str, float], temperature: float, with_prompt: bool, seed: int
) -> None:
    prompt = Piece.of([(0, 60, 4), (40, 62, 4)]) if with_prompt else None
    composer, sampling = Composer(Mood(**mood)), Sampling(temperature=temperature)
    piece = composer.compose(prompt, length=Length(words=200), sampling=sampling, seed=seed).finish()
    assert longest_run(piece) <= 8
    # As the prompt has it, and the four steps of silence before the bar line where new music begins.
    assert longest_silence(piece) <= 36 + 4


def test_a_fill_may_repeat_as_often_as_it_likes() -> None:
    composer = Composer(Mood(END=-50, sepxx=40, n64=20, d1=30))
    fill = composer.fill(Piece.of([(0, 60, 4), (120, 60, 4)]), 2, 6, sampling=Sampling(temperature=0), seed=1)
    fill.finish()
    assert longest_run(fill.middle) > 8
