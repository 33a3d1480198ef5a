"""Recipes by name: MaxGP and its rivals, each tuned on small problems and as it was published.

Every preset takes `published=True` for the settings of its paper (architecture, optimiser, λ; the network then sees the
caller's points and its bare output is the critic) and any changes on top:

    GP(steps=2000)    GP(published=True, seed=3)    GP(penalty=GradientPenalty(target=2.0))

Points are always drawn anew in every step of a published recipe, 256 a side unless it says otherwise. Steps stay at
10 000 and weights start as in `MLP.init`: the papers train a generator along, and their numbers of steps count that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from toylab.errors import InputError, unknown_name
from toylab.solvers.network.activations import SELU, MaxMin, ReLU
from toylab.solvers.network.architectures import MLP, LeakyReLU
from toylab.solvers.network.batches import Minibatch
from toylab.solvers.network.bounded_network import BoundedMLP
from toylab.solvers.network.bounded_weights import OrthonormalWeights, SpectralWeights
from toylab.solvers.network.muon import Muon
from toylab.solvers.network.optimizers import GradientDescent, RMSProp
from toylab.solvers.network.penalties import (
    ClippedWeights,
    ConsistencyPenalty,
    ConstructedBound,
    GradientPenalty,
    MaxGradientPenalty,
    NoPenalty,
)
from toylab.solvers.network.schedules import Schedule
from toylab.solvers.network.training import NetworkSolver

_SCHEDULE = ("steps", "learning_rate")
_ARCHITECTURE = ("width", "depth")

#: What the published toy experiments share (Gulrajani et al. 2017, code of the toy experiments): 512 × 3, batch 256.
_PUBLISHED = NetworkSolver(
    architecture=MLP(width=512, depth=3, activation=ReLU()),
    batches=Minibatch(256),
    schedule=Schedule(steps=10_000, learning_rate=1e-4, betas=(0.5, 0.9), final_share=1.0, ramp=0.0),
    normalise=False,
)


def _changed(name: str, solver: NetworkSolver, changes: dict[str, Any]) -> NetworkSolver:
    """The solver with changes of its own fields and, for short, of its schedule and its network."""
    known = [item.name for item in fields(solver)]
    for change in changes:
        if change not in {*known, *_SCHEDULE, *_ARCHITECTURE}:
            raise unknown_name(f"setting of {name}", change, [*known, *_SCHEDULE, *_ARCHITECTURE])
    whole = replace(solver, **{change: value for change, value in changes.items() if change in known})
    for part, short in (("schedule", _SCHEDULE), ("architecture", _ARCHITECTURE)):
        inside = {change: changes[change] for change in short if change in changes}
        if inside:
            whole = replace(whole, **{part: _inside(name, getattr(whole, part), inside)})
    return whole


def _inside(name: str, part: Any, changes: dict[str, Any]) -> Any:
    if isinstance(part, BoundedMLP):
        return replace(part, network=_inside(name, part.network, changes))
    for change in changes:
        if change not in {item.name for item in fields(part)}:
            raise InputError(f"{change} given to {name} means nothing to its {type(part).__name__}.")
    return replace(part, **changes)


def MaxGP(*, published: bool = False, **changes: Any) -> NetworkSolver:  # noqa: N802 - names of the literature
    """The maximum gradient penalty of LGAN (Eq. 12, 27), in the recipe that comes closest to the exact optimum.

    Three layers of 64 units with absolute values whose kinks start on the data, all points in every step, Muon with
    Adam at 1e-2 and a cosine decay, a soft maximum over the 32 steepest of 256 blends, half of them from the memory
    S_max, and λ ramped up from a tenth over the first 30 % of the steps. It charges the problem's λ. On case3 with ten
    points a side, kinks that start anywhere give gaps half as large again, and Adam alone worst angles twice as large.

    Published (LGAN, appendix: the toy experiments): 1024 × 4 ReLU, Adam 1e-4 with β = (0, 0.9), batch 256, S_max an
    eighth of the penalty's batch as in the released code, the maximum itself.

    Args:
        published: the settings of the paper instead.
        **changes: any field of `NetworkSolver`; and, for short, `steps` and `learning_rate` of its schedule,
            `width` and `depth` of its MLP. A schedule of your own replaces the whole schedule, Muon included.

    Raises:
        InputError: an unknown name, or a value outside its range.
    """
    solver = NetworkSolver(
        architecture=MLP(kinks_on_data=True),
        penalty=MaxGradientPenalty(samples=256, remembered=0.5, share=32, temperature=0.005),
        schedule=Schedule(steps=4000, learning_rate=1e-2, optimizer=Muon()),
    )
    if published:
        solver = replace(
            _PUBLISHED,
            architecture=MLP(width=1024, depth=4, activation=ReLU()),
            penalty=MaxGradientPenalty(samples=256, remembered=0.125, share=1),
            schedule=replace(_PUBLISHED.schedule, betas=(0.0, 0.9)),
        )
    return _changed("MaxGP", solver, changes)


def GP(*, published: bool = False, **changes: Any) -> NetworkSolver:  # noqa: N802
    """WGAN-GP: λ E (‖∇f‖ − 1)² over blends of pairs from one batch (Gulrajani et al. 2017, Algorithm 1).

    Tuned: 64 × 3 with absolute values, Adam 3e-3 with a cosine decay, the problem's λ and the target 1 (the problem's
    own target is ignored). Published: λ = 10 whatever the problem's is, 512 × 3 ReLU, Adam 1e-4 with β = (0.5, 0.9),
    batch 256.

    Args and raises: as `MaxGP`.
    """
    solver = NetworkSolver(penalty=GradientPenalty())
    if published:
        solver = replace(_PUBLISHED, penalty=GradientPenalty(weight=10.0, samples=256))
    return _changed("GP", solver, changes)


def LP(*, published: bool = False, **changes: Any) -> NetworkSolver:  # noqa: N802
    """WGAN-LP: λ E (‖∇f‖ − 1)₊², gradients below 1 are free (Petzka, Fischer and Lukovnikov 2018, Eq. 8).

    Tuned: 64 × 3 with absolute values, Adam 3e-3 with a cosine decay, the problem's λ and the target 1 (the problem's
    own target is ignored). Published: λ = 10 whatever the problem's is, 512 × 3 ReLU, Adam 1e-4 with β = (0.5, 0.9),
    batch 256.

    Args and raises: as `MaxGP`.
    """
    solver = NetworkSolver(penalty=GradientPenalty(one_sided=True))
    if published:
        solver = replace(_PUBLISHED, penalty=GradientPenalty(one_sided=True, weight=10.0, samples=256))
    return _changed("LP", solver, changes)


def MeanSquare(*, published: bool = False, **changes: Any) -> NetworkSolver:  # noqa: N802
    """The zero-centred penalty λ E ‖∇f‖² over blends, the "GP" that ICLR Fig. 18 puts beside MaxGP.

    It charges the problem's λ, tuned and published alike. Tuned: 64 × 3 with absolute values, Adam 3e-3 with a cosine
    decay. Published: the network of MaxGP's toy experiments (1024 × 4 ReLU, Adam 1e-4 with β = (0, 0.9), batch 256).

    Args and raises: as `MaxGP`.
    """
    solver = NetworkSolver(penalty=GradientPenalty(target=0.0))
    if published:
        solver = replace(MaxGP(published=True), penalty=GradientPenalty(target=0.0, samples=256))
    return _changed("MeanSquare", solver, changes)


def CT(*, published: bool = False, **changes: Any) -> NetworkSolver:  # noqa: N802
    """CT-GAN: GP with a consistency term around real points (Wei et al. 2018, Eq. 4, 5).

    λ and target are those of `GP`; the term has a weight of its own, λ₂ = 2, M′ = 0 and 0.1 for the hidden layer, as in
    the authors' code. These critics have no dropout: two draws of Gaussian noise on the real points take its place
    (`ConsistencyPenalty`). Tuned: noise of a twentieth of the data's size, λ₂ = 0.1. Published: λ = 10, the network of
    `GP`.

    Args and raises: as `MaxGP`.
    """
    solver = NetworkSolver(penalty=ConsistencyPenalty(weight=0.1, noise=0.05))
    if published:
        gradient = GradientPenalty(weight=10.0, samples=256)
        solver = replace(_PUBLISHED, penalty=ConsistencyPenalty(gradient=gradient))
    return _changed("CT", solver, changes)


def SpectralNorm(*, published: bool = False, **changes: Any) -> NetworkSolver:  # noqa: N802
    """SN: every weight matrix divided by its largest singular value (Miyato et al. 2018, Algorithm 1).

    f = s · g + c with g of slope at most 1 everywhere. Tuned: 64 × 3 with absolute values, s trained at the price
    R(s), so that λ is the problem's; a LipschitzBall has s = K. Published: K = 1 and no λ, 512 × 3 leaky ReLU (0.1),
    Adam 2e-4 with β = (0, 0.9), batch 64.

    Args and raises: as `MaxGP`.
    """
    solver = NetworkSolver(
        architecture=BoundedMLP(network=MLP(), weights=SpectralWeights()), penalty=ConstructedBound()
    )
    if published:
        network = MLP(width=512, depth=3, activation=LeakyReLU(leak=0.1))
        solver = replace(
            _PUBLISHED,
            architecture=BoundedMLP(network=network, weights=SpectralWeights()),
            penalty=ConstructedBound(radius=1.0),
            batches=Minibatch(64),
            schedule=replace(_PUBLISHED.schedule, learning_rate=2e-4, betas=(0.0, 0.9)),
        )
    return _changed("SpectralNorm", solver, changes)


def OrthogonalGroupSort(*, published: bool = False, **changes: Any) -> NetworkSolver:  # noqa: N802
    """Orthonormal weights by Björck's iteration, units sorted in pairs (Anil, Lucas and Grosse 2019).

    f = s · g + c with g of slope at most 1 everywhere, and 1 wherever its layers do not cancel. Tuned: 64 × 3, s
    trained at the price R(s), so that λ is the problem's; a LipschitzBall has s = K. Published: K = 1 and no λ,
    512 × 3, with the optimiser and batches of `GP`.

    Args and raises: as `MaxGP`.
    """
    solver = NetworkSolver(
        architecture=BoundedMLP(network=MLP(activation=MaxMin()), weights=OrthonormalWeights()),
        penalty=ConstructedBound(),
    )
    if published:
        network = MLP(width=512, depth=3, activation=MaxMin())
        solver = replace(
            _PUBLISHED,
            architecture=BoundedMLP(network=network, weights=OrthonormalWeights()),
            penalty=ConstructedBound(radius=1.0),
        )
    return _changed("OrthogonalGroupSort", solver, changes)


def WeightClipping(*, published: bool = False, **changes: Any) -> NetworkSolver:  # noqa: N802
    """WGAN: no penalty, every weight and bias clipped to [−c, c] after each step (Arjovsky et al. 2017, Algorithm 1).

    λ is ignored; the constant is whatever c and the depth leave, and only the rescaling at the end (`polish`) brings it
    to the problem. Tuned: 64 × 3 with absolute values, Adam 3e-3 with a cosine decay, c = 0.05, where such a network
    reaches slopes near one; λ sets the scale of the start. Published: c = 0.01, RMSProp 5e-5, batch 64 (512 × 3 ReLU,
    of Gulrajani et al. 2017, who ran it beside theirs).

    Args and raises: as `MaxGP`.
    """
    solver = NetworkSolver(penalty=ClippedWeights(bound=0.05))
    if published:
        schedule = replace(_PUBLISHED.schedule, learning_rate=5e-5, optimizer=RMSProp())
        solver = replace(_PUBLISHED, penalty=ClippedWeights(), batches=Minibatch(64), schedule=schedule)
    return _changed("WeightClipping", solver, changes)


def Unrestricted(*, published: bool = False, **changes: Any) -> NetworkSolver:  # noqa: N802
    """Plain training of J, as in the vanilla and the least-squares GAN; λ is ignored (LGAN §3.1, Fig. 1).

    Tuned: 64 × 3 with absolute values, Adam 3e-3 with a cosine decay. Published: 128 × 64 SELU, gradient descent at
    1e-4 (LGAN, Fig. 1).

    Args and raises: as `MaxGP`.
    """
    solver = NetworkSolver(penalty=NoPenalty())
    if published:
        schedule = replace(_PUBLISHED.schedule, optimizer=GradientDescent())
        deep = MLP(width=128, depth=64, activation=SELU())
        solver = replace(_PUBLISHED, architecture=deep, penalty=NoPenalty(), schedule=schedule)
    return _changed("Unrestricted", solver, changes)


#: Other ways to restrict a critic, by the name of the command line.
RIVALS: dict[str, Callable[..., NetworkSolver]] = {
    "gp": GP,
    "lp": LP,
    "mean-square": MeanSquare,
    "ct": CT,
    "weight-clipping": WeightClipping,
    "spectral-norm": SpectralNorm,
    "orthogonal": OrthogonalGroupSort,
    "unrestricted": Unrestricted,
}

#: All recipes, by the name of the command line.
PRESETS: dict[str, Callable[..., NetworkSolver]] = {"maxgp": MaxGP, **RIVALS}

__all__ = [
    "CT",
    "GP",
    "LP",
    "PRESETS",
    "RIVALS",
    "MaxGP",
    "MeanSquare",
    "OrthogonalGroupSort",
    "SpectralNorm",
    "Unrestricted",
    "WeightClipping",
]
