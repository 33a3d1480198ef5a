"""Where a problem comes from, as every command that names one takes it.

    NAME [--n N] [--param KEY=VALUE]     a problem of the zoo
    --fake FILE --real FILE              a user's own points
    --problem FILE                       what --save-problem or toylab.save_problem wrote

together with --loss, --lam, --target and --ball, which override what the problem has of its own.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace

from toylab import losses, zoo
from toylab.cli.options import not_negative, penalty_weight, positive, whole
from toylab.data_files import load_problem, read_measure
from toylab.errors import InputError
from toylab.losses import LossPair
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Regularizer
from toylab.regularizers import Unrestricted
from toylab.zoo.entry import PAPER_PENALTY


@dataclass(frozen=True, kw_only=True)
class ProblemSource:
    """A problem and where it came from.

    Attributes:
        label: name in the zoo, or files.
        problem: the problem.
        known: what is known about it, None for a user's own data.
    """

    label: str
    problem: CriticProblem
    known: str | None = None


def add_problem_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name a problem, its losses and its regulariser."""
    source = parser.add_argument_group("the problem: NAME, or --fake and --real, or --problem")
    source.add_argument("name", nargs="?", metavar="NAME", help=f"one of: {', '.join(zoo.names())}")
    source.add_argument("--n", type=whole(1), help="points a side of a named problem")
    source.add_argument(
        "--param", action="append", default=[], metavar="KEY=VALUE", help="a named problem's own parameter; repeatable"
    )
    source.add_argument("--fake", metavar="FILE", help="fake points (csv, tsv, txt, npy, npz, json)")
    source.add_argument("--real", metavar="FILE", help="real points")
    source.add_argument("--problem", metavar="FILE", help="a problem in JSON, as written by --save-problem")
    source.add_argument("--seed", type=whole(0), default=0, help="of the sampler and of training")
    objective = parser.add_argument_group("losses and regulariser (default: the problem's own, else logistic, 0.1)")
    objective.add_argument("--loss", help=f"for instance {', '.join(losses.names())}")
    constant = objective.add_mutually_exclusive_group()
    constant.add_argument("--lam", type=penalty_weight, help="weight lambda of the Lipschitz penalty")
    constant.add_argument("--ball", type=positive, metavar="K", help="bound the Lipschitz constant by K instead")
    constant.add_argument("--unrestricted", action="store_true", help="no restriction of the Lipschitz constant")
    objective.add_argument(
        "--target", type=not_negative, metavar="K0", help="the penalty starts at this constant (default 0)"
    )


def problem_from(options: argparse.Namespace) -> ProblemSource:
    """The problem that the arguments of `add_problem_arguments` name.

    Raises:
        InputError: no problem or more than one, options that do not go together, or a file that cannot be used.
    """
    _check_combination(options)
    pair = None if options.loss is None else losses.get(options.loss)
    if options.name is not None:
        entry = zoo.get(options.name)
        problem = entry.load(
            n=options.n,
            seed=options.seed,
            losses=pair,
            regularizer=_regularizer(options, entry.regularizer),
            **_parameters(options.param),
        )
        return ProblemSource(label=options.name, problem=problem, known=entry.known)
    if options.problem is not None:
        return ProblemSource(label=options.problem, problem=_loaded(options, pair))
    fake, real = read_measure(options.fake), read_measure(options.real)
    problem = CriticProblem(fake, real, pair or losses.logistic(), _regularizer(options, PAPER_PENALTY))
    return ProblemSource(label=f"{options.fake} against {options.real}", problem=problem)


def _loaded(options: argparse.Namespace, pair: LossPair | None) -> CriticProblem:
    saved = load_problem(options.problem)
    return replace(saved, losses=pair or saved.losses, regularizer=_regularizer(options, saved.regularizer))


def _check_combination(options: argparse.Namespace) -> None:
    if (options.fake is None) != (options.real is None):
        given, missing = ("--fake", "--real") if options.real is None else ("--real", "--fake")
        raise InputError(f"{given} needs {missing}: a problem has two measures.")
    sources = {"a name": options.name, "--fake and --real": options.fake, "--problem": options.problem}
    chosen = [what for what, value in sources.items() if value is not None]
    if not chosen:
        raise InputError("name a problem of the zoo (see `toylab zoo`), or give --fake and --real, or --problem.")
    if len(chosen) > 1:
        raise InputError(f"{' and '.join(chosen)} each give a problem; keep one of them.")
    if options.name is None:
        for what, value in (("--n", options.n), ("--param", options.param or None)):
            if value is not None:
                raise InputError(f"{what} goes with a named problem of the zoo, not with {chosen[0]}.")
    if options.target is not None and (options.ball is not None or options.unrestricted):
        other = "--unrestricted" if options.unrestricted else "--ball"
        raise InputError(f"--target belongs to the penalty; it cannot go with {other}.")


def _regularizer(options: argparse.Namespace, own: Regularizer) -> Regularizer:
    if options.ball is not None:
        return LipschitzBall(options.ball)
    if options.unrestricted:
        return Unrestricted()
    if options.lam is None and options.target is None:
        return own
    base = own if isinstance(own, LipschitzPenalty) else None
    if base is None and options.lam is None:
        raise InputError("--target needs --lam here: the problem has no penalty of its own.")
    weight = options.lam if options.lam is not None else base.weight if base else 0.0
    target = options.target if options.target is not None else base.target if base else 0.0
    return LipschitzPenalty(weight, target)


def _parameters(texts: list[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip().replace("-", "_")
        if not (name and equals):
            raise InputError(f"--param takes KEY=VALUE, got {text!r}.")
        if name in found:
            raise InputError(f"--param {name} is given twice.")
        try:
            found[name] = float(value)
        except ValueError:
            raise InputError(f"--param {name} needs a number, got {value!r}.") from None
    clash = sorted(set(found) & {"n", "seed", "losses", "regularizer"})
    if clash:
        raise InputError(f"--param does not set {clash[0]!r}; use the option of that purpose.")
    return found
