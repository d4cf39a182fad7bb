"""The curves of two runs become one."""

import sys
from pathlib import Path

from nanopiano.train.report import write_losses

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from join_losses import joined, rows_of

BEFORE = [{"step": 10, "words": 4000, "val_nats_per_word": 0.9}, {"step": 20, "words": 8000, "val_nats_per_word": 0.8}]
AFTER = [{"step": 5, "words": 2000, "val_nats_per_word": 0.75, "average_nats_per_word": 0.7}]


def test_steps_and_words_are_counted_on() -> None:
    rows = joined(BEFORE, AFTER)
    assert rows[:2] == BEFORE
    assert rows[2:] == [AFTER[0] | {"step": 25, "words": 10_000}]


def test_what_was_joined_and_written_comes_back_with_its_gaps(tmp_path: Path) -> None:
    write_losses(joined(BEFORE, AFTER), tmp_path)
    assert rows_of(tmp_path) == joined(BEFORE, AFTER)
    assert (tmp_path / "losses.png").read_bytes().startswith(b"\x89PNG")
