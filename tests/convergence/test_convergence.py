"""Rates of finite samples: fits against scipy and known laws, populations against their samples, bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toylab import convergence
from toylab.convergence import Plan, fit_rate, measure_rates, rates
from toylab.convergence.populations import get
from toylab.convergence.sampling import errors_of, one_sample
from toylab.errors import InputError
from toylab.solvers.solving import solve

SIZES = np.array([16.0, 32.0, 64.0, 128.0])


@given(exponent=st.floats(-2.0, -0.1), factor=st.floats(0.01, 100.0))
def test_a_pure_power_is_found_exactly(exponent, factor):
    errors = np.repeat(factor * SIZES[:, None] ** exponent, 3, axis=1)
    fit = fit_rate(SIZES, errors)
    assert fit.exponent == pytest.approx(exponent, abs=1e-9)
    assert fit.interval[0] - 1e-9 <= exponent <= fit.interval[1] + 1e-9
    assert fit.in_band is None


def test_a_logarithmic_law_is_told_from_a_power():
    rng = np.random.default_rng(0)
    sizes = 2.0 ** np.arange(4, 14)
    noise = np.exp(0.01 * rng.normal(size=(len(sizes), 40)))
    fit = fit_rate(sizes, rates.PLANE_TO_ITSELF.of(sizes)[:, None] * noise, rates.PLANE_TO_ITSELF)
    assert fit.in_band
    assert fit.predicted_exponent == pytest.approx(fit.exponent, abs=0.01)
    assert not fit_rate(sizes, fit.errors, rates.LINE_TO_ITSELF).in_band


def test_intervals_cover_as_often_as_they_say():
    """400 studies of |N(0, 1)|/√n: the 90 % interval misses the exponent −1/2 in 10 % of them, give or take."""
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(400):
        errors = np.abs(rng.normal(size=(4, 20))) / np.sqrt(SIZES)[:, None]
        hits += bool(fit_rate(SIZES, errors, rates.LINE_TO_ITSELF, level=0.9).in_band)
    assert abs(hits / 400 - 0.9) < 4 * np.sqrt(0.09 / 400)


def test_means_carry_the_t_interval_of_the_repetitions():
    from scipy import stats

    errors = np.random.default_rng(2).uniform(1.0, 2.0, size=(4, 7))
    mean, half = fit_rate(SIZES, errors).means()
    low, high = stats.t.interval(0.95, 6, loc=errors[0].mean(), scale=stats.sem(errors[0]))
    assert mean[0] - half[0] == pytest.approx(low)
    assert mean[0] + half[0] == pytest.approx(high)


def test_the_band_is_narrowest_in_the_middle_and_holds_the_line():
    errors = np.random.default_rng(3).uniform(1.0, 2.0, size=(4, 7)) / SIZES[:, None]
    middle, low, high = fit_rate(SIZES, errors).band(np.array([16.0, 45.0, 128.0]))
    assert (low < middle).all()
    assert (middle < high).all()
    width = high / low
    assert width[1] < width[0]
    assert width[1] < width[2]


@pytest.mark.parametrize("name", convergence.names())
def test_samples_come_near_their_population(name):
    population = get(name)
    problem = population.draw(256, np.random.default_rng(0))
    errors = errors_of(population, solve(problem))
    size = {"k": population.constant or 3.0, "V": abs(population.value) or 1.0, "gradient": population.constant}
    for quantity, error in errors.items():
        assert 0 < error < 2 * size[quantity], quantity  # funnels: W₁ = .28 in a box of side 5
    assert set(errors) == set(population.predictions)


def test_samples_depend_on_nothing_but_their_number_and_the_seed():
    assert one_sample("parallel-lines", 16, 3, 0) == one_sample("parallel-lines", 16, 3, 0)
    assert one_sample("parallel-lines", 16, 3, 0) != one_sample("parallel-lines", 16, 4, 0)
    assert one_sample("parallel-lines", 16, 3, 0) != one_sample("parallel-lines", 16, 3, 1)


def test_w1_of_a_line_against_itself_is_the_area_between_the_distribution_functions():
    from scipy import stats

    population = get("line-to-itself")
    problem = population.draw(32, np.random.default_rng(5))
    w1 = stats.wasserstein_distance(problem.fake.points[:, 0], problem.real.points[:, 0])
    assert errors_of(population, solve(problem))["k"] == pytest.approx(w1 / 0.2, rel=1e-9)


def test_a_study_from_samples_to_the_picture():
    from toylab.convergence.table import HEADER, legend, rows
    from toylab.plotting import plot_rates

    plan = Plan(smallest=3, largest=6, repetitions=8)
    done: list[int] = []
    studies = measure_rates(["parallel-lines"], plan, progress=lambda at, total: done.append(at))
    assert done == list(range(1, 33))
    fit = studies[0].fits["k"]
    assert fit.in_band
    assert studies[0].least_certified <= 1e-8
    table = list(rows(studies))
    assert all(len(row) == len(HEADER) for row in table)
    assert table[0][:2] == ("parallel-lines", "k")
    assert any("t²/2θ" in line for line in legend(studies))
    axes = plot_rates(studies)
    assert axes.get_title().startswith("parallel-lines\nk n^-")
    assert sum(line.get_gid() == "prediction" for line in axes.lines) == 3
    assert studies[0].describe().startswith("parallel-lines: k n^-")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"repetitions": 1}, "repetitions must be a whole number of at least 2"),
        ({"smallest": 0}, "smallest power of two must be a positive whole number"),
        ({"smallest": 6, "largest": 6}, "must exceed the smallest"),
        ({"largest": 20}, "must be at most 13"),
        ({"level": 1.0}, "must lie between 0 and 1"),
        ({"seed": -1}, "the seed must be a whole number"),
    ],
)
def test_plans_that_cannot_be_run_are_refused(changes, words):
    with pytest.raises(InputError, match=words):
        Plan(**changes)


def test_fits_that_mean_nothing_are_refused():
    good = np.ones((4, 3))
    with pytest.raises(InputError, match="two sizes and two repetitions"):
        fit_rate(SIZES, np.ones((4, 1)))
    with pytest.raises(InputError, match="two sizes and two repetitions"):
        fit_rate(SIZES[:1], np.ones((1, 3)))
    with pytest.raises(InputError, match="positive and finite"):
        fit_rate(SIZES, 0.0 * good)
    with pytest.raises(InputError, match="between 0 and 1"):
        fit_rate(SIZES, good, level=95.0)


def test_populations_are_found_by_name_and_know_their_limits():
    with pytest.raises(InputError, match="did you mean 'square-translated'"):
        get("square-translatd")
    with pytest.raises(InputError, match="solved for n ≤ 256 only"):
        measure_rates(["parallel-lines-logistic"], Plan(smallest=8, largest=10))
