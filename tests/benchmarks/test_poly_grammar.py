import numpy as np
from benchmark_tools import chorale, some_rolls
from hypothesis import given
from hypothesis import strategies as st
from polyphony.grammar import tell
from polyphony.rolls import Roll, ids_to_roll, roll_to_ids

from nanopiano.music.vocab import END, START, duration_id, pitch_id, vocabulary
from nanopiano.music.words import Ids


def wandered(seed: int, n_words: int) -> Ids:
    """Words drawn at random among those that may come, of few lengths and keys, to END, `n_words` or a dead end."""
    rng = np.random.default_rng(seed)
    likely = [*range(pitch_id(24)), duration_id(1), duration_id(2), duration_id(128)]
    ids = [START]
    while ids[-1] != END and len(ids) < n_words:
        allowed = tell(np.array(ids, dtype=np.uint16)).allowed[-1]
        choices = [word for word in likely if allowed[word]]
        if not choices:  # all the few keys sound
            break
        ids.append(int(rng.choice(choices)))
    return np.array(ids, dtype=np.uint16)


@given(some_rolls())
def test_every_word_of_a_roll_may_come(roll: Roll) -> None:
    ids = roll_to_ids(roll)
    allowed = tell(ids[:-1]).allowed
    assert allowed[np.arange(len(ids) - 1), ids[1:].astype(int)].all()


@given(st.integers(0, 2**32))
def test_what_may_come_is_the_only_spelling_of_its_roll(seed: int) -> None:
    ids = wandered(seed, 30)
    if ids[-1] == END:
        assert roll_to_ids(ids_to_roll(ids)).tolist() == ids.tolist()


def test_random_spellings_do_end() -> None:
    assert sum(wandered(seed, 30)[-1] == END for seed in range(20)) > 5


def test_what_is_told_depends_on_no_later_word() -> None:
    ids = roll_to_ids(chorale(1))
    whole, part = tell(ids), tell(ids[:31])
    for name in whole._fields:
        assert np.array_equal(getattr(whole, name)[:31], getattr(part, name))


def test_a_key_that_has_just_fallen_silent_is_released_and_cannot_be_struck() -> None:
    roll = np.zeros((4, 88), dtype=np.uint8)
    roll[:2, 40] = roll[2:, 42] = 1
    ids = roll_to_ids(roll)  # START n61 d2 sepxx d2 n63 d2 END
    told = tell(ids)
    assert np.flatnonzero(told.released[4]).tolist() == [40]
    assert not told.allowed[4, pitch_id(61)]
    assert told.allowed[4, pitch_id(62)]


def test_a_silent_key_may_be_struck_until_a_lower_one_was() -> None:
    ids = np.array([vocabulary().id_of[word] for word in ("START", "n60", "d1")], dtype=np.uint16)
    allowed = tell(ids).allowed[-1]
    assert allowed[pitch_id(59)]
    assert not allowed[pitch_id(60)]
    assert not allowed[pitch_id(61)]
