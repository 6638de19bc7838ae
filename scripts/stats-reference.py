#!/usr/bin/env python3
"""Writes tests/stats/reference.json: what SciPy makes of given samples, for src/stats to be held against.

    python3 -m venv venv && venv/bin/pip install scipy==1.15.3
    venv/bin/python scripts/stats-reference.py > tests/stats/reference.json

SciPy has exact p-values of the signed-rank and the rank-sum test, but no bounds. A bound is where the p-value of the
shifted sample crosses the level, found by bisection: another way than the ordered Walsh averages of src/stats.
"""
import json

import numpy as np
import scipy
from scipy import stats

ALPHA = 0.01


def crossing(rejects, low, high):
    """The point below which `rejects` is true and above which it is false."""
    for _ in range(200):
        middle = (low + high) / 2
        if rejects(middle):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def signed_rank(d):
    def p(theta, side):
        return stats.wilcoxon(d - theta, alternative=side, method="exact").pvalue

    walsh = [(d[i] + d[j]) / 2 for i in range(len(d)) for j in range(i, len(d))]
    low, high = min(d) - 1, max(d) + 1
    return {
        "differences": d.tolist(),
        "estimate": float(np.median(walsh)),
        "lower": crossing(lambda t: p(t, "greater") <= ALPHA, low, high),
        "upper": crossing(lambda t: p(t, "less") > ALPHA, low, high),
        "pGreater": float(p(0, "greater")),
    }


def rank_sum(a, b):
    def p(theta, side):
        return stats.mannwhitneyu(b - theta, a, alternative=side, method="exact").pvalue

    low, high = min(b) - max(a) - 1, max(b) - min(a) + 1
    return {
        "a": a.tolist(),
        "b": b.tolist(),
        "estimate": float(np.median(np.subtract.outer(b, a))),
        "lower": crossing(lambda t: p(t, "greater") <= ALPHA, low, high),
        "upper": crossing(lambda t: p(t, "less") > ALPHA, low, high),
    }


def lag_one(x):
    c = x - x.mean()
    return {"values": x.tolist(), "r1": float(np.correlate(c, c, "full")[len(x)] / (c @ c))}


def reach(n, share=0.95, draws=100_000):
    """How far the lower bound of n normal differences lies below 0 in at most this share of all samples."""
    # P(T+ = t) of the signed-rank statistic: each rank counts or does not, with even chances.
    chances = np.array([1.0])
    for rank in range(1, n + 1):
        chances = np.convolve(chances, [0.5] + [0.0] * (rank - 1) + [0.5])
    # The bound is the smallest Walsh average that so many lie below as the test at this level allows.
    allowed = int(np.searchsorted(np.cumsum(chances), ALPHA, side="right"))
    rng = np.random.default_rng(7)
    first, second = np.triu_indices(n)
    lower = []
    for _ in range(10):
        sample = rng.normal(0, 1, (draws // 10, n))
        walsh = (sample[:, first] + sample[:, second]) / 2
        lower.append(np.partition(walsh, allowed - 1, axis=1)[:, allowed - 1])
    return float(-np.quantile(np.concatenate(lower), 1 - share))


def pairs(sd, distance, power):
    """Pairs that a t test would need by its normal approximation, and pi / 3 as many for the signed-rank test."""
    z = stats.norm.ppf(1 - ALPHA) + stats.norm.ppf(power)
    return int(np.ceil((z * sd / distance) ** 2 * np.pi / 3))


def main():
    rng = np.random.default_rng(20261121)
    samples = []
    for n in (7, 8, 10, 12, 15, 22):
        for centre, sd in ((0, 0.07), (-0.22, 0.07), (0.05, 0.17)):
            samples.append(signed_rank(np.round(rng.normal(centre, sd, n), 12)))
    two = []
    for m, n in ((3, 7), (5, 5), (7, 7), (5, 10), (15, 15)):
        two.append(rank_sum(np.round(rng.normal(9, 0.1, m), 12), np.round(rng.normal(8.9, 0.1, n), 12)))
    print(
        json.dumps(
            {
                "madeWith": f"scripts/stats-reference.py, SciPy {scipy.__version__}, NumPy {np.__version__}",
                "alpha": ALPHA,
                "signedRank": samples,
                "rankSum": two,
                "lagOne": [lag_one(rng.normal(0, 1, n)) for n in (7, 15)],
                "reach": [{"pairs": n, "reach": reach(n)} for n in (7, 10, 15, 22, 30)],
                "pairs": [
                    {"sd": sd, "distance": d, "toDecide": pairs(sd, d, 0.8), "forMargin": pairs(sd, d, 0.95)}
                    for sd, d in ((0.08, 0.07), (0.1, 0.1), (0.12, 0.08), (0.2, 0.1), (0.3, 0.11))
                ],
            },
            indent=1,
        )
    )


main()
