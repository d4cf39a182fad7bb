"""Public corpora for the piano: where they lie, how large they are, and what their licences allow.

Addresses, sizes and licences are those that the publishers state. A checksum stands here only where one is published.
The reading of the licences is ours and no legal advice.
"""

from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any

from nanopiano.errors import InputError

MB, GB = 10**6, 10**9


@dataclass(frozen=True)
class Terms:
    """A licence, and what it allows in plain words."""

    licence: str
    commercial: str  # may one earn money with it?
    training: str  # may one train a model on it?
    sharing: str  # may one give the model to others?


CC0 = Terms("CC0 (public domain)", "yes", "yes", "yes")
CC_BY = Terms("CC BY 4.0", "yes, naming the source", "yes", "yes, naming the source")
BY_PIECE = Terms(
    "by piece: public domain, CC BY, CC BY-SA",
    "yes, naming the source; what is derived from CC BY-SA stays CC BY-SA",
    "yes",
    "yes, naming the sources",
)
CC_BY_NC = Terms("CC BY-NC 3.0", "no", "yes, not for profit", "not for profit, naming the source")
CC_BY_NC_SA = Terms(
    "CC BY-NC-SA 4.0", "no", "yes, not for profit", "not for profit, naming the source, under the same licence"
)
# The collection is free; nobody has asked the owners of the songs in it.
SONGS_OF_OTHERS = Terms(
    "CC BY 4.0, not the songs", "no, the songs belong to others", "for research", "at your own risk, saying so"
)
RECORDINGS_OF_OTHERS = Terms(
    "CC BY 4.0, not the recordings",
    "doubtful, ask the makers",
    "yes",
    "naming the source, with the same doubt",
)
UPLOADED = Terms("public domain or CC0, say uploaders", "yes, where they do not contradict themselves", "yes", "yes")


@dataclass(frozen=True)
class Published:
    """One corpus that is published somewhere."""

    name: str  # what one types
    title: str
    holds: str  # how much of what
    form: str  # kind of file
    page: str  # where it is described
    terms: Terms
    address: str | None = None  # of an archive; None where one has to agree to something on the page first
    size_bytes: int | None = None  # size of the archive, about; None if not stated
    digest: str | None = None  # published by the makers, as `sha256:...` or `md5:...`
    remark: str = ""

    @property
    def size(self) -> str:
        """Return the size of the archive for people."""
        if self.size_bytes is None:
            return "not stated"
        return f"{self.size_bytes / GB:.1f} GB" if self.size_bytes >= GB else f"{self.size_bytes / MB:.0f} MB"

    @property
    def readable(self) -> bool:
        """Return whether `corpus build` reads its files as they are."""
        return any(form in self.form for form in ("MIDI", "MusicXML", "Humdrum"))

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return asdict(self)


def _repository(owner_and_name: str) -> str:
    """Return the address of the newest state of a repository on GitHub as a zip archive."""
    return f"https://github.com/{owner_and_name}/archive/HEAD.zip"


PLAYED = "played freely, not to a click: most of it is refused as off the grid"

