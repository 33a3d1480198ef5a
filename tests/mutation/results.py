"""What has been tried so far, a line a mutant, and the table that a person reads."""

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from scipy import stats

#: A mutant that runs into the limit of time or memory has been noticed, as one whose tests fail.
KILLED = ("killed", "timeout")


@dataclass(frozen=True, kw_only=True)
class Result:
    """The outcome of one mutant.

    Attributes:
        key: of the mutant.
        module: path from the root.
        line: where, counted from 1.
        operator: what was done.
        outcome: killed, timeout, survived, untested (no test runs the line) or invalid (no program).
        was: the lines before the change.
        now: the lines after it.
        tests: how many tests were chosen.
        digest: of the module's text; a result of another text does not count.
    """

    key: str
    module: str
    line: int
    operator: str
    outcome: str
    was: str
    now: str
    tests: int
    digest: str


def digest(text: str) -> str:
    """A short name of a module's text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def append(path: Path, result: Result) -> None:
    """Keep a result; a run that is cut short loses only the mutant it was at."""
    with path.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(asdict(result)) + "\n")


def read(path: Path, root: Path, *, first: bool = False) -> dict[str, Result]:
    """The last result of each mutant, or the first one, by key, of those whose module is still the same."""
    if not path.exists():
        return {}
    found = [Result(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
    now = {
        module: digest((root / module).read_text("utf-8"))
        for module in {r.module for r in found}
        if (root / module).exists()
    }
    kept = [result for result in found if now.get(result.module) == result.digest]
    return {result.key: result for result in (reversed(kept) if first else kept)}


def interval(killed: int, total: int, level: float = 0.95) -> tuple[float, float]:
    """The exact (Clopper–Pearson) confidence interval of a score; of a stratified sample it is on the safe side."""
    found = stats.binomtest(killed, total).proportion_ci(level, method="exact")
    return float(found.low), float(found.high)


def read_reasons(path: Path) -> dict[tuple[str, str, str], tuple[str, str]]:
    """(module, was, now) -> (kind, reason), of the survivors that a person has looked at."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("survivor", []) if path.exists() else []
    return {(e["module"], e["was"], e["now"]): (e["kind"], e["reason"]) for e in entries}


def _counts(results: Sequence[Result]) -> tuple[int, int]:
    return sum(result.outcome in KILLED for result in results), sum(result.outcome != "invalid" for result in results)


def _score(killed: int, total: int) -> str:
    return f"{killed / total:.1%}" if total else "–"


def _summary(name: str, results: Sequence[Result], population: int, equivalent: int) -> str:
    killed, total = _counts(results)
    if not total:
        return f"* **{name}**: nothing tried yet, of {population} mutants."
    if len(results) >= population:
        reach = f"all {total} mutants"
    else:
        low, high = interval(killed, total)
        reach = f"a random sample of {total} out of {population} mutants, 95 % confidence {low:.1%} to {high:.1%}"
    rest = f"; without {equivalent} equivalent ones {_score(killed, total - equivalent)}" if equivalent else ""
    return f"* **{name}**: {killed} killed, {_score(killed, total)} ({reach}{rest})."


def report(
    results: Iterable[Result],
    population: dict[str, int],
    reasons: dict[tuple[str, str, str], tuple[str, str]],
    later: Mapping[str, Result] | None = None,
) -> str:
    """Markdown: the score, a row a module, and every survivor with its change and the reason where it is known.

    The score counts what the tests found at the first try; what fell to tests that were added since is told beside it.

    Args:
        results: of the mutants that count: a complete list of a module, or a random sample.
        population: how many mutants each module has.
        reasons: of `read_reasons`.
        later: the last result of each mutant, by key, where survivors were tried once more.
    """
    tried = sorted(results, key=lambda result: (result.module, result.line, result.key))
    left = [result for result in tried if result.outcome in {"survived", "untested"}]
    explained = {result.key: reasons.get((result.module, result.was, result.now)) for result in left}
    lines = ["## Score", ""]
    for name, of in (("certificate", _is_certificate), ("claims", lambda module: not _is_certificate(module))):
        mine = [result for result in tried if of(result.module)]
        equivalent = sum(1 for r in left if of(r.module) and (explained[r.key] or ("",))[0] == "equivalent")
        lines.append(_summary(name, mine, sum(n for module, n in population.items() if of(module)), equivalent))
        fallen = [r for r in left if of(r.module) and r.key in (later or {}) and (later or {})[r.key].outcome in KILLED]
        if fallen:
            killed, total = _counts(mine)
            lines.append(
                f"  Of the survivors {len(fallen)} fall to tests that were written because of them (`--again`), which "
                f"are not counted here; with these {_score(killed + len(fallen), total)}."
            )
    lines += [
        "",
        "## Modules",
        "",
        "| module | mutants | tried | killed | survived | score |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for module in sorted(population):
        killed, total = _counts([result for result in tried if result.module == module])
        if population[module]:
            row = (f"`{module}`", population[module], total, killed, total - killed, _score(killed, total))
            lines.append("| " + " | ".join(map(str, row)) + " |")
    lines += ["", "## Survivors", ""]
    for result in left:
        again = (later or {}).get(result.key)
        since = ("noticed since", "by a test that was written because of it")
        kind, reason = (
            explained[result.key]
            or (since if again and again.outcome in KILLED else None)
            or (("not tested", "no test runs this line") if result.outcome == "untested" else ("not explained", ""))
        )
        lines += [f"`{result.module}:{result.line}` **{kind}**{': ' + reason if reason else ''}", "", "```diff"]
        lines += [
            *("- " + line for line in result.was.splitlines()),
            *("+ " + line for line in result.now.splitlines()),
        ]
        lines += ["```", ""]
    return "\n".join(lines).rstrip() + "\n"


def _is_certificate(module: str) -> bool:
    return module == "toylab/certificate.py"
