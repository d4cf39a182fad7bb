"""`nanopiano corpus`: what a model is trained on."""

from argparse import ArgumentParser, Namespace

ABOUT = "What a model is trained on: pieces as words, split by work into a part to learn from and one to validate on."

EXAMPLES = """\
examples:
  nanopiano corpus build my-midi-folder -o my-corpus
  nanopiano corpus get                                   what corpora there are, and what their licences allow
  nanopiano corpus get lakh-clean
  nanopiano corpus build --help"""


def options(parser: ArgumentParser) -> None:
    """Add the commands below this one, each with its options and the function `work` that does it."""
    from nanopiano.cli.commands import corpus_build, corpus_get, corpus_merge, corpus_text

    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, purpose, module in (
        ("build", "build a corpus", corpus_build),
        ("merge", "merge the parts that several machines built", corpus_merge),
        ("get", "download a public corpus, or list them", corpus_get),
        ("text", "prepare ordinary text for the plain network", corpus_text),
    ):
        verb = verbs.add_parser(name, help=purpose, description=module.ABOUT, epilog=module.EXAMPLES)
        verb.set_defaults(parser=verb, work=module.run)
        module.options(verb)


def run(args: Namespace) -> None:
    """Do what the command below this one says."""
    args.work(args)
