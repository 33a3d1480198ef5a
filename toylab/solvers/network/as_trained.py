"""The critic as training left it, before any rescaling: what a rival's own objective comes to."""

from __future__ import annotations

import numpy as np
import torch
from scipy import sparse

from toylab.certificate import certify
from toylab.solvers.network.architectures import AbstractArchitecture, Parameters
from toylab.solvers.network.critic import TrainedCritic
from toylab.solvers.network.examination import examined_blends
from toylab.solvers.network.normalisation import NormalisedProblem


@torch.no_grad()
def as_trained(
    architecture: AbstractArchitecture,
    problem: NormalisedProblem,
    parameters: Parameters,
    plan: sparse.csr_array | None,
) -> dict[str, float]:
    """The gap and the constants of the last parameters, without polish.

    Args:
        architecture: how they are read.
        problem: with the units of the training.
        parameters: of one member, the ensemble axis of length 1.
        plan: a dual plan for the bound, of the polished critic; a critic's own plan may be poor.

    Returns:
        "raw_relative_gap" by `certify`, inf where values are not finite; "raw_constant", the k_support of the values;
        "raw_steepest_gradient", the largest found on blends.
    """
    parameters = [parameter.detach().to("cpu", torch.float64) for parameter in parameters]
    critic = TrainedCritic(architecture, parameters, problem.centre, problem.length).as_critic()
    gradients = architecture.value_and_input_gradient(parameters, examined_blends(problem))[1]
    steepest = float(torch.linalg.vector_norm(gradients, dim=-1).max()) / problem.length
    if not np.isfinite(steepest) or not np.isfinite(critic(problem.problem.support.points)).all():
        return {"raw_relative_gap": np.inf, "raw_constant": np.inf, "raw_steepest_gradient": np.inf}
    certificate = certify(problem.problem, critic, plan)
    return {
        "raw_relative_gap": certificate.relative_gap,
        "raw_constant": certificate.k_support,
        "raw_steepest_gradient": steepest,
    }


__all__ = ["as_trained"]
