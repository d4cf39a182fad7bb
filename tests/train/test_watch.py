"""A run is watched: its pieces, its losses, TensorBoard and Weights & Biases; and no failure to show ends it."""

import csv
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from train_tools import QUICK, some_corpus

from nanopiano.cli.extras import needs_extra
from nanopiano.corpus.packed import Corpus
from nanopiano.errors import InputError, NanopianoError
from nanopiano.gui.draw.picture import save_picture
from nanopiano.model.composer import Composer
from nanopiano.model.engine import Engine
from nanopiano.music.midi import read_midi
from nanopiano.music.piece import Piece
from nanopiano.train.checkpoint import load_tensors
from nanopiano.train.heard import LENGTH, Pieces
from nanopiano.train.loop import train
from nanopiano.train.options import TRACKERS, WatchOptions
from nanopiano.train.publish import publish
from nanopiano.train.report import draw_losses, write_losses
from nanopiano.train.trackers import Tracker, make_tracker
from nanopiano.train.watch import Watch

Say = Callable[[str], None]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return some_corpus(tmp_path_factory.mktemp("music"))


def quiet(_: str) -> None:
    pass


def blank(_: Piece, path: Path) -> None:
    """Stands for drawing and playing where a test asks for neither."""
    path.write_bytes(b"")


def watch(run: Path, say: Say = quiet, trackers: tuple[Tracker, ...] = (), **options: int) -> Watch:
    return Watch(run, say, Pieces(run, WatchOptions(**options), blank), trackers)


def last_state(run: Path) -> tuple[dict[str, bytes], object]:
    tensors, facts = load_tensors(run / "checkpoint.safetensors")
    return {name: tensor.numpy().tobytes() for name, tensor in tensors.items()}, facts


