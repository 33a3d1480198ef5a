"""LGAN Theorems 2 and 3, Lemmas 8 to 12 and ICLR Theorem 2: their evidence, worked out pair by pair.

What the certificate proves (tests/claims/test_certified.py) is taken from it; how a statement turns it into residuals
and error bounds is written out once more, in loops.
"""

from itertools import chain
from typing import Any

import numpy as np
import pytest

from tests.claims import subjects
from tests.claims.subjects import ROUNDING, agree
from toylab import claims
from toylab.claims.certified import Certified
from toylab.claims.explanation.wording import POSITIVE

LOOSE = [name for name in subjects.NAMES if name not in {"idle", "idle*"}]
TRUSTED = 1e-3


def measured(claim, name):
    return claims.get(claim).measure(subjects.of(name))


def certain(known):
    """Points whose slope is surely positive, and surely negative."""
    low, high = known.slope_bounds
    shared = known.in_fake & known.in_real
    rounding = np.where(shared, known.candidate.problem.support.mass_rounding[known.carried], 0.0)
    return [i for i in range(len(low)) if low[i] > rounding[i]], [i for i in range(len(low)) if high[i] < -rounding[i]]


def slack(known, low, high):
    return known.k * float(np.linalg.norm(known.points[high] - known.points[low])) - (
        known.values[high] - known.values[low]
    )


def flows(gap, mass):
    return gap / mass if mass > 0 else np.inf


class Table:
    """Columns of evidence, gathered row by row, with the pair that each row names."""

    def __init__(self, known):
        self.known, self.rows, self.pairs, self.tail = known, [], [], []

    def add(self, residual, error, label, pair=None, slope=None):
        self.rows.append((residual, error, label, slope))
        self.pairs.append(pair)

    def arrays(self):
        known = self.known
        ends = [
            (known.points[a], known.points[b], known.name(a), known.name(b), known.values[b] - known.values[a])
            if a is not None and b is not None
            else (np.full(2, np.nan), np.full(2, np.nan), "", "", np.nan)
            for a, b in self.pairs
        ]
        lower, upper, lower_name, upper_name, rise = zip(*ends, strict=True)
        return {
            "lower": np.array(lower), "upper": np.array(upper), "rise": np.array(rise),
            "lower_name": np.array(lower_name, dtype=object), "upper_name": np.array(upper_name, dtype=object),
            "distance": np.linalg.norm(np.array(upper) - np.array(lower), axis=1),
        }  # fmt: skip

    def check(self, evidence, unit):
        """All rows with one scale, and behind them whether the constant is positive, which has its own."""
        known = self.known
        low, high = known.constant_bounds
        impossible = high == 0.0
        error = known.constant_error / known.k if known.k > 0 else np.inf
        residuals, errors, labels, slopes = zip(*self.rows, strict=True)
        agree(
            evidence,
            residual=[*residuals, float(impossible)],
            error=[*errors, 0.0 if impossible else error],
            resolution=[*[TRUSTED * unit] * len(residuals), 1 - 1e-9],
            scale=[*[unit] * len(residuals), 1.0],
            constant_bounds=[low, high],
            **self.arrays(),
        )
        assert evidence.labels[:-1] == labels
        if slopes[0] is not None:
            agree(evidence, slope=slopes)


@pytest.mark.parametrize("name", subjects.NAMES)
@pytest.mark.parametrize("claim", ["lgan.theorem-2a", "lgan.theorem-2b"])
def test_the_nearest_partner_of_a_point_above_or_below(claim, name):
    known = Certified(subjects.of(name))
    table = Table(known)
    chosen = sorted(chain(*certain(known)))
    if claim.endswith("2b"):
        chosen = [i for i in range(len(known.values)) if known.in_fake[i] != known.in_real[i]]
    for i in chosen:
        others = [w for w in range(len(known.values)) if w != i]
        up = {w: abs(slack(known, i, w)) for w in others}
        down = {w: abs(slack(known, w, i)) for w in others}
        best = min(others, key=lambda w: min(up[w], down[w]))
        table.add(
            min(up[best], down[best]),
            min(flows(known.gap, abs(known.slopes[i])), known.slack_error[i].max()) + known.rounding,
            known.name(i),
            (i, best) if up[best] <= down[best] else (best, i),
            known.slopes[i],
        )
    evidence = measured(claim, name)
    if not chosen:
        assert len(evidence) == 0
        return
    table.check(evidence, known.k * known.diameter)


def steepest(known, pairs):
    """The pair that rises most per distance, and what the certificate says of it."""
    relative = {pair: slack(known, *pair) / known.distance[pair] for pair in pairs}
    best = min(pairs, key=relative.__getitem__)
    cost = known.candidate.certificate.cost
    widest = max(known.slack_error[pair] / known.distance[pair] for pair in pairs)
    table = Table(known)
    table.add(
        max(relative[best], 0.0),
        min(flows(known.gap, cost), widest) + known.rounding / known.distance[best],
        f"{known.name(best[0])} to {known.name(best[1])}",
        best,
    )
    return table


