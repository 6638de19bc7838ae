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
                "normalQuantiles": {"0.99": float(stats.norm.ppf(0.99)), "0.8": float(stats.norm.ppf(0.8))},
            },
            indent=1,
        )
    )


main()
