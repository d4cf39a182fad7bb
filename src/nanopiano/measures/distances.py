"""How alike two sets are by one figure: distances between their members, and what two distributions share.

Yang and Lerch 2020, "On the evaluation of generative models in music", Neural Computing and Applications 32: the
distances between all pairs within a set, and between the members of two sets, become two densities; the larger the area
under both (1: the same) and the smaller the Kullback-Leibler divergence (0), the more alike are the sets.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BINS = 512
MARGIN = 4  # bandwidths beyond the least and the largest distance
LEAST_DENSITY = 1e-12  # as a share of a bin: keeps the divergence finite


def distances_between(first: Floats, second: Floats) -> Floats:
    """Return the Euclidean distances between the figures [n, d] and [m, d] of two sets, float64 [n, m]."""
    return np.stack([np.sqrt(((second - row) ** 2).sum(axis=-1)) for row in first])


def distances_within(figures: Floats) -> Floats:
    """Return the distances between all pairs of a set's figures [n, d], float64 [n * (n - 1) / 2]."""
    return distances_between(figures, figures)[np.triu_indices(len(figures), 1)]


def densities(*samples: Floats) -> list[Floats]:
    """Return the density of each sample of distances over the same bins, [BINS] each, summing to 1.

    A Gaussian kernel of one width for all, the largest by Scott's rule (1992), so that sets of unlike size are
    blurred alike.
    """
    top = max(float(sample.max()) for sample in samples)
    width = max(*(_scott(sample) for sample in samples), top / BINS, LEAST_DENSITY)
    edges = np.linspace(-MARGIN * width, top + MARGIN * width, BINS + 1)
    away = np.arange(1 - BINS, BINS) * (edges[1] - edges[0])
    kernel = np.exp(-0.5 * (away / width) ** 2)
    result = []
    for sample in samples:
        counts = np.histogram(sample, edges)[0]
        density = np.convolve(counts, kernel)[BINS - 1 : 2 * BINS - 1]
        result.append(density / density.sum())
    return result


def overlapped_area(first: Floats, second: Floats) -> float:
    """Return the area under both densities, 0 to 1."""
    return float(np.minimum(first, second).sum())


def kl_divergence(first: Floats, second: Floats) -> float:
    """Return the Kullback-Leibler divergence of the second density from the first, in nats."""
    first, second = np.maximum(first, LEAST_DENSITY), np.maximum(second, LEAST_DENSITY)
    return float((first * np.log(first / second)).sum())


def _scott(sample: Floats) -> float:
    return float(sample.std() * len(sample) ** -0.2)
