"""Which key a piece is in.

The shares of the pitch classes, each weighed by how long it sounds, are compared with those that pieces in major and in
minor have on average; the nearest of the 24 keys is taken. Profiles and Euclidean distance: Albrecht and Shanahan 2013,
"The use of large corpora to train a new type of key-finding algorithm: an improved treatment of the minor mode", Music
Perception 31(1), 59-67. Notes count as at most a bar long, so that a pedal point does not outvote the music over it.
"""

from typing import NamedTuple

import numpy as np

from nanopiano.music.piece import Piece

_MAJOR = [0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081]
_MINOR = [0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052]
# The distribution of pitch classes that each key expects, float [24, 12]: twelve in major from C on, twelve in minor.
PROFILES = np.array([np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)])
MINOR_IN_FIFTHS = 3  # the tonic of a minor key lies three fifths above that of the major key with the same signature


class Key(NamedTuple):
    """A key: its signature in `fifths` (sharps, or flats as negative numbers, -5..6) and whether it is minor."""

    fifths: int
    minor: bool

    @property
    def tonic(self) -> int:
        """The tonic on the line of fifths: C is 0, G 1, F -1."""
        return self.fifths + MINOR_IN_FIFTHS * self.minor

    @property
    def mode(self) -> str:
        """`major` or `minor`."""
        return "minor" if self.minor else "major"


def find_key(piece: Piece) -> Key:
    """Return the key of a piece; C major for one without notes."""
    longest = piece.grid.bar_steps
    sounding = np.bincount(piece.pitches % 12, weights=np.minimum(piece.lengths, longest), minlength=12)
    if not sounding.any():
        return Key(0, minor=False)
    nearest = int(np.linalg.norm(PROFILES - sounding / sounding.sum(), axis=1).argmin())
    minor, tonic = divmod(nearest, 12)
    relative_major = (tonic + MINOR_IN_FIFTHS * minor) % 12
    return Key((7 * relative_major + 5) % 12 - 5, bool(minor))
