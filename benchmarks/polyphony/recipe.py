"""What decides how a set is learnt, and the recipe of each set's long run."""

from dataclasses import dataclass, replace

from nanopiano.model.config import ModelConfig


@dataclass(frozen=True)
class Recipe:
    """Shape, hearing, regularisation and schedule of one member of an ensemble."""

    n_layer: int = 4
    n_head: int = 2
    n_embd: int = 128
    window: int = 1024  # words that a word attends to
    length: int = 1024  # words a training window
    periods: tuple[int, ...] = (6, 8, 16)  # bars, in frames, whose places are told; a frame is about an eighth
    hear_keys: bool = True  # keys released, frames to the next release and more than one plane of keys sounding
    hear_recall: bool = True  # what followed where the last words stood before
    hear_moved: bool = False  # the same of music in another key, or only alike
    blend_words: int = 0  # words of a convolution before attention and perceptron
    dropout: float = 0.2  # of what is read, of what attention and perceptron add, and of what the head sees
    word_dropout: float = 0.05  # share of the words that go unread; what is heard stays
    heard_dropout: float = 0.0  # share of the words at which nothing is heard
    most_semitones: int = 5  # transposition in training
    untransposed: float = 0.8  # share of the windows that stay in their key
    tell_shift: bool = True  # the network is told by how many semitones its music was moved; in scoring by none
    batch_words: int = 2048
    total_words: int = 3_000_000
    eval_words: int = 300_000
    matrix_lr: float = 0.02
    table_lr: float = 0.004
    weight_decay: float = 0.05
    decay_share: float = 0.7
    average_words: int = 200_000  # how far the mean of the weights reaches back
    save_seconds: float = 120.0

    def config(self) -> ModelConfig:
        """Return the shape of the network in the words of the package."""
        return ModelConfig(
            n_layer=self.n_layer,
            n_head=self.n_head,
            n_kv_head=self.n_head,
            n_embd=self.n_embd,
            window=self.window,
            hear_place=False,
            hear_recall=self.hear_recall,
            hear_moved=self.hear_moved,
            blend_words=self.blend_words,
        )


_MOVED = Recipe(dropout=0.15, hear_moved=True, blend_words=3)

RECIPES = {  # those of the table in docs/benchmarks.md; frames of the chorales are quarters
    "JSB_Chorales": Recipe(periods=(4, 8), window=1536, dropout=0.3, total_words=4_000_000, eval_words=200_000),
    "Nottingham": replace(_MOVED, total_words=1_500_000, eval_words=375_000, average_words=120_000),
    "MuseData": replace(_MOVED, eval_words=1_000_000),
    "Piano_midi": replace(_MOVED, dropout=0.3, untransposed=0.5, total_words=3_500_000, eval_words=500_000),
}
