"""One case of a campaign alone, with everything a person needs to see what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toylab.bench.cases import CaseRecord, run_case
from toylab.bench.journal import Journal
from toylab.bench.random_problems import GENERATOR_VERSION, random_problem
from toylab.errors import InputError, whole_number


@dataclass(frozen=True, kw_only=True)
class Replay:
    """A case that was run again.

    Attributes:
        text: what happened, for a person.
        failed: whether something happened that must not.
    """

    text: str
    failed: bool


def replay(folder: str | Path, index: int, seed: int | None = None) -> Replay:
    """Run case `index` again.

    Args:
        folder: of the campaign, which says the seed; need not exist.
        index: of the problem.
        seed: of the campaign where the folder does not say it; 0 when not given.

    Raises:
        InputError: the campaign drew its problems with another version of the generator, or with another seed.
    """
    index = whole_number(index, "the problem's index", least=0)
    header = Journal(Path(folder)).header() if Path(folder).is_dir() else None
    if header is not None:
        if header.get("generator") != GENERATOR_VERSION:
            raise InputError(
                f"the campaign in {str(folder)!r} drew its problems with version {header.get('generator')} of the "
                f"generator, this is version {GENERATOR_VERSION}; its failing problems are in failures/<index>.json."
            )
        if seed is not None and seed != header["seed"]:
            raise InputError(f"the campaign in {str(folder)!r} has seed {header['seed']}, not {seed}.")
        seed = header["seed"]
    seed = whole_number(seed or 0, "the campaign's seed", least=0)
    record = run_case(seed, index)
    return Replay(text=_told(seed, record), failed=bool(record.failures))


def _told(seed: int, record: CaseRecord) -> str:
    lines = [f"problem         {record.index} of seed {seed}: {'; '.join(record.kinds)}"]
    if record.kinds:
        lines.append(f"                {random_problem(seed, record.index).problem.describe()}")
    gap = "–" if record.relative_gap is None else f"{record.relative_gap:.2g}"
    lines.append(f"status          {record.status or 'none'}, relative gap {gap}")
    lines += [f"{status:15} {', '.join(names)}" for status, names in record.verdicts.items()]
    lines += [f"open            {claim}: {reason}" for claim, reason in record.open.items()]
    lines += [f"second opinion  {name}: {answer}" for name, answer in record.opinions.items()]
    lines.append("milliseconds    " + ", ".join(f"{name} {1000 * s:.1f}" for name, s in record.seconds.items()))
    for failure in record.failures:
        lines += ["", f"FAILURE, {failure.kind} in {failure.stage}: {failure.sentence}", failure.details.rstrip()]
    lines += ["", f"{len(record.failures)} failures." if record.failures else "No failures."]
    return "\n".join(lines)
