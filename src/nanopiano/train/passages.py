"""The index of originality of a model, from the corpus that it was trained on."""

from collections.abc import Callable, Iterator

from nanopiano.corpus.packed import Corpus, Split
from nanopiano.corpus.split import TRAIN, VAL
from nanopiano.model.originality.build import build_index
from nanopiano.model.originality.index import Index
from nanopiano.music.piece import NoteArray
from nanopiano.music.words import canonical_ids_to_notes


def corpus_index(corpus: Corpus, tick: Callable[[], object] = lambda: None) -> Index:
    """Return the index of a corpus: its training pieces, with those for validation as the human pieces held out.

    `tick` is called after each piece. Raises InputError for a damaged corpus.
    """
    train, val = corpus.split(TRAIN), corpus.split(VAL)
    held_out = (canonical_ids_to_notes(val.ids(number)) for number in range(len(val)))
    return build_index(_named(train), held_out, corpus.vocab.grid, tick)


def _named(split: Split) -> Iterator[tuple[str, str, NoteArray]]:
    """Return title (the name of the piece if it has none), composer and notes of each piece."""
    for number in range(len(split)):
        facts = split.facts(number)
        title = str(facts.get("title") or facts["name"])
        yield title, str(facts.get("composer") or ""), canonical_ids_to_notes(split.ids(number))
