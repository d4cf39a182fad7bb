"""Rolls of the published sets -> words -> the same rolls.

A roll is uint8 [frames, 88], 1 where a key sounds; frames stand where steps stand elsewhere. A run of equal frames of a
key is one note; a run over 128 frames is written as d128 and struck again; silent frames after the last note are a wait
before END. With the grammar of `polyphony.grammar` every roll has exactly one spelling, so the chance of the spelling
is the chance of the roll.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat

from nanopiano.errors import InputError
from nanopiano.music.grid import LOWEST_PITCH, N_KEYS
from nanopiano.music.piece import DEFAULT_VELOCITY, NoteArray
from nanopiano.music.vocab import END, START, WAIT, vocabulary
from nanopiano.music.words import Ids, canonical_ids_to_notes, note_ids, wait_ids

Roll = NDArray[np.uint8]  # [frames, 88]
DATASETS = ("JSB_Chorales", "Nottingham", "MuseData", "Piano_midi")
SPLITS = {"train": "traindata", "val": "validdata", "test": "testdata"}


def read_rolls(folder: Path, dataset: str) -> dict[str, list[Roll]]:
    """Return the rolls of a set by split. Raises InputError for a file that is missing or is no such set."""
    path = folder / f"{dataset}.mat"
    try:
        stored = loadmat(path)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    missing = [name for name in SPLITS.values() if name not in stored]
    if missing:
        raise InputError(f"{path} lacks {', '.join(missing)}: expected a set of Boulanger-Lewandowski as .mat")
    rolls = {split: [np.asarray(roll, np.uint8) for roll in stored[name].ravel()] for split, name in SPLITS.items()}
    for split, several in rolls.items():
        for number, roll in enumerate(several):
            if roll.ndim != 2 or roll.shape[1] != N_KEYS or roll.max(initial=0) > 1:
                raise InputError(f"{path}: roll {number} of {split} is no array [frames, {N_KEYS}] of 0 and 1")
    return rolls


def roll_to_notes(roll: Roll) -> NoteArray:
    """Return the runs of a roll as notes in canonical order, cut to the longest word and struck again, int32 [n, 4]."""
    longest = vocabulary().grid.longest
    edges = np.diff(np.pad(roll.T.astype(np.int8), ((0, 0), (1, 1))), axis=1)  # [88, frames + 1]
    keys, begins = np.nonzero(edges == 1)
    frames = np.nonzero(edges == -1)[1] - begins
    strokes = -(-frames // longest)
    number = np.arange(strokes.sum()) - np.repeat(np.cumsum(strokes) - strokes, strokes)  # of a stroke within its run
    keys, begins, frames = (np.repeat(column, strokes) for column in (keys, begins, frames))
    lengths = np.minimum(frames - longest * number, longest)
    columns = [begins + longest * number, keys + LOWEST_PITCH, lengths, np.full_like(keys, DEFAULT_VELOCITY)]
    notes: NoteArray = np.stack(columns, axis=1).astype(np.int32)
    return notes[np.lexsort((-notes[:, 1], notes[:, 0]))]


def roll_to_ids(roll: Roll) -> Ids:
    """Return the words of a roll as ids, START, END and a last wait included; uint16 [T]."""
    vocab, notes = vocabulary(), roll_to_notes(roll)
    last_end = int((notes[:, 0] + notes[:, 2]).max(initial=0))
    last_onset = int(notes[-1, 0]) if len(notes) else 0
    rest = wait_ids(len(roll) - last_onset, vocab) if len(roll) > last_end else []
    return np.concatenate([[START], note_ids(notes, 0, vocab), rest, [END]]).astype(np.uint16)


def ids_to_roll(ids: Ids) -> Roll:
    """Return the roll that words say, uint8 [frames, 88]."""
    notes = canonical_ids_to_notes(ids)
    durations = ids[2:-1:2].astype(np.int64) - vocabulary().id_of["d1"] + 1
    waited = int(durations[ids[1:-1:2] == WAIT].sum())
    frames = max(waited, int((notes[:, 0] + notes[:, 2]).max(initial=0)))
    roll = np.zeros((frames, N_KEYS), dtype=np.uint8)
    for onset, pitch, length, _ in notes.tolist():
        roll[onset : onset + length, pitch - LOWEST_PITCH] = 1
    return roll


def spell(rolls: dict[str, list[Roll]]) -> dict[str, list[Ids]]:
    """Return the words of all rolls. Raises InputError if they do not give back every roll, bit for bit."""
    spelt = {split: [roll_to_ids(roll) for roll in several] for split, several in rolls.items()}
    for split, several in spelt.items():
        for number, (ids, roll) in enumerate(zip(several, rolls[split], strict=True)):
            if not np.array_equal(ids_to_roll(ids), roll):
                raise InputError(f"the words of roll {number} of {split} do not give the roll back: nothing to report")
    return spelt
