"""What is composed unless something else is asked for; apart, so that the window knows it without loading an engine."""

from nanopiano.model.ending import Length
from nanopiano.model.sample import Sampling

DEFAULT_LENGTH = Length(words=600)
# Of 21 temperatures and cuts none is nearer to human music beyond the noise, and long pieces need the least surprise:
# see docs/measures.md
DEFAULT_SAMPLING = Sampling(temperature=1.05, top_p=0.95, min_surprise=0.6, returns=5.0, chromatic=0.75)
DEFAULT_ORIGINAL = 16  # notes of the longest quotation, where original music is asked for without a number
