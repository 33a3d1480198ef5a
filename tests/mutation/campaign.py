"""The mutation campaign: changes the certificate and the claims one place at a time, and asks whether a test notices.

    python tests/mutation/campaign.py                 every mutant (hours)
    python tests/mutation/campaign.py --sample 500    the certificate's, and a random sample of the claims'

A run that is stopped goes on where it was. `--again` tries the survivors once more, after tests were added.
"""

import argparse
import difflib
import functools
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from forks import change_module, in_fork, load_libraries, pytest_arguments
from mutants import Mutant, modules, mutants_of, mutated, sample
from reach import Reach, measure
from results import KILLED, Result, append, digest, read, read_reasons, report

ROOT = Path(__file__).parents[2]
CERTIFICATE = "toylab/certificate.py"
_NO_SUCH_MUTANT = 71


def changed_lines(before: str, after: str) -> tuple[str, str]:
    """The lines that differ, before and after, without their indentation."""
    marked = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    return tuple("\n".join(line[2:].strip() for line in marked if line[:2] == sign) for sign in ("- ", "+ "))  # type: ignore[return-value]


def try_mutant(mutant: Mutant, source: str, reach: Reach, *, budget: float) -> Result:
    """Run the tests that reach a mutant until one fails."""
    changed = mutated(mutant, source)
    was, now = changed_lines(source, changed) if changed else ("", "")
    stages = reach.stages(mutant.module, source, mutant.line, budget=budget) if changed else []

    def job(tests: list[str]) -> int:
        change_module(ROOT, mutant.module, changed or source)
        return int(pytest.main([*pytest_arguments(tests), "-x"]))

    if not changed:
        outcome = "invalid"
    elif not stages:
        outcome = "untested"
    else:
        outcome = "survived"
        for stage in stages:
            spent = sum(reach.seconds[name] for name in stage)
            status = in_fork(functools.partial(job, stage), cpu_seconds=15.0 + 4.0 * spent)
            if status != 0:
                outcome = "timeout" if status in {-signal.SIGXCPU, -signal.SIGKILL} else "killed"
                break
    return Result(
        key=mutant.key, module=mutant.module, line=mutant.line, operator=mutant.operator, outcome=outcome,
        was=was, now=now, tests=sum(map(len, stages)), digest=digest(source),
    )  # fmt: skip


def planned(population: dict[str, list[Mutant]], size: int | None, seed: int) -> list[Mutant]:
    """The certificate's mutants, all of them, then those of the claims in the order of the sample."""
    claims = {module: found for module, found in population.items() if module != CERTIFICATE}
    every = sum(map(len, claims.values()))
    return [*sample({CERTIFICATE: population.get(CERTIFICATE, [])}, every + 10**6, seed),
            *sample(claims, every if size is None else size, seed)]  # fmt: skip


def run(
    plan: Sequence[Mutant], done: dict[str, Result], keep: Callable[[Result], None], reach: Reach, *, again: bool,
    budget: float, seconds: float,
) -> None:  # fmt: skip
    """Try every mutant of the plan that has no result yet; with `again`, only survivors of earlier runs."""
    start = time.monotonic()
    for count, mutant in enumerate(plan, 1):
        earlier = done.get(mutant.key)
        if (earlier is None) == again or (earlier is not None and earlier.outcome in {*KILLED, "invalid"}):
            continue
        if time.monotonic() - start > seconds:
            print("The time is over; the same command goes on from here.")
            return
        result = try_mutant(mutant, (ROOT / mutant.module).read_text("utf-8"), reach, budget=budget)
        keep(result)
        print(f"{count}/{len(plan)} {result.outcome:9} {mutant.module}:{mutant.line} {result.now[:90]!r}", flush=True)


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """What the campaign is told."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, help="how many mutants of the claims; all of them by default")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--out", type=Path, default=ROOT / "toylab-mutation", help="where results are kept")
    parser.add_argument("--budget", type=float, default=5.0, help="CPU seconds of tests a stage, measured without it")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this time")
    parser.add_argument("--only", default="", help="try mutants of modules whose path starts so, e.g. toylab/claims/")
    parser.add_argument("--again", action="store_true", help="try the survivors once more")
    parser.add_argument("--report", type=Path, help="write the report here too, e.g. docs/mutation.md")
    return parser.parse_args(words)


def main() -> None:
    """Measure which tests reach what, try the mutants, write the report."""
    options = arguments()
    names = modules(ROOT)
    population = {module: mutants_of(module, ROOT) for module in names}
    plan = planned(population, options.sample, options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "results.jsonl"
    load_libraries()
    sys.path.insert(0, str(ROOT))
    reach = measure(ROOT, names, options.out / "reach")
    chosen = [mutant for mutant in plan if mutant.module.startswith(options.only)]
    run(chosen, read(path, ROOT), lambda result: append(path, result), reach, again=options.again,
        budget=options.budget, seconds=options.seconds)  # fmt: skip
    done, first = read(path, ROOT), read(path, ROOT, first=True)
    text = report(
        [first[mutant.key] for mutant in plan if mutant.key in first],
        {module: len(found) for module, found in population.items()},
        read_reasons(Path(__file__).with_name("reasons.toml")),
        done,
    )
    head = Path(__file__).with_name("preface.md").read_text(encoding="utf-8")
    for target in filter(None, (options.out / "report.md", options.report)):
        target.write_text(f"{head}\n{text}", encoding="utf-8")
    print(text.split("## Modules")[0])


if __name__ == "__main__":
    main()
