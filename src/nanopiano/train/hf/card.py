"""The README.md of a model on the Hugging Face Hub: a head that the Hub reads, how to use it, and our card."""

from pathlib import Path
from typing import Any

HEAD = """\
---
license: mit
library_name: transformers
pipeline_tag: text-generation
tags:
{tags}
---

"""
MUSIC = ("music", "piano", "midi", "symbolic-music", "nanopiano")

USE = """
## With transformers

```python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("{name}"{trust})
model = AutoModelForCausalLM.from_pretrained("{name}"{trust})
start = tokenizer("START", return_tensors="pt")
words = tokenizer.decode(model.generate(**start)[0])
open("piece.txt", "w").write(words)  # nanopiano decode piece.txt -o piece.mid
```

{why}`nanopiano generate` composes faster, keeps to the grammar, and knows where to end.
The weights in this folder are in 32 bits, whatever nanopiano's own engine has; {proof}.
"""

WHY = "The code of the network stands beside the weights, which is why `trust_remote_code` is asked for.\n"


def hub_card(card: str, name: str, proof: str, *, plain: bool) -> str:
    """Return our `card` with the Hub's head, and how to use the model before its second heading."""
    trust, why = ("", "") if plain else (", trust_remote_code=True", WHY)
    use = USE.format(name=name, proof=proof, trust=trust, why=why)
    first, heading, rest = card.partition("\n## ")
    return f"{_head(MUSIC)}{first.rstrip()}\n{use}{heading}{rest}"


def with_head_of(before: Path, readme: str) -> str:
    """Return `readme` with the head of the file `before`, if that has one: people edit its licence and tags."""
    old = before.read_text("utf-8") if before.is_file() else ""
    _, _, rest = old.partition("---\n")
    head, fence, _ = rest.partition("\n---\n")
    if not old.startswith("---\n") or not fence:
        return readme
    return f"---\n{head}{fence}{readme.partition(fence)[2]}"


def text_card(name: str, training: dict[str, Any], options: dict[str, Any], proof: str) -> str:
    """Return the card of a plain network that learnt ordinary text."""
    corpus = options["corpus"]
    return f"""{_head(("nanopiano",))}# {name}

A plain network (GPT-2's) trained by nanopiano on {corpus["source"]}: {int(training["words"]):,} tokens in
{int(training["step"]):,} steps, validation loss {training["val_nats_per_word"]:.4f} nats per token. The vocabulary of
{corpus["vocabulary_size"]:,} tokens is the one that the text was prepared with (SHA-256 {corpus["vocabulary"][:16]}):
put its tokenizer.json beside this file. The weights are in 32 bits; {proof}.
"""


def _head(tags: tuple[str, ...]) -> str:
    return HEAD.format(tags="\n".join(f"- {tag}" for tag in tags))