_ALL = (
    Published(
        "maestro", "MAESTRO v3.0.0", "1,276 performances of classical music at a competition, 199 hours", "MIDI",
        "https://magenta.tensorflow.org/datasets/maestro", CC_BY_NC_SA,
        "https://storage.googleapis.com/magentadata/datasets/maestro/v3.0.0/maestro-v3.0.0-midi.zip", 58_416_533,
        "sha256:70470ee253295c8d2c71e6d9d4a815189e35c89624b76d22fce5a019d5dde12c", PLAYED,
    ),
    Published(
        "pop909", "POP909", "909 arrangements of Chinese pop songs, several versions of each", "MIDI",
        "https://github.com/music-x-lab/POP909-Dataset",
        Terms("MIT, not the songs", SONGS_OF_OTHERS.commercial, SONGS_OF_OTHERS.training, SONGS_OF_OTHERS.sharing),
        _repository("music-x-lab/POP909-Dataset"), 46 * MB,
    ),
    Published(
        "lieder", "OpenScore Lieder", "about 1,400 songs for voice and piano, 19th century", "MusicXML, MuseScore",
        "https://github.com/OpenScore/Lieder", CC0, _repository("OpenScore/Lieder"),
    ),
    Published(
        "mutopia", "Mutopia Project", "about 2,100 classical pieces, many for piano", "LilyPond",
        "https://www.mutopiaproject.org", BY_PIECE, _repository("MutopiaProject/MutopiaProject"),
        remark="LilyPond makes MIDI of these sources; the MIDI files themselves are offered one by one on the page",
    ),
    Published(
        "nifc-chopin", "Chopin, first editions (NIFC)", "the works of Chopin in several first editions", "Humdrum",
        "https://github.com/pl-wnifc/humdrum-chopin-first-editions", CC_BY,
        _repository("pl-wnifc/humdrum-chopin-first-editions"),
        remark="editions of one work are versions of it: keep them in one split by a key",
    ),
    Published(
        "nifc-polish", "Polish scores (NIFC)", "about 7,000 scores of Polish archives, for all instruments", "Humdrum",
        "https://github.com/pl-wnifc/humdrum-polish-scores", CC_BY, _repository("pl-wnifc/humdrum-polish-scores"),
    ),
    Published(
        "adl", "ADL Piano MIDI", "11,086 pieces: piano parts of Lakh MIDI, and finds of the net", "MIDI",
        "https://github.com/lucasnfe/adl-piano-midi", SONGS_OF_OTHERS,
        "https://github.com/lucasnfe/adl-piano-midi/raw/master/midi/adl-piano-midi.zip",
    ),
    Published(
        "lakh-clean", "Lakh MIDI, clean subset", "about 17,000 songs with artist and title, all instruments", "MIDI",
        "https://colinraffel.com/projects/lmd", SONGS_OF_OTHERS,
        "http://hog.ee.columbia.edu/craffel/lmd/clean_midi.tar.gz", 234 * MB,
    ),
    Published(
        "lakh-matched", "Lakh MIDI, matched", "45,129 songs known to the Million Song Dataset, all instruments", "MIDI",
        "https://colinraffel.com/projects/lmd", SONGS_OF_OTHERS,
        "http://hog.ee.columbia.edu/craffel/lmd/lmd_matched.tar.gz", 1_410 * MB,
    ),
    Published(
        "asap", "ASAP (aligned scores and performances)", "236 scores and 1,068 performances of them, classical",
        "MIDI, MusicXML", "https://github.com/CPJKU/asap-dataset", CC_BY_NC_SA, _repository("CPJKU/asap-dataset"),
        remark="the files midi_score.mid stand on the grid; the performances are played freely",
    ),
    Published(
        "aria", "Aria-MIDI v1, deduplicated", "371,053 transcriptions of recordings of all styles", "MIDI",
        "https://huggingface.co/datasets/loubb/aria-midi", CC_BY_NC_SA,
        "https://huggingface.co/datasets/loubb/aria-midi/resolve/main/aria-midi-v1-deduped-ext.tar.gz", 2_010 * MB,
        remark=PLAYED,
    ),
    Published(
        "pdmx", "PDMX", "about 250,000 scores shared on MuseScore as public domain, for all instruments", "MIDI",
        "https://zenodo.org/records/15571083", UPLOADED,
        "https://zenodo.org/api/records/15571083/files/mid.tar.gz/content", 214_395_208,
        "md5:d920a21b2fcd99a56d9c381b39debbb2",
        "12% of the pieces contradict themselves about their licence: PDMX.csv on the page tells which",
    ),
    Published(
        "giantmidi", "GiantMIDI-Piano", "10,855 transcriptions of recordings by 2,786 composers", "MIDI",
        "https://github.com/bytedance/GiantMIDI-Piano/blob/master/disclaimer.md", RECORDINGS_OF_OTHERS,
        size_bytes=193 * MB, remark=PLAYED,
    ),
    Published(
        "atepp", "ATEPP", "11,677 transcriptions of recordings by 49 pianists, 1,000 hours", "MIDI, MusicXML",
        "https://github.com/tangjjbetsy/ATEPP/blob/master/disclaimer.md", RECORDINGS_OF_OTHERS,
        size_bytes=212 * MB, remark=PLAYED,
    ),
    Published(
        "pijama", "PiJAMA", "2,777 transcriptions of solo jazz by 120 pianists, 223 hours", "MIDI",
        "https://github.com/almostimplemented/PiJAMA", CC_BY_NC, remark=PLAYED,
    ),
)  # fmt: skip

CATALOGUE = {published.name: published for published in _ALL}


def find_published(name: str) -> Published:
    """Return the corpus of that name. Raises InputError if there is none, or if its makers want to be asked first."""
    if name not in CATALOGUE:
        near = get_close_matches(name.lower(), CATALOGUE, n=1)
        hint = f": did you mean {near[0]!r}?" if near else ""
        raise InputError(f"no corpus {name!r} is known{hint} (nanopiano corpus get lists them)")
    published = CATALOGUE[name]
    if published.address is None:
        raise InputError(
            f"{published.title} can only be downloaded by hand: agree to its terms on {published.page}, unpack it, "
            "and give the folder to nanopiano corpus build"
        )
    return published
