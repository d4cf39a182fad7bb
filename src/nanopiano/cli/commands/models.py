"""`nanopiano models`: what can compose."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from nanopiano.cli.options import add_json

ABOUT = """\
List the models: those of the program, and those in the folder `models` of your own nanopiano folder.
Any other folder with a model in it can be named by its path."""

EXAMPLES = """\
examples:
  nanopiano models
  nanopiano generate --model small
  nanopiano generate --model path/to/my-model"""


def options(parser: ArgumentParser) -> None:
    """Add the options."""
    add_json(parser)


def run(args: Namespace) -> None:
    """List."""
    from nanopiano.cli import terminal
    from nanopiano.model.store import model_folders, user_folder

    found = [_facts(name, folder) for name, folder in model_folders().items()]
    if args.json:
        terminal.show_json({"models": found})
    elif not found:
        terminal.say(f"no model is installed: put one into {user_folder() / 'models'}, or name its folder with --model")
    else:
        terminal.show_table([("name", "parameters", "nats per word", "folder"), *map(_row, found)])


def _facts(name: str, folder: Path) -> dict[str, Any]:
    """Return what a model says of itself, or what is wrong with it."""
    from nanopiano.errors import InputError
    from nanopiano.model.config import ModelConfig
    from nanopiano.model.store import read_config

    facts = {"name": name, "folder": str(folder)}
    try:
        about = read_config(folder)
        config = ModelConfig.from_json(about)
    except InputError as error:
        return facts | {"problem": str(error)}
    training = about.get("training") or {}
    return facts | config.to_json() | {"parameters": about.get("parameters"), "training": training}


def _row(facts: dict[str, Any]) -> tuple[str, ...]:
    if "problem" in facts:
        return facts["name"], "", "", f"cannot be used: {facts['problem']}"
    parameters, nats = facts["parameters"], facts["training"].get("val_nats_per_word")
    return (
        facts["name"],
        f"{parameters:,}" if parameters else "?",
        f"{nats:.3f}" if nats else "?",
        facts["folder"],
    )
