"""The stopwatch of the critics' comparison, on clocks that are moved by hand."""

from dataclasses import dataclass, field

import pytest

from toylab.bench.critic_stopwatch import PausedClock, Stopwatch, WatchedPolish
from toylab.solution import Status
from toylab.solvers.network import AbstractPolish, AbstractStopping, Judgement, ScaleAndOffset


class HandClock:
    """Two clocks that go only when they are pushed."""

    def __init__(self):
        self.cpu = self.wall = 100.0
        self.settled = 0

    def push(self, cpu, wall):
        self.cpu += cpu
        self.wall += wall

    def settle(self):
        self.settled += 1

    def paused_clock(self):
        return PausedClock(self.settle, lambda: self.cpu, lambda: self.wall)


@dataclass
class AtSteps(AbstractStopping):
    steps: set[int]
    seen: list[int] = field(default_factory=list)

    def asks_at(self, step):
        return step in self.steps

    def done(self, judgement):
        self.seen.append(judgement.step)
        return Status.CONVERGED if judgement.relative_gap < 0.1 else None


def judged(step, gap=0.5):
    return Judgement(step=step, relative_gap=gap, relative_excess=0.25)


def watch_of(hand, inner, seconds=10.0, **settings):
    polish = WatchedPolish(inner=())
    return Stopwatch(inner=inner, seconds=seconds, clock=hand.paused_clock(), polish=polish, **settings)


def test_a_clock_stands_still_in_its_pauses():
    hand = HandClock()
    clock = hand.paused_clock()
    hand.push(1.0, 2.0)
    assert clock.pause().cpu == pytest.approx(1.0)
    assert hand.settled == 1
    hand.push(5.0, 7.0)
    assert clock.glance().wall == pytest.approx(2.0)
    pause = clock.resume()
    assert (pause.cpu, pause.wall) == pytest.approx((5.0, 7.0))
    hand.push(0.5, 0.5)
    assert clock.glance().cpu == pytest.approx(1.5)
    assert clock.glance().wall == pytest.approx(2.5)
    assert clock.resume().cpu == 0.0  # it is going already


def test_judging_costs_no_method_anything_and_the_own_rule_is_asked_only_where_it_wants_to_be():
    hand, inner = HandClock(), AtSteps({3})
    watch = watch_of(hand, inner)
    for step in (1, 2, 3):
        hand.push(0.5, 1.0)
        assert watch.asks_at(step)
        hand.push(0.2, 0.4)  # the judgement
        status = watch.done(judged(step, gap=0.01))
    assert inner.seen == [3]  # a gap of 0.01 does not end it before its own rule looks
    assert status is Status.CONVERGED
    assert watch.trace.step == [1, 2, 3]
    assert watch.trace.cpu == pytest.approx([0.5, 1.0, 1.5])
    assert watch.trace.wall == pytest.approx([1.0, 2.0, 3.0])
    assert watch.judging == pytest.approx(0.6)
    assert not watch.time_up


def test_a_judgement_that_is_dear_is_asked_for_less_often():
    hand = HandClock()
    watch = watch_of(hand, AtSteps(set()))
    hand.push(0.1, 0.1)
    assert watch.asks_at(1)
    hand.push(4.0, 4.0)
    assert watch.done(judged(1)) is None
    hand.push(1.9, 1.9)
    assert not watch.asks_at(2)  # half of the last judgement's cost has not gone by
    hand.push(0.2, 0.2)
    assert watch.asks_at(3)


@pytest.mark.parametrize(("after", "counted"), [(0.5, 0.0), (0.8, 0.2)])
def test_the_last_judgement_is_not_counted_either_but_what_else_comes_after_the_steps_is(after, counted):
    hand = HandClock()
    watch = watch_of(hand, AtSteps({1}), seconds=1.0)
    hand.push(1.5, 3.0)
    assert watch.asks_at(1)
    hand.push(0.6, 0.6)
    assert watch.done(judged(1)) is Status.ITERATION_LIMIT
    hand.push(after, after)
    end = watch.end()
    assert (end.cpu, end.wall) == pytest.approx((1.5 + counted, 3.0 + counted))


@pytest.mark.parametrize(("on_wall", "push"), [(False, (5.1, 0.0)), (True, (0.0, 5.1))])
def test_training_ends_when_its_time_is_up(on_wall, push):
    hand, ticks = HandClock(), []
    watch = watch_of(hand, AtSteps(set()), seconds=5.0, on_wall=on_wall, tick=ticks.append)
    hand.push(*push)
    assert watch.asks_at(1)
    assert watch.done(judged(1)) is Status.ITERATION_LIMIT
    assert watch.time_up
    assert ticks == pytest.approx([5.1])


class Shift(AbstractPolish):
    def scale_and_offset(self, objective, spread):
        return 2.0, 1.0


def bowl(scale, offset):
    """Smallest at scale 4, offset −1, where it is 3."""
    return 3.0 + (scale - 4.0) ** 2 + (offset + 1.0) ** 2


def test_a_watched_polish_does_what_the_polishes_do_and_remembers_both_ends():
    polish = WatchedPolish(inner=(Shift(), ScaleAndOffset()))
    scale, offset = polish.scale_and_offset(bowl, 1.0)
    # Nelder-Mead stops once the objective differs by 1e-14 over its simplex, so x is known to about √1e-14
    assert (scale, offset) == pytest.approx((4.0, -1.0), abs=1e-6)
    assert polish.rescaling == (scale, offset)
    assert polish.best == pytest.approx(3.0, abs=1e-12)
    assert polish.take() == bowl(1.0, 0.0)
    assert polish.take() == float("inf")
    polish.scale_and_offset(lambda s, c: 100.0 + bowl(s, c), 1.0)  # a worse critic does not become the best
    assert polish.best == pytest.approx(3.0, abs=1e-12)
    assert polish.take() == 100.0 + bowl(1.0, 0.0)
