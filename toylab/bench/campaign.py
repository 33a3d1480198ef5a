"""A robustness campaign: many random problems through solve, certify and every claim, in parallel, resumable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from toylab.bench.cases import CaseRecord, run_case
from toylab.bench.journal import Journal, campaign_header
from toylab.bench.random_problems import GENERATOR_VERSION, random_problem
from toylab.bench.summary import CampaignSummary
from toylab.errors import InputError, SolverError, whole_number
from toylab.storage import writable_folder, write_json

#: progress(done, total, failures so far)
Progress = Callable[[int, int, int], None]

_CASES_A_JOB = 20


def run_campaign(
    folder: str | Path,
    *,
    problems: int,
    seed: int = 0,
    start: int = 0,
    workers: int = 1,
    progress: Progress | None = None,
) -> CampaignSummary:
    """Run the cases start … start + problems − 1 that are not in the folder yet, and count all that are.

    Every finished chunk of cases is written at once, so that an interruption loses a few seconds of work. At the end
    the folder holds campaign.json and, for each case with a failure, failures/<index>.json.

    Args:
        folder: of the journal; a campaign that was interrupted is continued.
        problems: how many cases.
        seed: of the campaign.
        start: index of the first case.
        workers: processes; 1 works in this one.
        progress: called after every chunk.

    Raises:
        InputError: a number out of range, or the folder holds another campaign.
        SolverError: a worker process died; what was finished is kept.
    """
    problems = whole_number(problems, "the number of problems", least=1)
    seed = whole_number(seed, "the campaign's seed", least=0)
    start = whole_number(start, "the first index", least=0)
    workers = whole_number(workers, "the number of workers", least=1)
    journal = Journal.opened(folder, campaign_header(seed))
    done, failed = set(), 0
    for record in journal.records():
        done.add(record["index"])
        failed += bool(record["failures"])
    wanted = range(start, start + problems)
    missing = [index for index in wanted if index not in done]
    count = len(wanted) - len(missing)
    if progress is not None:
        progress(count, len(wanted), failed)
    for records in _finished_chunks(seed, missing, workers):
        journal.append(records)
        count += len(records)
        failed += sum(bool(record.failures) for record in records)
        if progress is not None:
            progress(count, len(wanted), failed)
    return summarised(journal)


def summarised(journal: Journal) -> CampaignSummary:
    """Count everything in the journal; writes campaign.json and the failing problems."""
    header = journal.header()
    if header is None:
        raise InputError(f"there is no campaign in {str(journal.folder)!r}.")
    summary = CampaignSummary.of(header, journal.records())
    if summary.failing:
        failures = writable_folder(journal.folder / "failures")
        for record in summary.failing:
            write_json(failures / f"{record['index']}.json", _replayable(header, record))
    write_json(journal.folder / "campaign.json", summary.to_json())
    return summary


def _replayable(header: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    """A failing case with its problem: enough to see it again when the generator has changed."""
    data = {**header, **record}
    if header["generator"] == GENERATOR_VERSION and not any(f["stage"] == "draw" for f in record["failures"]):
        data["problem"] = random_problem(header["seed"], record["index"]).problem.to_json()
    return data


def _finished_chunks(seed: int, missing: list[int], workers: int) -> Iterator[list[CaseRecord]]:
    """Chunks of records as they are finished."""
    size = _CASES_A_JOB if workers > 1 else 1
    chunks = [missing[at : at + size] for at in range(0, len(missing), size)]
    if workers == 1:
        yield from (_run_chunk(seed, chunk) for chunk in chunks)
        return
    from joblib import Parallel, delayed, parallel_config
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    with parallel_config("loky", inner_max_num_threads=1):
        jobs: Any = Parallel(n_jobs=workers, return_as="generator_unordered")
        try:
            yield from jobs(delayed(_run_chunk)(seed, chunk) for chunk in chunks)
        except TerminatedWorkerError:
            raise SolverError(
                "a worker process died (out of memory, or a crash below Python); what was finished is kept: run the "
                "same command again, with --workers 1 to see which case it is."
            ) from None


def _run_chunk(seed: int, indices: list[int]) -> list[CaseRecord]:
    from toylab.verification.cases import one_thread

    one_thread()
    return [run_case(seed, index) for index in indices]
