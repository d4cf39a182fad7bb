"""The report of a build as a page to read."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from nanopiano.corpus.report import Report

BAR = 40  # letters of the longest bar of a histogram
TOP = 20  # lines at most in a table of sources, licences or kinds
NAMED = 5  # refusals of each reason that the page names; the JSON has more


def report_page(report: Report) -> str:
    """Return a report as Markdown."""
    return "\n".join(
        [
            "# Corpus report",
            "",
            f"{report.read:,} pieces read, {report.kept:,} kept, {report.read - report.kept:,} refused.",
            f"Works that stand in both splits: {report.works_in_both}.",
            f"Rules: {', '.join(f'{name} {value:g}' for name, value in report.rules.items())}.",
            "",
            *_splits(report),
            *_refused(report),
            *_mended(report),
            *(line for group, counts in report.groups.items() for line in _group(group, counts)),
            *_histograms(report),
        ]
    )


def _splits(report: Report) -> Iterable[str]:
    beat = report.rules["steps_per_beat"]
    rows = [
        (name, n["pieces"], n["works"], n["words"], n["notes"], round(n["steps"] / beat))
        for name, n in report.splits.items()
    ]
    return _table("Kept", ("split", "pieces", "works", "words", "notes", "beats"), rows)


def _refused(report: Report) -> Iterable[str]:
    yield from _table("Refused", ("reason", "pieces"), report.refused.items())
    for reason, examples in report.examples.items():
        if examples:
            yield f"For instance, {reason}:\n"
            yield from (f"- `{found['name']}`: {found['detail']}" for found in examples[:NAMED])
            yield ""
    yield "All of them, one a line, are in `refused.jsonl`.\n"


def _mended(report: Report) -> Iterable[str]:
    rows = [(what.replace("_", " "), count) for what, count in report.mended.items()]
    return _table("Mended", ("what", "times"), rows) if rows else []


def _group(group: str, counts: Mapping[str, int]) -> Iterable[str]:
    rest = sum(list(counts.values())[TOP:])
    rows = list(counts.items())[:TOP] + ([(f"{len(counts) - TOP} others", rest)] if rest else [])
    return _table(f"By {group}", (group, "pieces kept"), rows)


def _histograms(report: Report) -> Iterable[str]:
    pitches, lengths, sizes = report.histograms.values()
    yield from _chart("Notes by octave", _grouped(pitches, lambda pitch: f"C{pitch // 12 - 1}..B{pitch // 12 - 1}"))
    yield from _chart("Notes by length in steps", _grouped(lengths, _length_class))
    yield from _chart("Pieces by number of notes", sizes)


def _grouped(counts: Mapping[str, int], group_of: Callable[[int], str]) -> dict[str, int]:
    grouped: Counter[str] = Counter()
    for number, count in counts.items():
        grouped[group_of(int(number))] += count
    return grouped


def _length_class(steps: int) -> str:
    """Return the length itself where lengths are common, a range that doubles above."""
    low = 1 << ((steps - 1).bit_length() - 1) if steps > 16 else 0
    return f"{low + 1}..{2 * low}" if low else str(steps)


def _table(title: str, head: tuple[str, ...], rows: Iterable[tuple[str | int, ...]]) -> Iterable[str]:
    yield f"## {title}\n"
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        cells = (f"{cell:,}" if isinstance(cell, int) else cell.replace("|", "\\|") for cell in row)
        yield f"| {' | '.join(cells)} |"
    yield ""


def _chart(title: str, counts: Mapping[str, int]) -> Iterable[str]:
    most = max(counts.values(), default=0) or 1
    wide = max(map(len, counts), default=0)
    yield f"## {title}\n\n```"
    yield from (f"{name:>{wide}} {'█' * round(BAR * n / most):<{BAR}} {n:,}" for name, n in counts.items())
    yield "```\n"
