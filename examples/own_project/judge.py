"""How good is my critic on my data? `python examples/own_project/judge.py`."""

from pathlib import Path

import torch
from my_gan import train_critic

import toylab

HERE = Path(__file__).parent


def main() -> None:
    """Train on the two tables beside this file and print the certificate."""
    fake, real = toylab.read_measure(HERE / "fake.csv"), toylab.read_measure(HERE / "real.csv")
    problem = toylab.CriticProblem(fake, real, toylab.losses.logistic(), toylab.LipschitzPenalty(0.1))
    points = (torch.tensor(measure.points, dtype=torch.float32) for measure in (fake, real))
    critic = train_critic(*points)

    alone = toylab.certify(problem, critic)  # no exact solver involved: the critic's own dual bound
    exact = toylab.solve(problem)
    trained = toylab.Candidate.of(problem, critic, plan=exact.certificate.plan)
    print(f"relative gap by its own plan {alone.relative_gap:.3g}")
    print(f"relative gap by the optimal plan {trained.certificate.relative_gap:.3g}")
    print(f"k that its values need {trained.certificate.k_support:.4f}, k* {exact.lipschitz_constant:.4f}")
    print(toylab.compare(trained, exact, partners="bounding pairs", cones=exact.bounding_directions()))


if __name__ == "__main__":
    main()
