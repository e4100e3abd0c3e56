"""Writes tests/oracles/drift.json: what scipy (and numpy) compute for samples that tests/drift.rs computes too.

    python -m venv v && v/bin/pip install numpy==2.4.6 scipy==1.17.1 mpmath
    v/bin/python tests/oracles/drift.py > tests/oracles/drift.json
"""

import json
import math
from fractions import Fraction

import numpy as np
from scipy import stats
from scipy.spatial.distance import jensenshannon


def draws(seed, n, kind):
    """Samples by a rule that any language can follow: a 64-bit congruential generator."""
    state = seed
    values = []
    for _ in range(n):
        state = (6364136223846793005 * state + 1442695040888963407) % 2**64
        u = (state >> 11) / 2**53
        if kind == "uniform":
            values.append(u)
        elif kind == "shifted":
            values.append(u * 1.1 + 0.07)
        elif kind == "ties":
            values.append(float(math.floor(u * 15)))
        elif kind == "few":
            values.append(float(math.floor(u * 4)))
        elif kind == "few_other":
            values.append(float(math.floor(u * u * 6)))
        elif kind == "tail":
            values.append(1 / (1 - u) ** 2)
        elif kind == "offset":
            values.append(1e9 + u)
        elif kind == "constant":
            values.append(3.5)
        elif kind == "tenths":
            values.append(math.floor(u * 12) / 10)
        elif kind == "pareto":
            values.append((1 - u) ** (-1 / 1.5))
        elif kind == "lognormal":
            # Box and Muller's, of this number and the next
            state = (6364136223846793005 * state + 1442695040888963407) % 2**64
            v = (state >> 11) / 2**53
            values.append(math.exp(2 * math.sqrt(-2 * math.log(1 - u)) * math.cos(2 * math.pi * v)))
    return values


def bins(reference, current):
    distinct = np.unique(reference)
    if len(distinct) <= 10:
        count = lambda x: [int((x == v).sum()) for v in distinct] + [int((~np.isin(x, distinct)).sum())]
    else:
        edges = np.unique(np.quantile(reference, np.arange(1, 10) / 10))
        full = np.concatenate([[-np.inf], edges, [np.inf]])
        count = lambda x: [int(((x > lo) & (x <= hi)).sum()) for lo, hi in zip(full[:-1], full[1:])]
    return count(np.asarray(reference)), count(np.asarray(current))


def psi(r, c):
    r = np.maximum(np.array(r) / sum(r), 1e-4)
    c = np.maximum(np.array(c) / sum(c), 1e-4)
    return float(((c - r) * np.log(c / r)).sum())


def exact_p(n1, n2, d):
    """Counts paths with whole numbers."""
    h = round(d * n1 * n2)
    ways = [[0] * (n2 + 1) for _ in range(n1 + 1)]
    for i in range(n1 + 1):
        for j in range(n2 + 1):
            if abs(i * n2 - j * n1) >= h:
                continue
            ways[i][j] = 1 if i == j == 0 else (ways[i - 1][j] if i else 0) + (ways[i][j - 1] if j else 0)
    return float(1 - Fraction(ways[n1][n2], math.comb(n1 + n2, n1)))


numbers = []
for (seed, n1, a), (seed2, n2, b) in [
    ((1, 7, "uniform"), (2, 9, "shifted")),
    ((1, 50, "uniform"), (2, 60, "uniform")),
    ((3, 100, "uniform"), (4, 100, "shifted")),
    ((5, 99, "ties"), (6, 101, "ties")),
    ((5, 40, "few"), (6, 55, "few_other")),
    ((7, 1000, "uniform"), (8, 1500, "uniform")),
    ((7, 1000, "uniform"), (8, 1500, "shifted")),
    ((9, 5000, "ties"), (10, 4000, "ties")),
    ((11, 300, "tail"), (12, 7000, "tail")),
    ((13, 2000, "offset"), (14, 3000, "offset")),
    ((15, 500, "constant"), (16, 600, "constant")),
    ((15, 500, "constant"), (16, 600, "ties")),
    ((17, 300, "few"), (18, 30000, "few_other")),
    ((19, 40000, "uniform"), (20, 50000, "uniform")),
    ((19, 40000, "uniform"), (20, 50000, "shifted")),
    ((21, 200000, "uniform"), (22, 200000, "uniform")),
]:
    x, y = draws(seed, n1, a), draws(seed2, n2, b)
    exact = n1 * n2 <= 10_000
    d = stats.ks_2samp(x, y, method="asymp").statistic
    p = exact_p(n1, n2, d) if exact else stats.ks_2samp(x, y, method="asymp").pvalue
    r, c = bins(x, y)
    numbers.append(
        {
            "reference": [seed, n1, a],
            "current": [seed2, n2, b],
            "ks": float(d),
            "p": float(p),
            "wasserstein": float(stats.wasserstein_distance(x, y)),
            "counts": [r, c],
            "psi": psi(r, c),
            "jensen_shannon": float(jensenshannon(r, c, base=2)),
        }
    )

tails = []
for n in [1, 2, 3, 10, 50, 139, 140, 141, 200, 1000, 5000, 20000, 99999, 100000, 500000]:
    for z2 in [0.05, 0.15, 0.3, 0.6, 0.754, 0.8, 1.5, 2.1, 2.3, 3.9, 4.1, 8, 17, 19, 60, 300]:
        x = math.sqrt(z2 / n)
        if x < 1:
            tails.append([n, x, float(stats.kstwo.sf(x, n))])
    for x in [0.3, 0.5, 0.7, 0.95]:
        tails.append([n, x, float(stats.kstwo.sf(x, n))])

