"""What is composed unless something else is asked for; apart, so that the window knows it without loading an engine."""

from nanopiano.model.ending import Length
from nanopiano.model.sample import Sampling

DEFAULT_LENGTH = Length(words=600)
# The fewest stuck or empty pieces of five settings: see docs/benchmarks.md, "Is it music?"
DEFAULT_SAMPLING = Sampling(temperature=1.05, top_p=0.95)
