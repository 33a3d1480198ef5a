"""Scans by tiles against looking at every pair."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from toylab.solvers.multiscale import pricing
from toylab.solvers.multiscale.coarse_cones import CoarseCones
from toylab.solvers.multiscale.coarsening import kd_order
from toylab.solvers.multiscale.pricing import Critic, Pricing


@pytest.fixture(autouse=True)
def _small_tiles(monkeypatch):
    """As many tiles for some hundred points as there are for some thousand."""
    monkeypatch.setattr(pricing, "_ROWS", 16)
    monkeypatch.setattr(pricing, "_COLUMNS", 8)
    monkeypatch.setattr(pricing, "_TOGETHER", 64)
    monkeypatch.setattr(pricing, "_CELL", 1)


def tight(rng, dimension, n=150, m=170):
    """A critic whose fakes are as low as they may be: every one of them has a tight pair."""
    fakes, reals = rng.normal(size=(n, dimension)), rng.normal(size=(m, dimension)) + 1.0
    v = reals[:, 0].copy()
    return Critic(fakes, reals, (v - 1.3 * cdist(fakes, reals)).max(axis=1), v, 1.3)


def check(found, critic, count):
    slack = critic.k * cdist(critic.fakes, critic.reals) + critic.u[:, None] - critic.v
    rounding = 1e-13 * (np.abs(critic.u).max() + np.abs(critic.v).max())
    assert found.least == pytest.approx(np.maximum(critic.u, critic.u - slack.min(axis=1)), abs=rounding)
    chosen = set(zip(found.rows.tolist(), found.columns.tolist(), strict=True))
    assert len(chosen) == len(found.rows)
    assert all(slack[pair] < rounding for pair in chosen)
    for values, transposed in ((slack, False), (slack.T, True)):
        for i, each in enumerate(values):
            worst = [int(j) for j in np.argsort(each)[:count] if each[j] < -rounding]
            assert all(((j, i) if transposed else (i, j)) in chosen for j in worst)


@pytest.mark.parametrize("dimension", [1, 2, 5, 12])
def test_scans_one_after_another_miss_nothing(dimension):
    """What is known from one scan stays a bound while values and the constant go up and down."""
    rng = np.random.default_rng(dimension)
    critic = tight(rng, dimension)
    scans = Pricing(critic.fakes, critic.reals)
    for size in (1.0, 0.3, 0.1, 0.03, 0.01, 0.0, 0.02):
        changed = replace(
            critic,
            u=critic.u + size * rng.normal(size=len(critic.u)),
            v=critic.v + size * rng.normal(size=len(critic.v)),
            k=critic.k * (1.0 + 0.1 * size * rng.normal()),
        )
        check(scans.scan(changed, 3), changed, 3)


def test_late_scans_look_at_few_tiles(monkeypatch):
    critic = tight(np.random.default_rng(0), 2)
    critic = replace(critic, u=critic.u + 0.05)
    scans, looked_at = Pricing(critic.fakes, critic.reals), []
    block = CoarseCones.block

    def counted(self, rows, columns):
        looked_at.append((rows.stop - rows.start) * len(columns))
        return block(self, rows, columns)

    monkeypatch.setattr(CoarseCones, "block", counted)
    scans.scan(critic, 3)
    assert 0 < sum(looked_at) < 0.5 * 150 * 170
    looked_at.clear()
    scans.scan(replace(critic, u=critic.u - 0.01, k=critic.k * 1.001), 3)
    assert sum(looked_at) < 0.1 * 150 * 170


@pytest.mark.parametrize("lower", [0.01, 0.3, 3.0])
def test_pairs_of_a_point_are_with_cells_apart(monkeypatch, lower):
    monkeypatch.setattr(pricing, "_CELL", 4)
    critic = tight(np.random.default_rng(3), 2)
    critic = replace(critic, u=critic.u - lower)
    found = Pricing(critic.fakes, critic.reals).scan(critic, 3)
    slack = critic.k * cdist(critic.fakes, critic.reals) + critic.u[:, None] - critic.v
    assert found.least == pytest.approx(np.maximum(critic.u, critic.u - slack.min(axis=1)), abs=1e-13)
    chosen = np.zeros(slack.shape, dtype=bool)
    chosen[found.rows, found.columns] = True
    assert (slack[chosen] < 0).all()
    for values, mask, points in ((slack, chosen, critic.reals), (slack.T, chosen.T, critic.fakes)):
        cell = np.empty(len(points), dtype=int)
        cell[kd_order(points)] = np.arange(len(points)) // 4
        for each, taken in zip(values, mask, strict=True):
            best = {cell[j]: j for j in np.argsort(-each) if each[j] < 0}  # the most violated of every cell
            assert taken[sorted(best.values(), key=each.__getitem__)[:3]].all()


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_units_do_not_matter(scale):
    critic = tight(np.random.default_rng(1), 2)
    changed = replace(critic, u=critic.u - 0.01)
    scaled = Critic(scale * critic.fakes, scale * critic.reals, changed.u + 3.0, critic.v + 3.0, critic.k / scale)
    found, other = (Pricing(each.fakes, each.reals).scan(each, 2) for each in (changed, scaled))
    assert len(found.rows) > 100
    assert (found.rows == other.rows).mean() > 0.99
    assert other.least - 3.0 == pytest.approx(found.least, abs=1e-12)


def test_a_far_outlier_leaves_single_precision_behind():
    """Beside a point a million away no slack is decided in float32, and all are found in float64."""
    critic = tight(np.random.default_rng(2), 2)
    reals = critic.reals.copy()
    reals[0] = [1e6, 0.0]
    changed = replace(critic, reals=reals, v=np.where(np.arange(len(reals)) == 0, 1e6, critic.v))
    check(Pricing(changed.fakes, changed.reals).scan(changed, 2), changed, 2)


@pytest.mark.parametrize("single", [True, False])
@pytest.mark.parametrize("dimension", [1, 3, 9])
def test_coarse_heights_are_off_by_their_rounding_at_most(dimension, single):
    rng = np.random.default_rng(dimension)
    z, centres = rng.normal(size=(40, dimension)) + 100.0, rng.normal(size=(30, dimension)) + 100.0
    base, heights = rng.normal(size=40) - 1e3, rng.normal(size=30) - 1e3
    coarse = CoarseCones(z, base, centres, heights, 2.0, single=single)
    exact = heights - 2.0 * cdist(z, centres) - base[:, None]
    found = coarse.unit * coarse.block(slice(0, 40), np.arange(30)).astype(float)
    assert np.abs(found - exact).max() <= coarse.rounding * coarse.unit
    assert coarse.single == (single and dimension <= 8)