levels = []
for r, c in [
    ([30, 40, 30], [20, 50, 30]),
    ([5, 0, 95], [5, 10, 85]),
    ([10, 20, 0, 4], [0, 30, 7, 4]),
    ([1000, 2000, 3000, 1], [1100, 1900, 3000, 3]),
    ([60], [50]),
    ([7, 3], [0, 9]),
    ([400000, 600000], [401000, 599000]),
]:
    kept = [(p, q) for p, q in zip(r, c) if p + q]
    test = stats.chi2_contingency(np.array(kept).T, correction=False)
    levels.append(
        {
            "reference": r,
            "current": c,
            "statistic": float(test.statistic),
            "p": float(test.pvalue),
            "dof": int(test.dof),
            "cramers_v": float(stats.contingency.association(np.array(kept).T, "cramer")) if len(kept) > 1 else 0.0,
            "psi": psi(r, c),
            "jensen_shannon": float(jensenshannon(r, c, base=2)),
        }
    )

chi = [[x, k, float(stats.chi2.sf(x, k))] for k in [1, 2, 3, 7, 30, 99, 1000, 20000] for x in
       [0.001 * k, 0.5 * k, 0.9 * k, k, 1.1 * k, 1.5 * k, 3 * k]]

def nannyml(reference, current):
    """NannyML's default: Jensen-Shannon over Doane's bins; mean + 3 standard deviations of ten chunks."""
    reference, current = np.array(reference), np.array(current)
    edges = np.histogram_bin_edges(reference, bins="doane")
    whole = np.histogram(reference, edges)[0]

    def distance(x):
        inside = np.histogram(x, edges)[0]
        return float(jensenshannon(np.append(whole, 0), np.append(inside, len(x) - inside.sum()), base=2))

    chunks = [distance(chunk) for chunk in np.array_split(reference, 10)]
    return {"distance": distance(current), "threshold": float(np.mean(chunks) + 3 * np.std(chunks)), "bins": len(whole)}


monitored = [
    {"reference": list(a), "current": list(b), **nannyml(draws(*a), draws(*b))}
    for a, b in [
        ((1, 500, "uniform"), (2, 700, "shifted")),
        ((3, 2000, "tail"), (4, 1000, "tail")),
        ((5, 1230, "uniform"), (6, 50, "uniform")),
        ((5, 500, "tenths"), (6, 700, "tenths")),
        ((5, 4000, "tenths"), (6, 700, "tenths")),
        ((15, 500, "constant"), (16, 600, "tenths")),
    ]
]

def pooled(reference, current):
    """Levels by how often they occur, the rarest first, put into groups that are expected five times on both sides."""
    n1, n2 = sum(reference), sum(current)
    expected = lambda group: (group[0] + group[1]) * min(n1, n2) / (n1 + n2)
    levels = sorted(((r, c) for r, c in zip(reference, current) if r + c), key=sum)
    groups, group = [], (0, 0)
    for r, c in levels:
        group = (group[0] + r, group[1] + c)
        if expected(group) >= 5:
            groups.append(group)
            group = (0, 0)
    if sum(group):
        last = groups.pop() if groups else (0, 0)
        groups.append((last[0] + group[0], last[1] + group[1]))
    if len(groups) == 1 and len(levels) > 1:
        return {"groups": None}
    test = stats.chi2_contingency(np.array(groups).T, correction=False)
    return {"groups": len(groups), "statistic": float(test.statistic), "p": float(test.pvalue)}


# no two levels that occur equally often differ, so that their order says nothing
rare = [
    {"reference": r, "current": c, **pooled(r, c)}
    for r, c in [
        ([100] * 10, [0] * 9 + [30]),
        ([100] * 10, [3] * 10),
        ([1, 2, 4, 9, 30, 60], [2, 4, 0, 11, 31, 50]),
        ([500, 300, 2, 0], [480, 310, 0, 9]),
        ([0, 40, 60, 3], [1, 50, 45, 8]),
        ([300, 1], [299, 0]),
        ([9], [4]),
        ([30, 40, 30], [20, 50, 31]),
    ]
]


def no_drift(values, n_current, pairs, rng):
    """Wasserstein's distance of pairs of resamples of the values, each drawn singly; mean and 95 % point."""
    values = np.sort(np.array(values))
    n = len(values)
    steps = np.diff(values)
    found = []
    for _ in range(pairs):
        a = np.cumsum(np.bincount(rng.integers(0, n, n), minlength=n)) / n
        b = np.cumsum(np.bincount(rng.integers(0, n, n_current), minlength=n)) / n_current
        found.append(float((np.abs(a - b)[:-1] * steps).sum()))
    return {"mean": float(np.mean(found)), "p95": float(np.quantile(found, 0.95))}


rng = np.random.default_rng(20)
heavy = [
    {"reference": list(a), "n_current": n, **no_drift(draws(*a), n, 10_000, rng)}
    for a, n in [
        ((23, 10_000, "pareto"), 10_000),
        ((24, 10_000, "lognormal"), 10_000),
        ((25, 30_000, "pareto"), 3_000),
        ((26, 9_000, "uniform"), 9_000),
    ]
]

print(json.dumps({"rare_levels": rare, "heavy_tails": heavy, "nannyml": monitored, "numbers": numbers, "tails": tails, "levels": levels, "chi_squared_sf": chi}, indent=0))
