"""Claims: statements of the literature that can be decided, by name.

`base` says what a claim is and decides; `certified` turns a certificate into error bounds; `hypotheses` holds
what statements ask for, `cases` where they are decided, `explanation` their arguments in words. The statements with
their controls are sorted by what they are about, one file per theme: `critics`, `functions`, `families` of solved
problems, `densities`, `generators`, `diracgan`.
"""

from __future__ import annotations

from toylab.claims.base import Claim, Control, Evidence, Hypothesis, Verdict, VerdictStatus, decide
from toylab.claims.cases import Budget, Case, Engine
from toylab.claims.critics.bounding import THEOREM_2A, THEOREM_2B, THEOREM_2C, THEOREM_3
from toylab.claims.critics.bounds import LEAST_VALUE, MOST_CONSTANT
from toylab.claims.critics.compact_dual import THEOREM_5
from toylab.claims.critics.constraints import BLENDS_SUFFICE, COMPACT_LIPSCHITZ
from toylab.claims.critics.differentiability import UNIQUE_DERIVATIVE
from toylab.claims.critics.diracs import DIRACS
from toylab.claims.critics.equilibrium import THEOREM_2D
from toylab.claims.critics.existence import EXISTENCE
from toylab.claims.critics.gradients import PROPOSITION_1
from toylab.claims.critics.hinge_margin import HINGE_MARGIN
from toylab.claims.critics.lemmas import LEMMA_8, LEMMA_9, LEMMA_11, LEMMA_12
from toylab.claims.critics.mean_square import MEAN_SQUARE, MEAN_SQUARE_EQUAL
from toylab.claims.critics.offsets import ONLY_WASSERSTEIN, SECTION_5_3
from toylab.claims.critics.overlap import ICLR_THEOREM_2, ICLR_THEOREM_2_DISJOINT
from toylab.claims.critics.partners import FEW, FOREST, SEVERAL, SINGLE
from toylab.claims.critics.reference import REFERENCE
from toylab.claims.critics.stationarity import SMOOTH, STANDSTILL
from toylab.claims.critics.uninformative import ANYTHING, FORCED, STEERED
from toylab.claims.critics.uniqueness import UNIQUENESS, UP_TO_A_CONSTANT, WASSERSTEIN_OFFSET
from toylab.claims.densities.fisher import FISHER_LOCAL
from toylab.claims.densities.local_objectives import LOCAL_DENSITIES, LOCAL_FINITE
from toylab.claims.densities.mode_collapse import FISHER_PUSHES, MODE_COLLAPSE
from toylab.claims.densities.perfect_discrimination import THEOREM_2_1, THEOREM_2_2, THEOREM_2_3
from toylab.claims.diracgan import DIRAC_CLAIMS
from toylab.claims.families import FAMILY_CLAIMS
from toylab.claims.functions.chains import LEMMA_10
from toylab.claims.functions.full_slope import THEOREM_4
from toylab.claims.generators.continuity import DIVERGENCES_CONTINUOUS, LINES_JUMP, W1_CONTINUOUS_IN_THETA
from toylab.claims.generators.instance_noise import COROLLARY_3_2, ENOUGH
from toylab.claims.generators.log_d_trick import FORWARD_KL, SINGLE_JSD, THEOREM_2_5
from toylab.claims.generators.noisy_discriminator import THEOREM_2_6
from toylab.claims.generators.vanishing_gradients import THEOREM_2_4
from toylab.errors import unknown_name

ALL: tuple[Claim, ...] = (
    PROPOSITION_1,
    EXISTENCE,
    UNIQUENESS,
    WASSERSTEIN_OFFSET,
    UP_TO_A_CONSTANT,
    THEOREM_2A,
    THEOREM_2B,
    THEOREM_2C,
    THEOREM_2D,
    THEOREM_3,
    THEOREM_4,
    THEOREM_5,
    ICLR_THEOREM_2,
    ICLR_THEOREM_2_DISJOINT,
    LEMMA_8,
    LEMMA_9,
    LEMMA_10,
    LEMMA_11,
    LEMMA_12,
    ANYTHING,
    FORCED,
    STEERED,
    SECTION_5_3,
    ONLY_WASSERSTEIN,
    LEAST_VALUE,
    MOST_CONSTANT,
    DIRACS,
    HINGE_MARGIN,
    MEAN_SQUARE,
    MEAN_SQUARE_EQUAL,
    STANDSTILL,
    SMOOTH,
    SEVERAL,
    FOREST,
    FEW,
    SINGLE,
    COMPACT_LIPSCHITZ,
    BLENDS_SUFFICE,
    REFERENCE,
    *FAMILY_CLAIMS,
    UNIQUE_DERIVATIVE,
    LOCAL_FINITE,
    LOCAL_DENSITIES,
    FISHER_LOCAL,
    MODE_COLLAPSE,
    FISHER_PUSHES,
    THEOREM_2_1,
    THEOREM_2_2,
    THEOREM_2_3,
    THEOREM_2_4,
    THEOREM_2_5,
    FORWARD_KL,
    SINGLE_JSD,
    THEOREM_2_6,
    COROLLARY_3_2,
    ENOUGH,
    W1_CONTINUOUS_IN_THETA,
    DIVERGENCES_CONTINUOUS,
    LINES_JUMP,
    *DIRAC_CLAIMS,
)
_BY_NAME = {name: claim for claim in ALL for name in (claim.id, *claim.aliases)}

__all__ = [
    "ALL",
    "Budget",
    "Case",
    "Claim",
    "Control",
    "Engine",
    "Evidence",
    "Hypothesis",
    "Verdict",
    "VerdictStatus",
    "decide",
    "get",
    "names",
]


def names() -> list[str]:
    """The ids of all claims, without aliases."""
    return [claim.id for claim in ALL]


def get(name: str) -> Claim:
    """The claim of this id or alias.

    Raises:
        InputError: unknown name; the nearest match is suggested.
    """
    if not isinstance(name, str) or name not in _BY_NAME:
        raise unknown_name("claim", name, _BY_NAME)
    return _BY_NAME[name]
