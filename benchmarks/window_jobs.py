"""What the window does beside drawing: how soon the first notes come, how fast the rest, and what takes cost.

    python benchmarks/window_jobs.py [--words 3000] [--rounds 5] [--takes 500]

"Direct" is `Composer` in this process, with one thread as the composing process has it; both take turns.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

from nanopiano.gui.beside.jobs import Jobs
from nanopiano.gui.state.events import Event, Finished, Grown, NoModel, Ready, Request
from nanopiano.gui.state.takes import Take, TakeStore
from nanopiano.model.composer import Composer
from nanopiano.model.defaults import DEFAULT_SAMPLING
from nanopiano.model.ending import Length
from nanopiano.music.piece import Piece
from nanopiano.songbook import songs

FRAME = 1 / 60  # seconds between two looks of the window at its jobs
OFTEN = 0.0005  # the same where the time is measured


class Watch:
    """Polls as the window does; knows how long each poll took and how many Grown came."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs, self.n_grown = jobs, 0
        self.polls = [0.0]  # milliseconds

    def wait(self, wanted: type[Event], every: float = OFTEN) -> Event:
        while True:
            begun = time.perf_counter()
            events = self.jobs.poll()
            self.polls.append(1000 * (time.perf_counter() - begun))
            self.n_grown += sum(isinstance(event, Grown) for event in events)
            for event in events:
                if isinstance(event, NoModel):
                    raise SystemExit(event.message)
                if isinstance(event, wanted):
                    return event
            time.sleep(every)


def milliseconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begun)


def report(name: str, times: list[float]) -> None:
    print(f"{name}: median {median(times):.1f} ms, worst {max(times):.1f} ms")


def request(seed: int, words: int = 600) -> Request:
    return Request(seed, seed, DEFAULT_SAMPLING, Length(words=words), 120.0)


def cold_starts(rounds: int) -> None:
    """How long until the first notes where nothing runs yet, as in a window where Generate is pressed at once."""
    made, loaded, first = [], [], []
    for seed in range(rounds):
        begun = time.perf_counter()
        jobs = Jobs()
        made.append(1000 * (time.perf_counter() - begun))
        watch = Watch(jobs)
        jobs.start(request(seed))
        watch.wait(Ready)
        loaded.append(1000 * (time.perf_counter() - begun))
        watch.wait(Grown)
        first.append(1000 * (time.perf_counter() - begun))
        jobs.close()
    report("Jobs() returns after", made)
    report("... Jobs() to Ready", loaded)
    report("... Jobs() and start() at once, to the first Grown", first)


def warm_starts(rounds: int) -> None:
    """How long a loaded process takes to answer."""
    jobs, song = Jobs(), max((song.piece() for song in songs()), key=len)
    watch = Watch(jobs)
    watch.wait(Ready)
    asked = {
        "start() to the first Grown, a new piece": request(1),
        f"... going on from a song of {len(song):,} notes": replace(request(1), prompt=song),
        "... four bars of it anew": replace(request(1), prompt=song, bars=(21, 24)),
    }
    cancels = []
    for name, what in asked.items():
        times = []
        for seed in range(rounds):
            begun = time.perf_counter()
            jobs.start(replace(what, seed=seed))
            watch.wait(Grown)
            noted = time.perf_counter()
            jobs.cancel()
            watch.wait(Finished)
            times.append(1000 * (noted - begun))
            cancels.append(1000 * (time.perf_counter() - noted))
        report(name, times)
    report("cancel() to its Finished", cancels)
    report("close()", [milliseconds(jobs.close)])


def words_a_second(n_words: int, rounds: int) -> None:
    """How much of the speed is left beside a window that polls sixty times a second."""
    jobs, composer = Jobs(), Composer(threads=1)
    watch = Watch(jobs)
    watch.wait(Ready)
    through, direct = [], []
    seconds = 0.0
    for seed in range(rounds):
        jobs.start(request(seed, n_words))
        begun = time.perf_counter()
        end = watch.wait(Finished, FRAME)
        seconds += time.perf_counter() - begun
        assert isinstance(end, Finished)
        through.append(end.words_per_second)
        composition = composer.compose(length=Length(words=n_words), sampling=DEFAULT_SAMPLING, seed=seed)
        begun = time.perf_counter()
        composition.finish()
        direct.append(composition.n_words / (time.perf_counter() - begun))
    jobs.close()
    print(f"words a second over {n_words:,}: through jobs {median(through):,.0f}, direct {median(direct):,.0f}")
    print(f"Grown: {watch.n_grown / seconds:.1f} a second")
    report("poll()", watch.polls)


def takes(n_takes: int) -> None:
    """What it costs to keep a take of the usual length, and to load many."""
    piece = Composer(threads=1).compose(seed=1).finish()
    with tempfile.TemporaryDirectory() as folder:
        store = TakeStore(Path(folder))
        saved = [milliseconds(lambda: store.save(take)) for take in many(piece, n_takes)]  # noqa: B023  called at once
        size = sum(path.stat().st_size for path in Path(folder).iterdir()) / n_takes
        loaded = [milliseconds(store.load) for _ in range(5)]
    report(f"saving a take of {len(piece)} notes ({size / 1000:.1f} kB)", saved)
    report(f"loading {n_takes} of them", loaded)


def many(piece: Piece, number: int) -> list[Take]:
    return [
        Take(f"20261122T120000-{place:05}", f"Take {place}", piece, 0, None, 1, "new", "", {}, "2026-11-22T12:00:00")
        for place in range(number)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--takes", type=int, default=500)
    args = parser.parse_args()
    cold_starts(args.rounds)
    warm_starts(args.rounds)
    words_a_second(args.words, args.rounds)
    takes(args.takes)


if __name__ == "__main__":
    main()
