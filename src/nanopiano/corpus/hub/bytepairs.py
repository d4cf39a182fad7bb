"""Byte pairs: ordinary text <-> the numbers of GPT-2's vocabulary, through the library `tokenizers` (extra `hf`).

The method is that of Sennrich, Haddow and Birch (2016) over bytes, as Radford et al. (2019) use it. The vocabulary is
data and comes with no library: from a folder, or from the Hub when the network allows.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanopiano.errors import InputError

GPT2 = "gpt2"
END_OF_TEXT = "<|endoftext|>"
WHOLE, VOCAB, MERGES = "tokenizer.json", "vocab.json", "merges.txt"


class BytePairs:
    """Encodes texts; what looks like a special token in a text is text, as in nanoGPT's `encode_ordinary`."""

    def __init__(self, tokenizer: Any, name: str) -> None:
        end = tokenizer.token_to_id(END_OF_TEXT)
        self.size = tokenizer.get_vocab_size()
        if end is None:
            raise InputError(f"the vocabulary {name} has no {END_OF_TEXT}: it is not one of GPT-2's kind")
        if self.size > 2**16:
            raise InputError(f"the vocabulary {name} has {self.size:,} tokens: {2**16:,} fit into uint16")
        tokenizer.encode_special_tokens = True
        tokenizer.no_truncation()  # a tokenizer.json may ask for both, and documents are of any length
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        self.end = int(end)  # id of the token that ends a text
        words = sorted(tokenizer.get_vocab().items())
        self.fingerprint = hashlib.sha256(json.dumps(words).encode()).hexdigest()

    @classmethod
    def load(cls, vocabulary: str = GPT2) -> "BytePairs":
        """Load a vocabulary from a folder with tokenizer.json, or vocab.json and merges.txt, or by its name on the Hub.

        Raises ModuleNotFoundError without the library, InputError if there is no vocabulary or the Hub is out of reach.
        """
        from tokenizers import Tokenizer  # noqa: PLC0415  an extra

        folder = Path(vocabulary)
        try:
            if folder.is_dir():
                return cls(_from_folder(folder), vocabulary)
            return cls(Tokenizer.from_pretrained(vocabulary), vocabulary)
        except InputError:
            raise
        except Exception as error:  # the library raises bare ones
            why = " ".join(str(error).split())[:200]
            if folder.is_dir():
                raise InputError(f"the vocabulary in {folder} is damaged: {why}") from error
            raise InputError(
                f"cannot fetch the vocabulary {vocabulary} from the Hub ({why}): without a network, put its {WHOLE}, "
                f"or its {VOCAB} and {MERGES}, into a folder and name that with --vocabulary"
            ) from error

    def encode(self, texts: Sequence[str]) -> list[NDArray[np.uint16]]:
        """Return the ids of each text, the token that ends it last; uint16 [tokens]."""
        # Half a surrogate pair, which JSON can hold, is no text that UTF-8 knows.
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        encoded = self._tokenizer.encode_batch_fast(clean, add_special_tokens=False)
        return [np.array([*one.ids, self.end], dtype="<u2") for one in encoded]

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids, without the token that ends it."""
        return str(self._tokenizer.decode([i for i in ids if i != self.end], skip_special_tokens=False))


def _from_folder(folder: Path) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers  # noqa: PLC0415

    if (folder / WHOLE).is_file():
        return Tokenizer.from_file(str(folder / WHOLE))
    missing = [name for name in (VOCAB, MERGES) if not (folder / name).is_file()]
    if missing:
        raise InputError(f"{folder} holds no vocabulary: {' and '.join(missing)} missing, and no {WHOLE}")
    tokenizer = Tokenizer(models.BPE.from_file(str(folder / VOCAB), str(folder / MERGES)))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer
