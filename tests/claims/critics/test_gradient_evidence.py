"""Claims on gradients and partners: difference quotients and slacks, worked out fake by fake."""

from dataclasses import replace

import numpy as np
import pytest

from tests.claims import subjects
from tests.claims.subjects import ROUNDING, agree, diracs, extension_of, made
from toylab import claims, losses
from toylab.chosen_gradients import uninformative
from toylab.claims.certified import AssumedOptimal, Certified
from toylab.claims.critics.partners import GENERIC, _walks, edges
from toylab.claims.critics.quotients import LIPSCHITZ_CRITIC, Quotients
from toylab.claims.critics.segments import cone_error
from toylab.claims.critics.stationarity import DIFFERENTIABLE
from toylab.claims.critics.uninformative import _consistent, _fields, _smoothness
from toylab.claims.explanation.wording import POSITIVE
from toylab.critics import FormulaCritic, hermite
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import Candidate

EPS = ROUNDING / 64
POSITIONS = (0.0521, 0.2718, 0.5137, 0.7311, 0.9473)


def control(claim, number=0):
    return claims.get(claim).controls[number].subject()


def cross():
    """Two fakes and two reals on the corners of a square, all four pairs tight."""
    return control("own.bounding-forest")


def tree():
    """Two fakes, two reals, three tight pairs."""
    return control("iclr.appendix-f.remedy")


def blurred(candidate, noise=(0.0, 2e-8, 0.0, -1e-8)):
    """Values that miss full slope by some 1e-8."""
    problem = candidate.problem
    points = np.concatenate([problem.fake.points, problem.real.points])
    values = candidate.critic(points) + np.array(noise)[: len(points)]
    n = len(problem.fake.points)
    sides = problem.fake.points, problem.fake.weights, problem.real.points, problem.real.weights
    plan = candidate.certificate.plan.toarray()
    return made(sides, problem.losses, problem.regularizer, list(values[:n]), list(values[n:]), plan)


SHAPES = {
    "cross": cross, "tree": tree, "blurred cross": lambda: blurred(cross()), "blurred tree": lambda: blurred(tree()),
    "steeper cross": lambda: extension_of(cross(), 1.01), "steeper tree": lambda: extension_of(tree(), 1.2),
    "shared": lambda: made(
        ([[0.0, 0.0]], [1.0], [[0.0, 0.0], [1.0, 0.0]], [0.5, 0.5]), losses.wasserstein(), LipschitzPenalty(0.5),
        [0.0], [0.0, 0.5], [[0.5, 0.5]],
    ),
    **{name: lambda name=name: subjects.of(name) for name in ("sharp", "sharp*", "apart", "apart*", "overlapping*",
                                                              "overlapping", "moved_straight*", "idle")},
}  # fmt: skip
each_shape = pytest.mark.parametrize("name", SHAPES)


def steepness(candidate):
    return candidate.critic.lipschitz_constant or candidate.lipschitz_constant


# --- segments and quotients ---


def test_the_error_of_a_cone_is_the_angle_of_a_thin_triangle():
    """√(2k σ (1/a + 1/b)): k = 2, σ = ½, a = 1, b = ¼."""
    found = cone_error(2.0, np.array([0.5, 0.0]), np.array([1.0, 1.0]), np.array([0.25, 3.0]))
    np.testing.assert_allclose(found, [np.sqrt(10.0), 0.0], rtol=1e-15)


def test_quotients_of_a_kinked_parabola():
    """f = z² + |z| at z = .5 and at 0 along (1, 0), h = .25 and .5."""

    def parabola(z):
        return z[:, 0] ** 2 + np.abs(z[:, 0])

    candidate = replace(subjects.of("apart"), critic=FormulaCritic(parabola, np.zeros_like))
    found = Quotients(candidate, np.array([[0.5, 2.0], [0.0, 1.0]]), np.array([[1.0, 0.0]] * 2), np.array([0.25, 0.5]))
    np.testing.assert_allclose(found.values, [[0.3125, 0.75], [0.75, 0.0], [1.3125, 0.75]], rtol=1e-15)
    np.testing.assert_allclose(found.forward, [2.25, 1.5], rtol=1e-15)
    np.testing.assert_allclose(found.symmetric, [2.0, 0.0], rtol=1e-15)
    np.testing.assert_allclose(found.kink, [0.5, 3.0], rtol=1e-15)
    k, diameter = candidate.lipschitz_constant, candidate.problem.support.diameter
    size = np.array([1.3125, 0.75]) + 1.64 + k * (diameter + np.array([2.0, 1.0]) * np.sqrt(2.0))
    np.testing.assert_allclose(found.rounding, ROUNDING * size / [0.25, 0.5], rtol=1e-12)
    steep = replace(candidate, critic=FormulaCritic(parabola, np.zeros_like, 7.0))
    other = Quotients(steep, found.points, found.directions, found.steps)
    size = np.array([1.3125, 0.75]) + 1.64 + 7 * (diameter + np.array([2.0, 1.0]) * np.sqrt(2.0))
    np.testing.assert_allclose(other.rounding, ROUNDING * size / [0.25, 0.5], rtol=1e-12)


def test_a_declared_constant_may_exceed_k_by_a_millionth():
    one = subjects.of("apart")
    k = one.lipschitz_constant
    for factor, holds in ((1 + 0.9e-6, True), (1 + 1.1e-6, False)):
        steep = extension_of(one, k * factor)
        assert bool(LIPSCHITZ_CRITIC.test(steep)) is holds
        extension = next(h for c in claims.ALL for h in c.hypotheses if h.name == "Lipschitz extension")
        assert bool(extension.test(steep)) is holds
    undeclared = replace(one, critic=FormulaCritic(lambda z: z[:, 0], np.ones_like))
    assert LIPSCHITZ_CRITIC.test(undeclared).reasons == (
        "a FormulaCritic declares no Lipschitz constant on all of space",
    )


# --- LGAN Proposition 1 ---


@pytest.mark.parametrize(
    "name", ["cross", "tree", "blurred tree", "steeper tree", "sharp", "sharp*", "moved_straight*"]
)
def test_proposition_1_pair_by_pair_and_along_every_segment(name):
    candidate = SHAPES[name]()
    known, problem = Certified(candidate), candidate.problem
    plan = candidate.certificate.plan.toarray()
    pairs = [(i, j) for i, j in np.argwhere(plan > 0)
             if known.exact or plan[i, j] * 1e-4 * known.resolution >= known.gap]  # fmt: skip
    assert pairs
    x, y = (np.array([side.points[p[at]] for p in pairs]) for at, side in enumerate((problem.fake, problem.real)))
    mass, length = np.array([plan[p] for p in pairs]), np.linalg.norm(y - x, axis=1)
    rise = np.array([candidate.real_values[j] - candidate.fake_values[i] for i, j in pairs])
    slack = known.k * length - rise
    evidence = claims.get("lgan.proposition-1").measure(candidate)
    count, k = len(pairs), steepness(candidate)
    unit = (y - x) / length[:, None]
    off = 4 * EPS * np.linalg.norm(np.maximum(np.abs(x), np.abs(y)), axis=1)
    detour = np.maximum(slack + (k - known.k) * length, 0.0) + known.rounding + 4 * k * off
    residual, error, at = [np.abs(slack)], [known.gap / mass + known.rounding], []
    for t in POSITIONS:
        place = x + t * (y - x)
        near = np.array([min(np.linalg.norm(known.points - z, axis=1)) for z in place])
        gradient = candidate.critic.gradient(place)
        residual.append(np.linalg.norm(gradient - k * unit, axis=1))
        error.append(
            np.sqrt(2 * k * detour * (1 / (t * length) + 1 / near)) + 1e-12 * k + 2 * k * off / ((1 - t) * length)
        )
        at.append(place)
    names = [f"fake {i} to real {j}" for i, j in pairs]
    agree(
        evidence, residual=np.concatenate(residual), error=np.concatenate(error),
        resolution=np.repeat([known.resolution, 0.05 * k], [count, 5 * count]),
        scale=np.repeat([known.k * known.diameter, k], [count, 5 * count]),
        lower=x, upper=y, rise=rise, distance=length, mass=mass, points=np.concatenate(at),
        goals=np.tile(k * unit, (5, 1)), gradients=candidate.critic.gradient(np.concatenate(at)),
        labels=[*names, *(f"gradient at t = {t:g}, {name}" for t in POSITIONS for name in names)],
    )  # fmt: skip
    assert evidence.arrays["lower_name"][0].startswith("fake (")
    assert evidence.arrays["upper_name"][0].startswith("real (")


def test_proposition_1_leaves_out_what_stays_and_what_is_not_proven():
    assert len(claims.get("lgan.proposition-1").measure(subjects.of("moved_straight"))) == 0
    stays = claims.get("lgan.proposition-1").measure(subjects.of("overlapping_straight*"))
    assert list(stays.labels[:3]) == ["fake 0 to real 2", "fake 1 to real 2", "fake 2 to real 2"]


# --- partners ---


def tight_pairs(known):
    size = range(len(known.values))
    return [(i, j) for i in size for j in size
            if known.in_fake[i] and known.in_real[j] and known.distance[i, j] > 0
            and abs(known.slack[i, j]) <= 1e-7 * known.k * known.diameter]  # fmt: skip


def groups(size, pairs):
    """How many components a graph has, by merging."""
    owner = list(range(size))
    for i, j in pairs:
        owner = [owner[i] if o == owner[j] else o for o in owner]
    return len(set(owner))


@each_shape
def test_tight_pairs_are_counted(name):
    candidate = SHAPES[name]()
    known = Certified(candidate)
    forest, few, single = (claims.get(c).measure(candidate) for c in (
        "own.bounding-forest", "iclr.appendix-f.jitter", "iclr.appendix-f.remedy"))  # fmt: skip
    if known.k == 0:
        assert len(forest) == len(few) == len(single) == 0
        return
    pairs, size = tight_pairs(known), len(known.values)
    assert sorted(zip(*edges(known), strict=True)) == pairs
    components = groups(size, pairs)
    agree(forest, residual=[len(pairs) - size + components], error=0.0, resolution=0.5, scale=1.0,
          counts=[[len(pairs), size, components]],
          labels=[f"{len(pairs)} tight pairs on {size} points in {components} components"])  # fmt: skip
    fakes = [i for i in range(size) if known.in_fake[i]]
    several, reals = sum(len([p for p in pairs if p[0] == i]) > 1 for i in fakes), int(known.in_real.sum())
    agree(few, residual=[max(several - reals + 1, 0)], error=0.0, resolution=0.5, scale=1.0,
          counts=[[several, len(fakes), reals]],
          labels=[f"{several} of {len(fakes)} fakes with several partners among {reals} reals"])  # fmt: skip
    plan = candidate.certificate.merged_plan.toarray()[np.ix_(known.carried, known.carried)]
    proven = [sum(plan[i, j] > 0 and plan[i, j] * 1e-6 * known.k * known.diameter >= known.gap for j in range(size))
              for i in fakes]  # fmt: skip
    agree(single, residual=[max(p - 1, 0) for p in proven], error=0.0, resolution=0.5, scale=1.0, partners=proven,
          labels=[known.name(i) for i in fakes])  # fmt: skip


@each_shape
def test_one_sided_slopes_along_several_partners(name):
    candidate = SHAPES[name]()
    known = Certified(candidate)
    evidence = claims.get("iclr.appendix-f").measure(candidate)
    pairs = [] if known.k == 0 else tight_pairs(known)
    several = [p for p in pairs if sum(q[0] == p[0] for q in pairs) > 1]
    if not several:
        assert len(evidence) == 0
        return
    steeper = max(steepness(candidate) - known.k, 0.0)
    rows = []
    for i, j in several:
        x, length = known.points[i], known.distance[i, j]
        unit, h = (known.points[j] - x) / length, 1e-3 * length
        quotient = Quotients(candidate, x[None], unit[None], np.array([h]))
        slope = float(candidate.critic((x + h * unit)[None])[0] - candidate.critic(x[None])[0]) / h
        rise = candidate.critic(known.points[[j]])[0] - candidate.critic(known.points[[i]])[0]
        slack = max(known.k * length - rise, 0.0) + steeper * length
        allowed = min(slack, 2e-7 * known.k * known.diameter) / h + steeper + quotient.rounding[0]
        rows.append((abs(slope - known.k), allowed, f"{known.name(i)} towards {known.name(j)}", slope))
    residual, error, labels, slopes = zip(*rows, strict=True)
    np.testing.assert_allclose(evidence.residual, residual, atol=1e-9)
    agree(evidence, error=error, resolution=0.05 * known.k, scale=known.k, labels=labels)
    np.testing.assert_allclose(evidence.arrays["slopes"], slopes, rtol=1e-9)


def test_partners_in_one_direction_are_not_several():
    """A fake at 0 under reals at (1, 0) and (2, .0.009): the unit vectors differ by less than a hundredth."""
    for height, several in ((0.015, False), (0.03, True)):
        sides = [[0.0, 0.0]], [1.0], [[1.0, 0.0], [2.0, height]], [0.5, 0.5]
        far = float(np.hypot(2.0, height))
        one = made(sides, losses.wasserstein(), LipschitzBall(1.0), [0.0], [1.0, far], [[0.5, 0.5]])
        assert bool(len(claims.get("iclr.appendix-f").measure(one))) is several


def test_walks_are_counted_and_must_not_cancel():
    """Three by three: 3·6 of four steps, 2·6 of six. Fakes 0 and e, reals 3 and −5: e is left a step."""
    assert [_walks(1, 5), _walks(2, 2), _walks(2, 3), _walks(3, 3)] == [0, 2, 6, 30]
    for e, generic in ((1.7e-6, True), (1.5e-6, False)):
        sides = [[0.0], [e]], [0.5, 0.5], [[3.0], [-5.0]], [0.5, 0.5]
        one = made(sides, losses.logistic(), LipschitzPenalty(1.0), [0.0, 0.0], [0.1, 0.1], np.zeros((2, 2)))
        assert bool(GENERIC.test(one)) is generic
    assert GENERIC.test(subjects.of("overlapping")).reasons == ("fake and real share points",)
    assert GENERIC.met(diracs(losses.logistic(), LipschitzPenalty(1.0), 0.1, 0.0)) == (
        "a single point on one side leaves no closed walk"
    )
    assert GENERIC.met(tree()).startswith("on every closed walk the alternating sum of distances is at least 0.")


# --- the reference direction ---


@each_shape
def test_the_reference_direction_is_between_one_sided_slopes(name):
    candidate = SHAPES[name]()
    known, problem = Certified(candidate), candidate.problem
    evidence = claims.get("own.reference-direction").measure(candidate)
    plan, k, count = candidate.certificate.plan.toarray(), known.k, 0
    steeper = max(steepness(candidate) - k, 0.0)
    for i, x in enumerate(problem.fake.points):
        used = [j for j, y in enumerate(problem.real.points) if plan[i, j] > 0 and (x != y).any()]
        mass = sum(plan[i, j] for j in used)
        if not mass * 1e-3 * known.resolution > known.gap:
            continue
        ways = [problem.real.points[j] - x for j in used]
        lengths = [float(np.linalg.norm(way)) for way in ways]
        shares = [plan[i, j] / mass for j in used]
        pull = sum(s * k * way / d for s, way, d in zip(shares, ways, lengths, strict=True))
        h = 1e-3 * min(lengths)
        missed = sum(plan[i, j] * max(candidate.slack()[i, j], 0.0) for j in used)
        directions = [*np.eye(2), *-np.eye(2), pull / np.linalg.norm(pull)]
        rows = slice(count, count + 5)
        quotients = Quotients(candidate, np.tile(x, (5, 1)), np.array(directions), np.full(5, h))
        slopes = [(candidate.critic((x + h * e)[None])[0] - candidate.critic(x[None])[0]) / h for e in directions]
        pulls = [float(e @ pull) for e in directions]
        np.testing.assert_allclose(evidence.arrays["pulls"][rows], pulls, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(evidence.arrays["slopes"][rows], slopes, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(evidence.residual[rows], np.maximum(np.subtract(pulls, slopes), 0.0), atol=1e-9)
        bent = 0.5 * k * h * sum(s / d for s, d in zip(shares, lengths, strict=True))
        longest = sum(s * d for s, d in zip(shares, lengths, strict=True))
        error = (min(missed, known.gap) / mass + steeper * longest) / h + bent + quotients.rounding
        np.testing.assert_allclose(evidence.error[rows], error, rtol=1e-6)
        assert evidence.labels[count] == f"fake {i} along [1.0, 0.0]"
        count += 9
        turned = evidence.arrays["pulls"][count - 4 : count]
        assert (np.abs(turned) <= np.linalg.norm(pull)).all()
        assert len(set(turned.round(9))) == 4
    assert len(evidence) == count
    agree(evidence, resolution=0.05 * k, scale=k)


def test_a_pull_of_0_has_no_direction():
    """A fake midway between two reals: the axes both ways, and four at random."""
    assert len(claims.get("own.reference-direction").measure(control("iclr.theorem-1d"))) == 2 * 2 + 4


# --- stationarity ---


def towards(known):
    """Every fake with every real elsewhere: the quotient over a thousandth of the least distance from the fake."""
    size = range(len(known.values))
    pairs = [(i, j) for i in size for j in size
             if known.in_fake[i] and known.in_real[j] and known.distance[i, j] > 0]  # fmt: skip
    near = {i: min(d for d in known.distance[i] if d > 0) for i, _ in pairs}
    units = np.array([(known.points[j] - known.points[i]) / known.distance[i, j] for i, j in pairs])
    steps = np.array([1e-3 * near[i] for i, _ in pairs])
    return pairs, Quotients(known.candidate, known.points[[i for i, _ in pairs]], units, steps)


@each_shape
def test_the_steepest_smoothed_slope_reaches_k(name):
    candidate = SHAPES[name]()
    known = Certified(candidate)
    evidence = claims.get("iclr.theorem-1d.smooth").measure(candidate)
    if known.k == 0:
        assert evidence.labels == (POSITIVE,)
        return
    pairs, quotients = towards(known)
    slopes = quotients.symmetric
    best, step, cost = int(np.argmax(slopes)), quotients.steps.min(), candidate.certificate.cost
    widest = max(known.slack_error[p] for p in pairs)
    missed = min(known.gap / cost * known.diameter / step, widest / step)
    allowed = max(steepness(candidate) - known.k, 0.0) * known.diameter / step + quotients.rounding.max()
    agree(
        evidence, residual=[max(known.k - slopes[best], 0.0)], error=[missed + allowed + 0.005 * known.k],
        resolution=0.05 * known.k, scale=known.k, slope=[slopes[best]],
        labels=[f"{known.name(pairs[best][0])} towards {known.name(pairs[best][1])}"],
    )  # fmt: skip


@pytest.mark.parametrize("name", [*SHAPES, "midway"])
def test_what_the_fakes_feel(name):
    candidate = control("iclr.theorem-1d") if name == "midway" else SHAPES[name]()
    known = Certified(candidate)
    evidence = claims.get("iclr.theorem-1d").measure(candidate)
    if known.k == 0:
        assert len(evidence) == 0
        return
    _, quotients = towards(known)
    step = float(quotients.steps.min())
    felt, rounding = list(np.abs(quotients.symmetric)), list(quotients.rounding)
    for z in known.points[known.in_fake]:
        for axis in np.eye(2):
            one = Quotients(candidate, z[None], axis[None], np.array([step]))
            felt.append(abs(float(one.symmetric[0])))
            rounding.append(float(one.rounding[0]))
    still = bool(max(felt) <= max(rounding))
    moved = max(np.linalg.norm(candidate.reference_directions(), axis=1))
    agree(
        evidence, residual=[float(still)], error=[0.0 if still else max(rounding) / max(felt)], resolution=1 - 1e-9,
        scale=1.0, felt=[max(felt)], rounding=[max(rounding)], moved=[moved],
    )  # fmt: skip
    # a cone that is too steep stands on its own fake, and has no slope there on average
    assert still is (name in {"midway", "steeper cross", "steeper tree"})


@pytest.mark.parametrize(("jump", "smooth"), [(0.0099, True), (0.0101, False)])
def test_a_slope_may_jump_by_a_hundredth_of_k(jump, smooth):
    """f = z + jump·|z|/2 at the fake 0; k is the rise over the unit distance."""
    critic = FormulaCritic(lambda z: z[:, 0] + 0.5 * jump * np.abs(z[:, 0]), np.ones_like)
    fake, real = DiscreteMeasure([[0.0, 0.0]]), DiscreteMeasure([[1.0, 0.0]])
    one = Candidate.of(CriticProblem(fake, real, losses.wasserstein(), LipschitzBall(1.0)), critic)
    assert bool(DIFFERENTIABLE.test(one)) is smooth
    if not smooth:
        assert DIFFERENTIABLE.test(one).reasons[0].startswith("along some line through a fake point the slope jumps")
    alone = made(([[0.0, 1.0]], [1.0], [[0.0, 1.0]], [1.0]), losses.logistic(), LipschitzPenalty(1.0), [0.0], [0.0],
                 [[0.0]])  # fmt: skip
    assert DIFFERENTIABLE.test(alone)


# --- chosen gradients ---


@pytest.mark.parametrize("name", ["moved_in_a_ball", "moved_in_a_ball*", "overlapping_straight*", "cross", "sharp"])
def test_any_gradients_at_the_fakes_and_the_gap_stays(name):
    candidate = SHAPES[name]() if name in SHAPES else subjects.of(name)
    known, problem = Certified(candidate), candidate.problem
    fakes, k, owner = problem.fake.points, known.k, problem.support.fake_owner
    evidence = claims.get("lgan.section-3.3").measure(candidate)
    away, random = _fields(candidate)
    assert (away[0], random[0]) == ("away from the partners", "at random")
    pulls = candidate.reference_directions()
    length = np.linalg.norm(pulls, axis=1, keepdims=True)
    np.testing.assert_allclose(away[1], -k * np.divide(pulls, length, out=np.zeros_like(pulls), where=length > 0))
    np.testing.assert_allclose(np.linalg.norm(random[1], axis=1), 3 * k, rtol=1e-12)
    start = 0
    for field, asked in (away, random):
        wanted = _consistent(candidate, asked)
        critic = uninformative(candidate, wanted)
        again = Candidate.of(problem, critic, candidate.certificate.plan.toarray())
        gradient = critic.gradient(fakes)
        bumps = list(dict.fromkeys(owner.tolist()))[:4]
        smooth = [_smoothness(critic, index) for index in bumps]
        count = 1 + len(fakes) + len(bumps)
        part = slice(start, start + count)
        error = [known.gap + known.rounding + known.value_rounding,
                 *(8 * 8 * EPS * np.linalg.norm(wanted, axis=1)), *(allowed for _, allowed in smooth)]  # fmt: skip
        residual = [again.certificate.gap, *np.linalg.norm(gradient - wanted, axis=1), *(worst for worst, _ in smooth)]
        np.testing.assert_allclose(evidence.residual[part], residual, rtol=1e-9)
        np.testing.assert_allclose(evidence.error[part], error, rtol=1e-9)
        np.testing.assert_allclose(evidence.resolution[part], [known.resolution, *[0.05 * k] * (count - 1)])
        np.testing.assert_allclose(evidence.scale[part], [k * known.diameter, *[k] * (count - 1)])
        assert evidence.labels[start] == f"gap, {field}"
        assert evidence.labels[start + 1] == f"gradient at fake 0, {field}"
        assert evidence.labels[start + count - 1].startswith("fine grid around [")
        start += count
    assert len(evidence) == start
    np.testing.assert_allclose(evidence.arrays["wanted"][: len(fakes)], _consistent(candidate, away[1]))


def test_without_two_places_no_gradient_is_chosen_and_a_constant_critic_has_unit_fields():
    point = [[1.0, 2.0]], [1.0], [[1.0, 2.0]], [1.0]
    one = made(point, losses.wasserstein(), LipschitzBall(1.0), [0.7], [0.7], [[1.0]])
    assert len(claims.get("lgan.section-3.3").measure(one)) == 0
    np.testing.assert_allclose(np.linalg.norm(_fields(subjects.of("idle"))[1][1], axis=1), 3.0)


def test_fakes_at_one_place_share_the_vector_of_the_first():
    sides = [[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]], [0.2, 0.3, 0.5], [[3.0, 0.0]], [1.0]
    one = made(sides, losses.wasserstein(), LipschitzBall(1.0), [0.0, 1.0, 0.0], [3.0], [[0.2], [0.3], [0.5]])
    found = _consistent(one, np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]]))
    assert found[:, 0].tolist() == [1.0, 2.0, 1.0]


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_a_bump_is_compared_with_quotients_on_a_fine_grid(dimension):
    """Error: M h²/6 with h = 1e-5 r, and rounding of values that vary with slope 3·size/r + steep."""
    centres = np.zeros((2, dimension))
    centres[1, 0] = 4.0
    gradients = np.zeros((2, dimension))
    gradients[0, 0] = 3.0
    critic = hermite(centres, np.array([-0.5, 1.0]), gradients)
    worst, allowed = _smoothness(critic, 0)
    r = critic.radius
    size = 0.5 + 3.0 * r
    largest = {1: 0.95, 2: 0.95}.get(dimension)
    if largest is None:
        rng = np.random.default_rng(0)  # 21² random points of the ball
        rays = rng.normal(size=(441, 3))
        largest = np.abs(rays / np.linalg.norm(rays, axis=1, keepdims=True) * rng.uniform(0, 0.95, size=(441, 1))).max()
    moved = (3 * size / r + 3.0) * largest * r * np.sqrt(dimension)
    h = 1e-5 * r
    expected = critic.third_derivatives()[0] * h**2 / 6 + ROUNDING * (size + moved) / h
    assert allowed == pytest.approx(expected, rel=1e-9)
    assert 0 < worst <= allowed
    wrong = hermite(centres, np.array([-0.5, 1.0]), gradients)
    object.__setattr__(wrong, "gradient", lambda z: critic.gradient(z) + 1e-3)
    assert _smoothness(wrong, 0)[0] == pytest.approx(1e-3, rel=1e-2)


@each_shape
def test_a_tight_fake_has_no_choice(name):
    candidate = SHAPES[name]()
    known, problem, k = Certified(candidate), candidate.problem, candidate.lipschitz_constant
    allowed = max(steepness(candidate) - k, 0.0)
    rows = []
    for i, x in enumerate(problem.fake.points):
        slack = {j: abs(candidate.slack()[i, j]) for j, y in enumerate(problem.real.points)
                 if (x != y).any() and problem.real.weights[j] > 0}  # fmt: skip
        j = min(slack, key=slack.__getitem__)
        if problem.fake.weights[i] == 0 or slack[j] > 1e-6 * k * known.diameter or k == 0:
            continue
        way = problem.real.points[j] - x
        d = float(np.linalg.norm(way))
        u, h = way / d, 1e-3 * d
        axes = np.array([u, [-u[1], u[0]]])
        quotients = Quotients(candidate, np.tile(x, (2, 1)), axes, np.full(2, h))
        if (quotients.kink > 0.01 * k).any():
            continue
        gradient = quotients.symmetric @ axes
        off = (slack[j] + allowed * d) / h + 0.5 * k * 1e-3 + quotients.rounding.max() + allowed
        rows.append((float(np.linalg.norm(gradient - k * u)), np.sqrt(2.0) * (off + 0.005 * k),
                     f"fake {i} towards real {j}", gradient, k * u))  # fmt: skip
    evidence = claims.get("lgan.section-3.3.tight").measure(candidate)
    assert len(evidence) == len(rows)
    if rows:
        residual, error, labels, gradients, goals = zip(*rows, strict=True)
        np.testing.assert_allclose(evidence.residual, residual, rtol=1e-6, atol=1e-9)
        agree(evidence, error=error, resolution=0.05 * k * np.sqrt(2.0), scale=k, labels=labels)
        np.testing.assert_allclose(evidence.arrays["gradients"], gradients, atol=1e-9)
        np.testing.assert_allclose(evidence.arrays["goals"], goals, atol=1e-9)


@pytest.mark.parametrize(("slope", "count"), [(1.0, 1), (1 - 0.9e-6, 1), (1 - 1.1e-6, 0), (0.5, 0)])
def test_a_smooth_critic_is_tight_to_a_millionth(slope, count):
    """A plane in the unit ball, over two Diracs whose distance is the diameter."""
    fake, real = DiscreteMeasure([[0.0, 0.0]]), DiscreteMeasure([[1.0, 0.0]])
    problem = CriticProblem(fake, real, losses.wasserstein(), LipschitzBall(1.0))
    plane = FormulaCritic(lambda z: slope * z[:, 0], lambda z: slope * np.tile([1.0, 0.0], (len(z), 1)), 1.0)
    assert len(claims.get("lgan.section-3.3.tight").measure(Candidate.of(problem, plane))) == count


def test_a_fake_without_mass_is_not_asked():
    sides = [[0.0, 0.0], [0.0, 1.0]], [1.0, 0.0], [[1.0, 0.0]], [1.0]
    one = made(sides, losses.wasserstein(), LipschitzBall(1.0), [0.0, 1.0 - np.sqrt(2.0)], [1.0], [[1.0], [0.0]])
    assert claims.get("lgan.section-3.3.tight").measure(one).labels == ("fake 0 towards real 0",)


def free(taken=False):
    """Fakes 0 and 5, reals 1 and 5 on an axis, Wasserstein: the shared point at 5 is touched by nobody."""
    one = control("lgan.section-3.3.untight", 1)
    straight = made(
        ([[0.0, 0.0], [5.0, 0.0]], [0.5, 0.5], [[1.0, 0.0], [5.0, 0.0]], [0.5, 0.5]), losses.wasserstein(),
        LipschitzPenalty(0.1), [-1.2, 0.1], [1.2, 0.1], np.diag([0.5, 0.5]),
    )  # fmt: skip
    assert one.problem.fake.points.tolist() == straight.problem.fake.points.tolist()
    return AssumedOptimal.taking(straight) if taken else straight


@pytest.mark.parametrize("taken", [False, True])
def test_a_free_fake_may_have_any_gradient_shorter_than_k(taken):
    """k = 2.4, room towards 1: 4k − 1.1 = 8.5, so that h = 8.5/8k."""
    candidate = free(taken)
    known, k = Certified(candidate), 2.4
    evidence = claims.get("lgan.section-3.3.untight").measure(candidate)
    h, size = 0.25 * 8.5 / (2 * k), k * known.diameter
    lengths = (0.0, 0.5 * k, 0.999 * k)
    wanted = evidence.arrays["wanted"]
    np.testing.assert_allclose(np.linalg.norm(wanted, axis=1), np.repeat(lengths, 2), atol=1e-12)
    np.testing.assert_allclose(wanted[2] / 0.5, -wanted[4] / 0.999, rtol=1e-12)
    reach = k * (5.0 + 5.0 * np.sqrt(2.0))
    for part, vector in enumerate(wanted[::2]):
        steps = [0.1 + h * vector[axis] for axis in (0, 1)]
        around = [max(0.1, abs(step), abs(0.2 - step)) for step in steps]
        rounding = float(np.linalg.norm([ROUNDING * (value + 1.2 + reach) / h for value in around]))
        np.testing.assert_allclose(
            evidence.error[2 * part : 2 * part + 2],
            [known.gap + 8 * (known.rounding + known.value_rounding), rounding], rtol=1e-6,
        )  # fmt: skip
    assert (evidence.residual[1::2] <= evidence.error[1::2]).all()
    np.testing.assert_allclose(evidence.residual[::2], candidate.certificate.gap, rtol=1e-9)
    agree(evidence, resolution=[known.resolution, 0.05 * k] * 3, scale=[size, k] * 3)
    assert evidence.labels[:2] == ("gap with length 0", "gradient of length 0")


def test_the_freest_fake_needs_a_hundredth_of_k_times_the_diameter():
    hypothesis = next(h for h in claims.get("lgan.section-3.3.untight").hypotheses if "nothing touches" in h.name)
    assert hypothesis.met(free()) == "fake point 1 has a slack of 8.5"
    for distance, holds in ((0.0102, True), (0.0098, False)):  # k = 1 and diameter 1 but for that
        sides = [[0.0, 0.0], [1.0 + distance, 0.0]], [0.5, 0.5], [[1.0, 0.0], [1.0 + distance, 0.0]], [0.5, 0.5]
        one = made(sides, losses.wasserstein(), LipschitzBall(1.0), [0.0, 1.0], [1.0, 1.0], np.diag([0.5, 0.5]))
        assert bool(hypothesis.test(one)) is (distance > 0.01 * (1 + distance))
        assert holds is (distance > 0.01 * (1 + distance))
    assert not hypothesis.test(cross())
    point = [[1.0, 2.0]], [1.0], [[1.0, 2.0]], [1.0]
    assert not hypothesis.test(made(point, losses.wasserstein(), LipschitzBall(1.0), [0.7], [0.7], [[1.0]]))


# --- derivatives of V ---


@pytest.mark.parametrize("name", ["tree", "cross", "sharp", "blurred tree", "shared"])
def test_derivatives_of_the_value_from_both_sides(name):
    """Where one plan is optimal its direction, else as far as the mass may be split; by the plan's own numbers."""
    candidate = control("own.value-derivative.unique-plan", 1) if name == "shared" else SHAPES[name]()
    known = Certified(candidate)
    evidence = claims.get("own.value-derivative.unique-plan").measure(candidate)
    slopes, k = known.slopes, known.k
    rising, falling = (slopes > 0).sum(), (slopes < 0).sum()
    mass = slopes[slopes > 0].sum()
    size = range(len(slopes))
    loose = [known.slack[i, j] for i in size for j in size if known.in_fake[i] and known.in_real[j]
             and known.distance[i, j] > 0 and known.slack[i, j] > 1e-7 * k * known.diameter]  # fmt: skip
    spread = (2e-9 * k * known.diameter + known.gap / mass) / min(loose) if loose else 0.0
    off = (rising + falling) * (spread + 1e-9)
    row = 0
    plan = candidate.certificate.merged_plan.toarray()[np.ix_(known.carried, known.carried)]
    for i in size:
        if not slopes[i] > 0:
            continue
        for axis in range(known.points.shape[1]):
            stands = 2 * 0.5 / 0.5 if name == "shared" else 0.0  # half of the mass stays, half is carried
            least, most = evidence.arrays["least"][row], evidence.arrays["most"][row]
            agree_one = [most - least + k * stands, 4 * k * off / (slopes[i] / mass)]
            np.testing.assert_allclose([evidence.residual[row], evidence.error[row]], agree_one, rtol=1e-6, atol=1e-7)
            ways = [plan[i, j] / slopes[i] * (known.points[j] - known.points[i])[axis] / known.distance[i, j]
                    for j in size if plan[i, j] > 0 and i != j]  # fmt: skip
            if name == "cross":  # either real, or both: the one that stands along this axis, or neither
                signs = {float(np.sign(known.points[j] - known.points[i])[axis]) for j in size if known.in_real[j]}
                assert (least, most) == pytest.approx((k * min(signs), k * max(signs)), abs=1e-7)
            else:
                assert (least, most) == pytest.approx((k * sum(ways),) * 2, abs=1e-6 * k)
            assert evidence.labels[row].startswith(f"∂V along axis {axis + 1} at {known.name(i)}")
            row += 1
    assert len(evidence) == row
    agree(evidence, resolution=1e-3 * k, scale=k)


def test_without_flow_there_is_no_derivative():
    assert len(claims.get("own.value-derivative.unique-plan").measure(subjects.of("idle"))) == 0
    assert len(claims.get("own.value-derivative.unique-plan").measure(subjects.of("equal"))) == 0


def test_a_forest_has_no_edge_too_many():
    hypothesis = next(h for h in claims.get("own.value-derivative.unique-plan").hypotheses if h.name == "unique plan")
    assert hypothesis.test(tree())
    assert hypothesis.met(tree()) == "the 3 tight pairs form a forest"
    assert hypothesis.test(cross()).reasons[0].startswith("1 tight pair(s) more than a forest has")
