"""The lab network is the product with its switches off, and no variant hears what comes later."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lab_tools import some_corpus  # first: it says where benchmarks are
from recipe import queue, read_rows, table
from recipes.data import Examples, Reading, a_bar_ago, held_out, lowest_first, mixed, stack, stretched
from recipes.learning import optimizers_of, share_of
from recipes.network import RECALL, RECALLED, Heard, LabNetwork, Switches
from recipes.variants import HALF, VARIANTS, recipe
from strategies import pieces

from nanopiano.music.listen import hear
from nanopiano.music.piece import Piece
from nanopiano.music.vocab import FIRST_DURATION, START
from nanopiano.music.words import Ids, ids_to_piece, piece_to_ids
from nanopiano.train.data import IGNORED, BatchMaker, WindowPlan
from nanopiano.train.gpt import GPT
from nanopiano.train.prove import proof_words, random_words
from nanopiano.train.validate import tensors

ALL_READ = Reading(echo=True, recall=True)


def heard_after(words: Ids) -> Heard:
    """What is told of one row of words."""
    return stack([(words, 0, words.astype(np.int64))], len(words), ALL_READ)[0]


@pytest.mark.parametrize(("recalled", "new"), [((), False), ((), True), (RECALL, False), (RECALLED, False)])
def test_of_what_the_product_has_the_lab_computes_the_same(
    tmp_path: Path, recalled: tuple[str, ...], new: bool
) -> None:
    split = some_corpus(tmp_path).split("train")
    plan = WindowPlan(split, 64, 256, 0.25, 6, 1)
    config = replace(HALF, hear_recall=bool(recalled), hear_moved=recalled == RECALLED, hear_held=new, hear_bars=new)
    config = replace(config, blend_words=3 if new else 0)
    switches = Switches(recalled=recalled, copying=bool(recalled))
    if new:
        switches = replace(switches, sounding="binary", positions="bars", kernel=3)
    network, lab = GPT(config), LabNetwork(HALF, switches)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    weights = {name.replace("places.", "places.0."): weight for name, weight in network.state_dict().items()}
    if new:
        weights["heard.binary.weight"] = weights.pop("held.weight")
        for name in [name for name in weights if name.endswith("taps")]:
            for place, taps in enumerate(weights.pop(name).unbind(1)):
                weights[name.replace("taps", f"convolutions.{place}.taps")] = taps
    if recalled:
        tables = weights.pop("recalled.weight").chunk(len(recalled))
        weights |= {f"heard.{name}.weight": table for name, table in zip(recalled, tables, strict=True)}
    lab.load_state_dict(weights)
    for windows in plan.epoch(0)[:3]:
        ids, targets, *told = tensors(BatchMaker(split, plan, config).batch(windows), torch.device("cpu"))
        heard, answers = Examples(split, plan, HALF, Reading(recall=bool(recalled))).batch(windows)
        n = len(heard.ids)  # the lab makes no empty rows
        assert torch.equal(targets[:n], answers)
        assert bool((targets[n:] == IGNORED).all())
        torch.testing.assert_close(network(ids, *told)[:n], lab(heard), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", VARIANTS)
def test_no_variant_hears_what_comes_later(name: str) -> None:
    made = recipe(name, 1_000, 1)
    torch.manual_seed(0)
    network = LabNetwork(made.config, made.switches).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    words = proof_words(128)  # from the 65th on they are recalled
    others = words.copy()
    others[100:] = random_words(128, seed=5)[: len(words) - 100]
    others[100] = FIRST_DURATION + (int(words[100]) - FIRST_DURATION + 1) % 100  # another length
    with torch.no_grad():
        change = (network(heard_after(words)) - network(heard_after(others))).abs().amax(-1)[0]
    assert float(change[:100].max()) < 1e-3 < float(change[100])


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_has_every_parameter_in_one_optimizer(name: str) -> None:
    made = recipe(name, 1_000, 1)
    network = LabNetwork(made.config, made.switches)
    held = [id(p) for o in optimizers_of(network, made) for group in o.param_groups for p in group["params"]]
    assert sorted(held) == sorted(id(p) for p in network.parameters())


@pytest.mark.parametrize("name", ["base", "fall-sqrt", "fall-cosine", "rise-20k"])
def test_the_rate_of_every_schedule_falls_to_zero(name: str) -> None:
    made = recipe(name, 1_000_000, 1)
    shares = [share_of(made, words) for words in range(200_000, 1_000_001, 50_000)]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == 0


def test_variants_are_joined_by_plus() -> None:
    made = recipe("echo+batch-2048", 1_000, 3)
    assert (made.switches.echo, made.reading.echo, made.options.batch_words, made.options.seed) == (True, True, 2048, 3)


@given(pieces())
def test_lowest_first_changes_the_order_within_a_step_and_nothing_else(piece: Piece) -> None:
    ids = piece_to_ids(piece)
    changed = lowest_first(ids)
    assert np.array_equal(lowest_first(changed), ids)
    assert ids_to_piece(changed).notes.tolist() == ids_to_piece(ids).notes.tolist()


@given(pieces(), st.integers(0, 20))
def test_a_stretched_piece_is_the_piece_at_another_pace(piece: Piece, seed: int) -> None:
    ids = piece_to_ids(piece)
    changed = stretched(ids, np.random.default_rng(seed))
    times, others = hear(ids).time, hear(changed).time
    assert any(np.array_equal(others * 2, times * factor) for factor in (1, 2, 4))
    is_pitch = ids < FIRST_DURATION
    assert np.array_equal(ids[is_pitch], changed[is_pitch])


def test_a_bar_ago_is_what_the_roll_says() -> None:
    words = random_words(400, seed=3)
    heard = hear(words)
    keys, steps = a_bar_ago(words, heard.time, 0)
    roll = np.zeros((int(heard.time.max()) + 1, 88), dtype=np.uint8)
    for at in range(len(words) - 1):
        if 5 <= words[at] < FIRST_DURATION:
            roll[heard.time[at], words[at] - 5] = 1
    for at in range(len(words)):
        then, now = int(heard.time[at]) - 16, int(heard.time[at])
        onsets = [step for step in range(max(then, 0), now) if roll[step].any()] if then >= 0 else []
        assert keys[at].tolist() == (roll[onsets[0]] if onsets else np.zeros(88)).tolist()
        after_note = at and words[at] >= FIRST_DURATION and 5 <= words[at - 1] < FIRST_DURATION
        later = [step for step in onsets if step > then] if after_note else onsets
        assert steps[at] == (later[0] - then if later else 16)


@pytest.mark.parametrize("length", [128, 256])
def test_every_held_out_word_is_scored_once(tmp_path: Path, length: int) -> None:
    split = some_corpus(tmp_path).split("val")
    numbers = list(range(len(split)))
    targets = [answers for _, answers, _ in held_out(split, numbers, length, Reading())]
    counted = sum(int((answers != IGNORED).sum()) for answers in targets)
    assert counted == int((split.lengths - 1).sum())
    assert all(int(split.ids(number)[0]) == START for number in numbers)


def test_sources_that_are_mixed_evenly_are_read_alike(tmp_path: Path) -> None:
    split = some_corpus(tmp_path).split("train")
    lines = [json.loads(line) for line in split.index.read_text().splitlines()]
    for number, line in enumerate(lines):
        line["source"] = "small" if number < len(lines) // 4 else "large"
    split.index.write_text("".join(json.dumps(line) + "\n" for line in lines))
    changed = replace(split, line_at=np.cumsum([0] + [len(json.dumps(line)) + 1 for line in lines])[:-1])
    words = {"small": 0, "large": 0}
    for seed in range(50):
        drawn = mixed(changed, 0.0, seed)
        for number in range(len(drawn)):
            words[drawn.facts(number)["source"]] += len(drawn.ids(number))
    assert words["small"] / words["large"] == pytest.approx(1, rel=0.2)


def test_a_row_is_kept_and_not_measured_again(tmp_path: Path) -> None:
    corpus, path = some_corpus(tmp_path), tmp_path / "rows.jsonl"
    for _ in range(2):
        queue(["base", "batch-1024"], corpus, path, 1_500, 1)
    rows = read_rows(path)
    assert [row["variant"] for row in rows] == ["base", "batch-1024"]
    assert all(0 < row["nats_per_word"] < 6 for row in rows)
    assert rows[0]["val_words"] == sum(int(corpus.split("val").lengths[int(n)]) - 1 for n in rows[0]["by_piece"])
    assert json.loads(path.read_text().splitlines()[0])["date"]
    assert len(table(rows, corpus.split("val")).splitlines()) == 4
