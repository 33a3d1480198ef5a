"""`toylab animate`: the fakes of a problem follow their critic, as a moving picture."""

from __future__ import annotations

import argparse
from typing import Any

from toylab.cli.options import between, positive, whole
from toylab.cli.problem_source import add_problem_arguments, problem_from
from toylab.cli.targets import checked_target
from toylab.cli.terminal import progress_bar
from toylab.errors import InputError
from toylab.interrupts import GUARD
from toylab.problem import CriticProblem
from toylab.verification import ExitCode


def register(commands: Any) -> None:
    """Add the command to the parser."""
    animate = commands.add_parser(
        "animate",
        help="let the fakes of a problem follow their critic, as a GIF or MP4",
        description="The fakes of a problem move along the gradient of the certified critic, which is found anew at "
        "every step; the picture shows them with the critic, W1 and k* beside it.",
    )
    add_problem_arguments(animate)
    flow = animate.add_argument_group("the flow")
    flow.add_argument("--steps", type=whole(0), default=45, metavar="N", help="at most so many (default 45)")
    how = flow.add_mutually_exclusive_group()
    how.add_argument(
        "--share", type=between(0, 1), metavar="S", help="of its way that a fake goes in a step (default 0.1)"
    )
    how.add_argument("--rate", type=positive, metavar="R", help="a step is R times the gradient instead")
    how.add_argument("--length", type=positive, metavar="L", help="every step is so long instead")
    picture = animate.add_argument_group("the picture")
    picture.add_argument("--out", required=True, metavar="FILE", help="ends in .gif, or .mp4 where ffmpeg is installed")
    picture.add_argument("--fps", type=between(0, 50), default=10.0, help="pictures a second (default 10)")
    picture.add_argument("--every", type=whole(1), default=1, metavar="N", help="show every so many steps (default 1)")
    picture.add_argument("--dpi", type=whole(20, 1000), default=100, help="dots per inch of 7.2 inches (default 100)")
    picture.add_argument("--no-surface", action="store_true", help="leave out the critic's surface")
    picture.add_argument("--json", metavar="FILE", help="write the trajectory as JSON")
    animate.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Let the fakes go, draw every step, say why they stopped."""
    from toylab.dynamics import Stop
    from toylab.plotting.animation import animate, checked_choices
    from toylab.storage import write_json

    checked_choices(options.out, fps=options.fps, every=options.every, dpi=options.dpi)
    target = checked_target(options.out, (".gif", ".mp4"))
    data = checked_target(options.json, (".json",))
    rule, source = step_of(options), problem_from(options)
    assert target is not None
    with GUARD.held():  # steps that were taken are written first
        trajectory = _moved(source.problem, rule, options.steps)
        print(f"problem         {source.label}: {source.problem.describe()}")
        print(f"flow            {trajectory.describe()}")
        print(f"end             {trajectory.why()}")
        if data is not None:
            write_json(data, trajectory.to_json())
            print(f"Written: {data}")
    if GUARD.asked or trajectory.stop is Stop.INTERRUPTED:
        kept = f"it is in {str(data)!r}" if data else "--json would keep it"
        return GUARD.say(f"toylab: interrupted after step {trajectory.steps} of the flow; {kept}.")
    with progress_bar() as progress:
        task = progress.add_task("drawing", total=None)
        animate(
            trajectory,
            target,
            fps=options.fps,
            every=options.every,
            dpi=options.dpi,
            surface=not options.no_surface,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    print(f"Written: {target}")
    return ExitCode.AS_EXPECTED


def _moved(problem: CriticProblem, rule: Any, steps: int) -> Any:
    from toylab.dynamics import follow

    with progress_bar() as progress:
        task = progress.add_task("moving", total=None)

        def moved(done: int, total: int, w1: float) -> None:
            if GUARD.asked:  # the flow keeps its steps
                raise KeyboardInterrupt
            progress.update(task, completed=done, total=total, description=f"W1 {w1:.3g}")

        return follow(problem, step=rule, steps=steps, progress=moved)


def step_of(options: argparse.Namespace) -> Any:
    """The rule that the options name."""
    from toylab.dynamics import FixedStep, ProportionalStep, UnitStep

    if options.unrestricted:
        raise InputError("an unrestricted critic moves no fake: leave --unrestricted out.")
    if options.rate is not None:
        return FixedStep(rate=options.rate)
    if options.length is not None:
        return UnitStep(length=options.length)
    return ProportionalStep(share=0.1 if options.share is None else options.share)
