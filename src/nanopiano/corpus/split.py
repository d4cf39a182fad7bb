"""Which work a piece belongs to, and which split that work goes to: by the work, so that no version of it leaks."""

import hashlib
import math
import re
from collections.abc import Collection, Mapping

TRAIN, VAL = "train", "val"
SPLITS = (TRAIN, VAL)
VAL_ONE_IN = 20  # one work in so many is kept for validation
# Of these the first that holds out enough of a small collection.
SMALL_ONE_IN: tuple[int, ...] = (32, 16, 8, 4, 2, *range(3, 1000, 2))

# What a file name adds to tell versions of one work apart: `(2)`, `[b]`, `v2`, `version 2`, `take 3`, `copy`, `final`,
# or `.1` (but not the number in `No.1` or `Op.10`, which names another work).
_VERSION_MARK = re.compile(
    r"""[\s_-]*(?:
        \(\w{1,3}\) | \[\w{1,3}\]
      | (?<![^\W_]) (?:v|ver\.?|version|take|alt|copy|final|edit) [\s_.-]* \d*
      | (?<!\bno)(?<!\bnr)(?<!\bop) \.\d{1,2}
    )$""",
    re.VERBOSE,
)
_FOLDERS_OF_VERSIONS = ("version", "versions")


def split_of(key: str, val_one_in: int = VAL_ONE_IN) -> str:
    """Return "train" or "val"; depends on the key alone, never on what else is in the corpus."""
    digest = hashlib.sha256(key.encode("utf-8", "replace")).digest()
    return VAL if int.from_bytes(digest[:8], "big") % val_one_in == 0 else TRAIN


def one_in_for(keys: Collection[str]) -> int:
    """Return the `val_one_in` that holds out a few of a small collection of works, one at least, a twentieth of many.

    Powers of two come first, since their splits lie within one another: as a collection grows, works hardly change
    sides. Other numbers serve where chance has put all works on one side.
    """
    wanted = max(min(2, len(keys) // 8), math.ceil(len(keys) / 20), 1)
    for one_in in SMALL_ONE_IN:
        if wanted <= sum(split_of(key, one_in) == VAL for key in keys) <= len(keys) / 2:
            return one_in
    return VAL_ONE_IN


def key_of_record(record: Mapping[str, object], name: str) -> str:
    """Return the key of a line of JSON: its own `key` or `song_group`, else source, composer, start of the title.

    Only three words of the title count, so that the movements of a work stay together. A record without a title goes by
    its path, and one without that by `name`, the name of its line.
    """
    if record.get("key") not in (None, ""):
        return str(record["key"])
    if record.get("song_group") not in (None, ""):
        return f"song_group {record['song_group']}"
    work = str(record.get("title") or record.get("path_in_source") or name).lower().split()[:3]
    return " | ".join([str(record.get("source") or ""), str(record.get("composer") or ""), " ".join(work)])


def key_of_path(path: str) -> str:
    """Return the key of a MIDI file from its path below the folder that was named, with `/` between folders.

    Lower case, without suffix, white space and `_` as one space, marks of a version taken off each part of the path and
    folders named `versions` left out: `Bach/Invention_1 (2).mid` and `bach/invention 1 v3.MID` are one work.
    """
    *folders, file = path.lower().split("/")
    parts = [part for part in folders if part not in _FOLDERS_OF_VERSIONS] + [file.rpartition(".")[0] or file]
    return "/".join(_without_marks(part) for part in parts)


def _without_marks(part: str) -> str:
    # A name that is nothing but a mark keeps it.
    while (shorter := _VERSION_MARK.sub("", part)) not in ("", part):
        part = shorter
    return " ".join(part.replace("_", " ").split())
