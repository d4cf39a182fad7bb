"""What the base install leaves out."""

from collections.abc import Iterator
from contextlib import contextmanager

from nanopiano.errors import not_installed

EXTRAS = {
    "train": ("torch", "safetensors", "onnx", "matplotlib", "filelock"),
    "hf": ("datasets", "tokenizers", "transformers", "huggingface_hub"),
    "watch": ("tensorboard", "wandb"),
}  # what each extra brings


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Turn the failure of an import inside into one sentence, an InputError, that tells what to install."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in EXTRAS[extra]:
            raise
        raise not_installed(str(error.name), extra) from error