def apart_from(known, allowed):
    size = len(known.values)
    return [(i, j) for i in range(size) for j in range(size) if known.distance[i, j] > 0 and allowed(i, j)]


@pytest.mark.parametrize("name", LOOSE)
def test_some_pair_rises_at_full_slope(name):
    known = Certified(subjects.of(name))
    steepest(known, apart_from(known, lambda i, j: True)).check(measured("lgan.theorem-2c", name), known.k)
    if known.candidate.problem.support.equal_measures:
        return
    pairs = apart_from(known, lambda i, j: known.in_fake[i] and known.in_real[j])
    steepest(known, pairs).check(measured("lgan.theorem-2d", name), known.k)


@pytest.mark.parametrize("claim", ["lgan.theorem-2c", "lgan.theorem-2d", "lgan.lemma-9"])
@pytest.mark.parametrize("name", ["idle", "idle*"])
def test_where_the_constant_is_0_only_that_is_measured(claim, name):
    certain_zero = name == "idle*"
    bounds = Certified(subjects.of(name)).constant_bounds
    agree(
        measured(claim, name), residual=[float(certain_zero)], error=[0.0 if certain_zero else np.inf],
        resolution=1 - 1e-9, scale=1.0, constant_bounds=bounds, labels=[POSITIVE],
    )  # fmt: skip


@pytest.mark.parametrize("claim", ["lgan.theorem-2d", "lgan.lemma-9"])
@pytest.mark.parametrize("name", ["equal", "equal*"])
def test_equal_measures_ask_for_the_constant_0(claim, name):
    """σ(0) = ½ over a distance of 2 may need k = ½·2/(2·.2) = 2.5."""
    known = Certified(subjects.of(name))
    agree(
        measured(claim, name), residual=[0.01], error=[known.constant_error], resolution=2.5e-3, scale=2.5,
        labels=["P_g = P_r: k* = 0"],
    )  # fmt: skip


@pytest.mark.parametrize("name", ["apart", "overlapping*", "moved_in_a_ball"])
def test_lemma_9_asks_different_measures_for_a_positive_constant(name):
    known = Certified(subjects.of(name))
    agree(measured("lgan.lemma-9", name), residual=[0.0], error=[known.constant_error / known.k], scale=1.0)


def opposite(known, missing):
    """Theorem 3, or Lemma 11 where `missing` is the smaller slack of both ways."""
    up, down = certain(known)
    sure = len(up) + len(down) == len(known.values)
    stray = {
        True: sum(max(-known.slopes[i], 0.0) for i in range(len(known.values)) if i not in down),
        False: sum(max(known.slopes[i], 0.0) for i in range(len(known.values)) if i not in up),
    }
    table = Table(known)
    for points, partners, rising in ((up, down, True), (down, up, False)):
        for i in points:
            there = {w: abs(missing(i, w) if rising else missing(w, i)) for w in partners}
            best = min(there, key=there.__getitem__) if there else None
            widest = max(known.slack_error[i, w] for w in partners) if partners else 0.0
            table.add(
                min([*there.values(), 2 * known.k * known.diameter]),
                min(flows(known.gap, abs(known.slopes[i]) - stray[rising]), widest if sure else np.inf)
                + known.rounding,
                known.name(i),
                (i, best) if rising else (best, i),
                known.slopes[i],
            )
    return table


@pytest.mark.parametrize("name", subjects.NAMES)
def test_every_slope_has_an_opposite_one_at_full_slope(name):
    known = Certified(subjects.of(name))
    for claim, missing in (
        ("lgan.theorem-3", lambda i, w: slack(known, i, w)),
        ("lgan.lemma-11", lambda i, w: min(abs(slack(known, i, w)), abs(slack(known, w, i)))),
    ):
        table, evidence = opposite(known, missing), measured(claim, name)
        if table.rows:
            table.check(evidence, known.k * known.diameter)
        else:
            assert len(evidence) == 0