@pytest.fixture(scope="module")
def watched(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that composed two pieces with every evaluation, and drew them."""
    run = tmp_path_factory.mktemp("runs") / "watched"
    pieces = Pieces(run, WatchOptions(pieces=2), save_picture)
    train(corpus.folder, run, QUICK, say=quiet, watch=Watch(run, quiet, pieces))
    return run


def best_words(run: Path) -> list[int]:
    """The words after which the weights were better than ever before."""
    best, words = float("inf"), []
    for row in read_rows(run):
        if row["val_nats_per_word"] < best:
            best = row["val_nats_per_word"]
            words.append(int(row["words"]))
    return words


def read_rows(run: Path) -> list[dict[str, float]]:
    with (run / "losses.csv").open(newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


# --- pieces ----------------------------------------------------------------------------------------------------------


def test_pieces_are_kept_and_drawn_with_every_evaluation(watched: Path) -> None:
    evaluated = [int(row["words"]) for row in read_rows(watched)]
    wanted = {f"{words:09d}-{seed}.{kind}" for words in evaluated for seed in (1, 2) for kind in ("mid", "png")}
    assert {path.name for path in (watched / "heard").iterdir()} == wanted
    assert len(wanted) >= 8


def test_a_piece_says_of_which_run_and_when_it_is(watched: Path) -> None:
    words = best_words(watched)[-1]
    piece, _ = read_midi(watched / "heard" / f"{words:09d}-2.mid")
    assert piece.title == f"watched after {words:,} words, seed 2"


def test_a_run_composes_what_its_model_would(watched: Path, tmp_path: Path) -> None:
    publish(watched, tmp_path / "model")
    composer = Composer(Engine.load(tmp_path / "model", threads=1))
    piece, _ = read_midi(watched / "heard" / f"{best_words(watched)[-1]:09d}-1.mid")
    np.testing.assert_array_equal(piece.notes, composer.compose(length=LENGTH, seed=1).finish().notes)


def test_a_watched_run_computes_what_an_unwatched_run_does(corpus: Corpus, watched: Path, tmp_path: Path) -> None:
    train(corpus.folder, tmp_path / "run", QUICK, say=quiet)
    assert last_state(tmp_path / "run") == last_state(watched)
    assert not (tmp_path / "run" / "heard").exists()


def test_pieces_may_be_composed_less_often(corpus: Corpus, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(corpus.folder, run, QUICK, say=quiet, watch=watch(run, pieces=1, pieces_every=2_500))
    composed = [int(path.stem.split("-")[0]) for path in sorted((run / "heard").glob("*.mid"))]
    assert composed == [int(row["words"]) for row in read_rows(run) if row["words"] >= 2_500][:1]


def test_what_is_out_of_range_is_refused() -> None:
    with pytest.raises(InputError, match="pieces_every is -1: expected a whole number from 0 up"):
        WatchOptions(pieces_every=-1)


# --- what fails ------------------------------------------------------------------------------------------------------


def test_pieces_that_cannot_be_written_are_said_once_and_the_run_goes_on(corpus: Corpus, tmp_path: Path) -> None:
    run, said = tmp_path / "run", list[str]()
    run.mkdir()
    (run / "run.json").write_text("{}")
    (run / "heard").write_text("a file where the folder should be")
    train(corpus.folder, run, QUICK, say=quiet, watch=watch(run, said.append))
    assert len(said) == 1
    assert said[0].startswith("composed pieces cannot be shown, training goes on: ")
    assert "heard" in said[0]
    assert len(read_rows(run)) == 3


def test_losses_that_cannot_be_written_are_said_once_and_the_run_goes_on(corpus: Corpus, tmp_path: Path) -> None:
    run, said = tmp_path / "run", list[str]()
    (run / "losses.csv").mkdir(parents=True)
    (run / "run.json").write_text("{}")
    train(corpus.folder, run, QUICK, say=quiet, watch=Watch(run, said.append))
    assert len(said) == 1
    assert "losses.csv: it is a folder" in said[0]


def test_a_full_disk_leaves_the_losses_that_were_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_losses(SOME_ROWS[:2], tmp_path)
    before = (tmp_path / "losses.csv").read_bytes()
    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(NanopianoError, match=r"cannot write .*losses\.csv: no space left on device"):
        write_losses(SOME_ROWS, tmp_path)
    assert (tmp_path / "losses.csv").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"losses.csv", "losses.png"}


def no_space(_: int) -> None:
    raise OSError(28, "No space left on device")


def test_ctrl_c_while_composing_keeps_the_run_whole(corpus: Corpus, watched: Path, tmp_path: Path) -> None:
    run = tmp_path / "watched"

    def interrupted(_: Piece, path: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(
            corpus.folder,
            run,
            QUICK,
            say=quiet,
            watch=Watch(run, quiet, Pieces(run, WatchOptions(pieces=1), interrupted)),
        )
    train(corpus.folder, run, QUICK, say=quiet, resume=True, watch=watch(run, pieces=2))
    assert last_state(run) == last_state(watched)
    for path in (watched / "heard").glob("*.mid"):
        assert (run / "heard" / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(("name", "module"), [("tensorboard", "tensorboard"), ("wandb", "wandb")])
def test_a_tracker_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: str
) -> None:
    for loaded in [loaded for loaded in sys.modules if loaded.startswith("torch.utils.tensorboard")]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, module, None)  # as if it were missing
    missing = rf'{module} is not installed: pip install "nanopiano\[watch\]" brings it'
    with pytest.raises(InputError, match=missing), needs_extra("watch"):
        make_tracker(name, tmp_path)


# --- the picture of the losses ---------------------------------------------------------------------------------------

SOME_ROWS = [
    {"step": 1, "words": 100, "train_nats_per_word": 4.0, "val_nats_per_word": 3.0},
    {"step": 2, "words": 200, "train_nats_per_word": 2.5, "val_nats_per_word": 2.0},
    {"step": 3, "words": 300, "train_nats_per_word": 2.01, "val_nats_per_word": 2.2},
]


def test_the_best_evaluation_is_ringed_and_named() -> None:
    axes = draw_losses(SOME_ROWS, "mine").axes[0]
    assert axes.get_title(loc="left") == "mine"
    assert "2.0000 nats per word after 200" in axes.get_title(loc="right")
    assert np.asarray(axes.lines[-1].get_xydata()).tolist() == [[200, 2.0]]


def test_a_training_loss_stands_in_the_middle_of_the_steps_it_is_the_mean_of() -> None:
    line = draw_losses(SOME_ROWS, "mine").axes[0].lines[0]
    assert np.asarray(line.get_xdata()).tolist() == [50, 150, 250]


def test_names_of_curves_stand_clear_of_each_other() -> None:
    rows = [{**row, "average_nats_per_word": row["val_nats_per_word"] + 0.001} for row in SOME_ROWS]
    figure = draw_losses(rows, "mine")
    figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in figure.axes[0].texts]
    assert len(boxes) == 3
    assert not any(one.overlaps(two) for i, one in enumerate(boxes) for two in boxes[i + 1 :])
    assert all(box.x0 > 0 and box.x1 < figure.bbox.x1 for box in boxes)


# --- trackers --------------------------------------------------------------------------------------------------------

TRACKED = replace(QUICK, batch_words=128)  # steps enough for trackers to be told of some


@pytest.fixture(scope="module")
def tracked(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run shown in both trackers, and resumed from a checkpoint before its end."""
    run = tmp_path_factory.mktemp("runs") / "tracked"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WANDB_MODE", "offline")
        patch.setenv("WANDB_SILENT", "true")
        for total_words in (2_800, TRACKED.total_words):
            trackers = [make_tracker(name, run) for name in TRACKERS]
            pieces = Pieces(run, WatchOptions(pieces=1, pieces_every=2_000), save_picture, play_a_beep)
            options, told = replace(TRACKED, total_words=total_words), Watch(run, fail, pieces, trackers)
            train(corpus.folder, run, options, resume=True, say=quiet, watch=told)
    return run


def play_a_beep(piece: Piece, path: Path) -> None:
    soundfile.write(path, np.sin(np.arange(9_000))[:, None] * [0.1, 0.1], 44_100)


def fail(line: str) -> None:
    """Told where something could not be shown."""
    raise AssertionError(line)


def test_tensorboard_has_the_figures_of_every_evaluation_once(tracked: Path) -> None:
    rows, shown = read_rows(tracked), tensorboard_of(tracked)
    for name in ("train_nats_per_word", "val_nats_per_word", "val_nats_per_note"):
        points = [(point.step, point.value) for point in shown.Scalars(f"evaluation/{name}")]
        assert points == [(row["words"], pytest.approx(row[name])) for row in rows]


def test_tensorboard_has_the_loss_between_evaluations(tracked: Path) -> None:
    points = tensorboard_of(tracked).Scalars("step/nats_per_word")
    assert [point.step for point in points] == [2_249]  # after 20 steps
    assert 1 < points[0].value < 5.4


def test_tensorboard_has_pictures_and_sound_of_the_pieces(tracked: Path) -> None:
    shown = tensorboard_of(tracked)
    composed = [int(path.stem.split("-")[0]) for path in sorted((tracked / "heard").glob("*.mid"))]
    assert [image.step for image in shown.Images("heard/picture-1")] == composed
    assert [(sound.step, sound.content_type) for sound in shown.Audio("heard/sound-1")] == [
        (n, "audio/wav") for n in composed
    ]


def test_tensorboard_knows_the_run(tracked: Path) -> None:
    (fact, *_) = tensorboard_of(tracked).Tensors("run.json/text_summary")
    assert '"size": "tiny"' in fact.tensor_proto.string_val[0].decode()


def tensorboard_of(run: Path) -> Any:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # noqa: PLC0415

    shown = EventAccumulator(str(run / "tensorboard"))
    shown.Reload()
    return shown


def test_weights_and_biases_offline_has_figures_and_pieces(tracked: Path) -> None:
    folders = sorted((tracked / "wandb").glob("offline-run-*"))
    assert len(folders) == 2  # sessions of one run
    assert len({folder.name.split("-")[-1] for folder in folders}) == 1
    records = b"".join(path.read_bytes() for path in (tracked / "wandb").glob("offline-run-*/*.wandb"))
    for name in (b"evaluation/val_nats_per_word", b"step/nats_per_word", b"batch_words"):
        assert name in records
    media = [path.suffix for path in (tracked / "wandb").glob("offline-run-*/files/media/**/*.*")]
    composed = len(list((tracked / "heard").glob("*.mid")))
    assert sorted(media) == [".mp3"] * composed + [".png"] * composed


def test_a_tracker_that_cannot_begin_ends_the_call_before_anything_is_learnt(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_PROJECT", "no/such/name")
    watch = Watch(tmp_path / "run", quiet, None, [make_tracker("wandb", tmp_path / "run")])
    with pytest.raises(NanopianoError, match=r"Weights & Biases cannot begin: .*no/such/name"):
        train(corpus.folder, tmp_path / "run", QUICK, say=quiet, watch=watch)
    assert not (tmp_path / "run" / "checkpoint.safetensors").exists()
