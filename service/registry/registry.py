"""All jobs of this run, by token. Each is worked on in a thread of its own, whoever listens."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Generator
from contextlib import ExitStack

from pipeline.errors import EnhancementError
from service import jobs
from service.faults import explain
from service.jobs import Order, Outcome
from service.line.shares import Shares
from service.site import Site
from service.work import STEP_S, Progress, finished, mapped

from .job import ENDED, Job, State

EACH, EVERY = 64, 512  # jobs that have not ended: of a visitor, of all
REMEMBERED = 4096  # jobs; the oldest that have ended are forgotten


class UnknownJobError(EnhancementError):
    """No job has this token, or it has been forgotten."""

    status = 404

    def __init__(self) -> None:
        super().__init__(
            "This work is not known here, or its files have expired.", suggestion="Give the recording once more."
        )


class Registry:
    """The jobs of a site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._shares = Shares(EACH, EVERY)

    def start(self, order: Order) -> Job:
        """Begin. Raises TooManyError."""
        job = Job(order, order.name or order.source.name, self._site.pace)
        with ExitStack() as held:
            held.enter_context(self._shares.one(order.visit.visitor))
            held.enter_context(self._site.drain.working())
            self._forget_some()
            with self._lock:
                self._jobs[job.token] = job
            share = held.pop_all()  # given back where the work ends
            threading.Thread(target=self._run, args=(job, share), name="job", daemon=True).start()
        return job

    def get(self, token: str) -> Job:
        """Raises UnknownJobError."""
        with self._lock:
            job = self._jobs.get(token)
        if job is None:
            raise UnknownJobError
        return job

    def forget(self, job: Job) -> None:
        """Cancel it, or remove what it made; nobody finds it afterwards."""
        job.cancel()
        with self._lock:
            self._jobs.pop(job.token, None)
        if (outcome := job.now().outcome) is not None:
            self._discard(outcome)

    def wait_s(self, job: Job) -> float | None:
        """Until the job's turn, as far as anybody can tell: what those before it still take."""
        now = job.now()
        if now.state is not State.WAITING or not now.progress.before:
            return None
        with self._lock:
            others = [one for one in self._jobs.values() if one is not job]
        running = [left for one in others if (n := one.now()).state is State.RUNNING and (left := n.left_s) is not None]
        waiting = [one for one in others if one.now().state is State.WAITING and one.created_s < job.created_s]
        ahead = [left for one in waiting[: max(0, now.progress.before - 1)] if (left := one.now().left_s) is not None]
        return (min(running, default=0.0) + sum(ahead)) / max(1, self._site.config.workers)

    def follow(self, job: Job) -> Generator[Progress, None, Outcome]:
        """How far it is, until it has ended; closed before, the job is cancelled. Raises what made it fail."""
        try:
            while not job.ended.wait(STEP_S):
                yield job.now().progress
        finally:
            job.cancel()
        now = job.now()
        if now.error is not None:
            raise now.error
        if now.outcome is None:
            raise jobs.cancelled()
        return now.outcome

    def _run(self, job: Job, share: ExitStack) -> None:
        def weighed(work_bytes: float) -> None:
            job.work_bytes = work_bytes

        def shown(now: Progress) -> None:
            if not job.show(now):
                raise jobs.cancelled()

        try:
            outcome = finished(mapped(jobs.serve_one(self._site, job.order, weighed), shown))
            if not job.done(outcome):
                self._discard(outcome)
        except Exception as fault:
            job.failed(explain(fault))
        finally:
            share.close()

    def _forget_some(self) -> None:
        """Those whose files are gone, and the oldest of too many."""
        too_old_s = time.time() - self._site.config.file_lifetime_s
        with self._lock:
            ended = [one for one in self._jobs.values() if one.now().state in ENDED]
            excess = len(self._jobs) - REMEMBERED
            for number, job in enumerate(ended):
                if number < excess or job.ended_s < too_old_s:
                    del self._jobs[job.token]

    def _discard(self, outcome: Outcome) -> None:
        for path in list(outcome.folder.glob("*")):
            self._site.storage.ledger.remove(path)
        shutil.rmtree(outcome.folder, ignore_errors=True)
