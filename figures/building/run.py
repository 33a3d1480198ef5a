"""All figures that are wanted: what is kept, what is drawn anew, what is computed, in parallel processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from figures.building import sources
from figures.building.records import Folder
from figures.building.scripts import FOLDER, Script
from figures.building.spec import Mode
from figures.building.work import Failed, Job, Made, make
from toylab.bench.journal import code_fingerprint
from toylab.storage import replacing, writable_folder


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is wanted.

    Attributes:
        scripts: the figures.
        folder: where to.
        mode: how much is computed.
        changes: parameters set on the command line.
        force: whether everything is computed anew.
        jobs: processes.
        gallery: whether small pictures go to figures/gallery.
    """

    scripts: Sequence[Script]
    folder: Path
    mode: Mode = Mode.FULL
    changes: Mapping[str, Any] = field(default_factory=dict)
    force: bool = False
    jobs: int = 1
    gallery: bool = False


@dataclass(frozen=True, kw_only=True)
class Step:
    """What became of one figure.

    Attributes:
        name: the figure.
        outcome: what was made or why not; None where all was there.
        stale: whether kept arrays come from other sources of toylab than the present ones.
    """

    name: str
    outcome: Made | Failed | None
    stale: bool = False


@dataclass(frozen=True, kw_only=True)
class _Task:
    script: Script
    job: Job
    data_key: str
    drawing_key: str
    stale: bool


def run(plan: Plan) -> Iterator[Step]:
    """Build what is wanted and tell of each figure as it is finished, those first that need nothing.

    Every file is written by this process, whole or not at all, as soon as its figure is made; a run that is stopped
    has lost the figures in work and nothing else.

    Raises:
        InputError: before any work: files that a figure reads are missing, or a folder cannot be written.
    """
    folder = Folder(path=writable_folder(plan.folder))
    gallery = writable_folder(FOLDER / "gallery") if plan.gallery else None
    tasks = [_task(plan, folder, script) for script in plan.scripts]
    waiting = []
    for task in tasks:
        there = folder.is_finished(task.script.name, task.drawing_key)
        if task.job.kept is not None and there and not plan.gallery:
            yield Step(name=task.script.name, outcome=None, stale=task.stale)
        else:
            waiting.append(task)
    by_name = {task.script.name: task for task in waiting}
    for outcome in _made([task.job for task in sorted(waiting, key=_cost, reverse=True)], plan.jobs):
        task = by_name[outcome.name]
        if isinstance(outcome, Made):
            _store(folder, task, outcome, plan.mode)
            if gallery is not None:
                with replacing(gallery / f"{outcome.name}.png") as temporary:
                    temporary.write_bytes(outcome.files["gallery"])
        yield Step(name=outcome.name, outcome=outcome, stale=task.stale)


def _task(plan: Plan, folder: Folder, script: Script) -> _Task:
    parameters = script.spec.chosen(plan.mode, plan.changes)
    key = sources.data_key(script, parameters, script.inputs(parameters))
    kept = None if plan.force else folder.kept(script.name, key)
    entry = folder.entries().get(script.name, {})
    stale = kept is not None and entry.get("code") != code_fingerprint()
    job = Job(name=script.name, parameters=parameters, kept=kept, gallery=plan.gallery)
    drawing = sources.drawing_key(script)  # of the files as they are now, not when the figure is done
    return _Task(script=script, job=job, data_key=key, drawing_key=drawing, stale=stale)


def _cost(task: _Task) -> float:
    return 0.0 if task.job.kept is not None else task.script.spec.seconds


def _store(folder: Folder, task: _Task, made: Made, mode: Mode) -> None:
    facts = {
        "paper": task.script.spec.paper,
        "mode": mode.name.lower(),
        "seed": task.script.spec.seed,
        "parameters": dict(task.job.parameters),
        "data_key": task.data_key,
        "drawing_key": task.drawing_key,
    }
    folder.store(made, facts)


def _made(jobs: Sequence[Job], processes: int) -> Iterator[Made | Failed]:
    """The outcomes as they come, each process with one thread."""
    if processes == 1 or len(jobs) <= 1:
        yield from map(make, jobs)
        return
    from joblib import Parallel, delayed, parallel_config
    from joblib.externals.loky import get_reusable_executor
    from joblib.externals.loky.process_executor import BrokenProcessPool

    missing = [job.name for job in jobs]
    try:
        with parallel_config(backend="loky", inner_max_num_threads=1):
            parallel: Any = Parallel(n_jobs=min(processes, len(jobs)), return_as="generator_unordered")
            for outcome in parallel(delayed(_make_apart)(job) for job in jobs):
                missing.remove(outcome.name)
                yield outcome
    except BrokenProcessPool:
        for name in missing:
            yield Failed(name=name, sentence="a process was killed, perhaps for want of memory; try fewer --jobs.")
    except (KeyboardInterrupt, GeneratorExit):
        get_reusable_executor().shutdown(wait=False, kill_workers=True)
        raise


def _make_apart(job: Job) -> Made | Failed:
    """`make` in a process of its own, in which Ctrl-C is the parent's business."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return make(job)
