"""The two costs of a generator as hypotheses, and whether two laws are the same: what claims on updates share."""

from __future__ import annotations

from toylab.claims.base import Hypothesis
from toylab.claims.kinds import CostKind
from toylab.condition import Condition
from toylab.distributions import Distribution
from toylab.distributions.plain import to_json
from toylab.generators import (
    Cost,
    GeneratorUpdate,
    NonSaturating,
    Saturating,
)


def _costs(update: GeneratorUpdate, kind: type[Cost]) -> Condition:
    return Condition.that(isinstance(update.cost, kind), f"the generator's cost is {update.cost.formula}")


SATURATING = Hypothesis(
    name="cost log(1 − D)",
    sentence="the generator descends on E log(1 − D(g_θ(z)))",
    test=lambda update: _costs(update, Saturating),
    met=lambda update: f"the cost is {update.cost.formula}",
    repair="take cost = Saturating()",
    relax=(CostKind.NON_SATURATING,),
)
NON_SATURATING = Hypothesis(
    name="cost −log D",
    sentence="the generator descends on E[−log D(g_θ(z))]",
    test=lambda update: _costs(update, NonSaturating),
    met=lambda update: f"the cost is {update.cost.formula}",
    repair="take cost = NonSaturating()",
    relax=(CostKind.SATURATING,),
)


def same_law(first: Distribution, second: Distribution) -> bool:
    """Whether both are one distribution, by what describes them."""
    return to_json(first) == to_json(second)