@pytest.mark.parametrize("name", subjects.NAMES)
def test_iclr_theorem_2_asks_for_the_other_measure(name):
    known = Certified(subjects.of(name))
    plan = known.candidate.certificate.merged_plan.toarray()[np.ix_(known.carried, known.carried)]
    d, k, size = known.distance, known.constant_bounds[0], len(known.values)

    def least_slack(x, y):
        """What flow into x, or out of y, leaves for the slack from x to y."""
        found = [0.0]
        for z in range(size):
            found.append(k * (d[z, x] + d[x, y] - d[z, y]) - flows(known.gap, plan[z, x]))
            found.append(k * (d[x, y] + d[y, z] - d[x, z]) - flows(known.gap, plan[y, z]))
        return max(found)

    bound = sorted(chain(*certain(known)))
    table = Table(known)
    for rising, own, others in ((True, known.in_fake, known.in_real), (False, known.in_real, known.in_fake)):
        for i in bound:
            if not own[i]:
                continue
            pairs = {w: ((i, w) if rising else (w, i)) for w in range(size) if others[w] and w != i}
            best = min(pairs, key=lambda w: slack(known, *pairs[w]))
            table.add(
                slack(known, *pairs[best]),
                min(
                    max(slack(known, *pair) - least_slack(*pair) for pair in pairs.values()),
                    max(known.slack_error[pair] for pair in pairs.values()),
                    flows(known.gap, known.slopes[i] if rising else -known.slopes[i]),
                )
                + known.rounding,
                known.name(i),
                pairs[best],
                known.slopes[i],
            )
    evidence = measured("iclr.theorem-2", name)
    if table.rows:
        table.check(evidence, known.k * known.diameter)
    else:
        assert len(evidence) == 0


@pytest.mark.parametrize("name", subjects.NAMES)
def test_lemma_8_bounds_the_constant_by_the_flow(name):
    known = Certified(subjects.of(name))
    regularizer: Any = known.candidate.problem.regularizer
    weight = getattr(regularizer, "weight", None)
    own = [known.objective.slope(known.values), *known.slope_bounds]
    rounding = known.mass_rounding
    now, fewest, most = (sum(s for s, r in zip(slopes, rounding, strict=True) if s > r) for slopes in own)
    near = min(d for row in known.distance for d in row if d > 0)
    at_best = {
        "moved": 1.0,
        "sharp": 1.0,
        "overlapping_straight": 1.0,
        "lopsided": 2 / 3,
    }  # φ'(a), ½ for the logistic loss
    slope = next((s for start, s in at_best.items() if name.startswith(start)), 0.5)
    unit = regularizer.radius if weight is None else slope * known.diameter / (2 * weight)
    if weight is None:
        low, high = 0.0, (np.inf if now > 0 else 0.0)
        wider, lower, slip = 0.0, 0.0, ROUNDING * known.k
        if now == 0 < most:
            wider = np.inf
    else:
        low, high = near * now / (2 * weight), known.diameter * now / (2 * weight)
        wider, lower = known.diameter * (most - now) / (2 * weight), near * (now - fewest) / (2 * weight)
        slip = ROUNDING * (known.k + high) + known.diameter * float(np.sum(rounding)) / (2 * weight)
    agree(
        measured("lgan.lemma-8", name),
        residual=[max(known.k - high, 0.0), max(low - known.k, 0.0)],
        error=[known.constant_error + wider + slip, known.constant_error + lower + slip],
        resolution=TRUSTED * max(unit, high if np.isfinite(high) else 0.0),
        scale=unit,
        surplus=[now],
        least_constant=[low],
        most_constant=[high],
    )


@pytest.mark.parametrize("name", subjects.NAMES)
def test_lemma_12_reads_the_sign_of_one_slope(name):
    """p φ'(f) and −q φ'(−f) with φ' = σ, or 1 for Wasserstein."""
    known = Certified(subjects.of(name))
    alone = [i for i in range(len(known.values)) if known.in_fake[i] != known.in_real[i]]
    support = known.candidate.problem.support
    flat = known.candidate.problem.losses.is_wasserstein
    slopes, twice = [], 2.0 if name.startswith("lopsided") else 1.0
    for i in alone:
        sign = 1.0 if known.in_fake[i] else -1.0
        mass = (twice * support.fake_weights if known.in_fake[i] else support.real_weights)[known.carried[i]]
        slopes.append(sign * mass * (1.0 if flat else 1.0 / (1.0 + np.exp(-sign * known.values[i]))))
    agree(
        measured("lgan.lemma-12", name), residual=np.zeros(len(alone)), error=0.0, resolution=1.0, scale=1.0,
        slope=slopes, labels=[known.name(i) for i in alone],
    )  # fmt: skip


def test_lemma_12_counts_how_far_a_slope_is_on_the_wrong_side():
    """Least squares (0, 1): φ = t²/2 has slope −1 at f = −1 on a fake of mass 1, and −½ at ½ on the real."""
    claim = claims.get("lgan.lemma-12")
    evidence = claim.measure(claim.controls[0].subject())
    agree(evidence, residual=[evidence.residual[0], 0.0], labels=["fake (0)", "real (1)"])
    assert evidence.residual[0] > 0
    assert evidence.arrays["slope"][0] == -evidence.residual[0]
