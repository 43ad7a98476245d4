"""Many recordings, on the workers of a Dask cluster.

Workers get plain data and the name of a function (`worker.py`), and answer with plain data. A worker that sees the
recording at its path, with the same size and time, reads it there; to others it is sent. Results come back as bytes,
and are written here: only here is it known where they go, and what of the folder is done. So a worker that was taken
for dead writes nothing twice.

Whom to trust is not decided here: whoever reaches a Dask scheduler can run programs on its workers, and what workers
answer is unpickled (docs/scaling.md).
"""

from __future__ import annotations

import contextlib
import logging
import queue
import re
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import runtime_setup
from pipeline import warm_up
from pipeline.errors import EnhancementError, SettingsError
from pipeline.files.writing.target import replacing

from .batch import (
    BatchOptions,
    TaskOutcome,
    check_outputs,
    done_before,
    failed,
    make_folders,
    noted_interrupt,
    outcome_of,
    recorded,
    unexpected,
)
from .plan import Task
from .worker import MOST_SENT_BYTES, enhanced, job_of

log = logging.getLogger(__name__)

LOCAL = "local"
ADDRESS = re.compile(r"(tcp|tls)://(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}")
HOW = "pip install -r requirements-dask.lock installs it."
CONNECT_S = 5
LOOK_S = 1.0  # how often it is asked whether workers have joined
RETRIES = 2  # of what a worker could not even begin: it lacks the program, say
KILLED = "Every worker that had this file died over it: killed, crashed or out of memory."
NONSENSE = "A worker gave an answer that cannot be understood."


def enhance_all(
    tasks: Sequence[Task],
    order: BatchOptions,
    address: str,
    jobs: int = 1,
    progress: Callable[[float, str], None] | None = None,
) -> Iterator[TaskOutcome]:
    """Outcomes as they come. `progress` is told how many threads of workers there are.

    address : of the scheduler; "local" starts one here, with `jobs` workers, or one for every core if that is 1

    Stopped from outside (KeyboardInterrupt, a closed generator), it leaves finished files and nothing half written.
    What waits on the cluster is cancelled; what is at work there ends, and nobody asks for it.

    Raises EnhancementError where there is no cluster, or none any more.
    """
    done, left = done_before(tasks, order)
    yield from (TaskOutcome(task, was_done=True) for task in done)
    if not left:
        return
    with (
        noted_interrupt(at_once=True) as interrupted,
        _connected(address, jobs, order.settings.denoise.method) as client,
    ):
        run = _Run(client, order, progress, deque(left))
        while run.next_round():
            run.send()
            yield from (recorded(outcome, order) for outcome in run.arrived())
            if interrupted.is_set():  # it was swallowed
                raise KeyboardInterrupt


@dataclass
class _Sent:
    """A task on its way. sent_bytes : of the recording, None where the worker is to find it itself."""

    task: Task
    future: Any
    sent_bytes: int | None


@dataclass
class _Run:
    """What is on the cluster now, and what waits for its turn here."""

    client: Any
    order: BatchOptions
    progress: Callable[[float, str], None] | None
    waiting: deque[Task]
    name: str = field(default_factory=lambda: f"enhance-{uuid4().hex}")  # two batches may share a cluster
    count: int = 0
    threads: int = -1  # not known yet
    sends: bool = False  # recordings along with the tasks: a worker did not see one
    running: dict[str, _Sent] = field(default_factory=dict)
    ended: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)  # keys
    known: deque[TaskOutcome] = field(default_factory=deque)  # without the cluster
    suspects: deque[Task] = field(default_factory=deque)
    alone: bool = False  # the suspects' round

    def next_round(self) -> bool:
        """Whether anything is to be done.

        Whoever was on a worker when it died is under suspicion, though one of them alone killed it. So those that Dask
        gave up are tried again at the end, one by one.
        """
        if not (self.waiting or self.running or self.known) and self.suspects:
            self.waiting, self.suspects, self.alone = self.suspects, deque(), True
        return bool(self.waiting or self.running or self.known)

    def send(self) -> None:
        """As many as keep all workers at work, and no more: memory must not grow with the folder."""
        self._look()
        most = 1 if self.alone else max(1, 2 * self.threads)
        while self.waiting and len(self.running) < most and self._has_room(self.waiting[0]):
            self._send(self.waiting.popleft())

    def arrived(self) -> Iterator[TaskOutcome]:
        """What has become known meanwhile. Waits for it, but not for long."""
        keys: list[str] = []
        with contextlib.suppress(queue.Empty):
            if self.running and not self.known:
                keys.append(self.ended.get(timeout=LOOK_S))
            while True:
                keys.append(self.ended.get_nowait())
        for key in keys:
            sent = self.running.pop(key)
            found = self._found(sent)
            sent.future.release()
            if found is not None:
                yield found
        while self.known:
            yield self.known.popleft()

    def _look(self) -> None:
        """How many workers there are: they come and go."""
        try:
            threads = sum(self.client.nthreads().values())
        except Exception as error:  # whatever the library's way to say it
            raise _lost(str(error)) from None
        if threads != self.threads:
            self.threads = threads
            if not threads:
                log.warning("The cluster has no worker; waiting for one. Workers that end at once lack this program.")
            if self.progress is not None:
                self.progress(0.0, f"{threads} threads" if threads else "waiting for a worker")

    def _has_room(self, task: Task) -> bool:
        on_the_way = sum(sent.sent_bytes or 0 for sent in self.running.values())
        if not on_the_way or not self.sends:
            return True
        with contextlib.suppress(OSError, ValueError):
            return on_the_way + task.source.stat().st_size <= MOST_SENT_BYTES
        return True

    def _send(self, task: Task) -> None:
        try:
            if not self.order.analyze:
                check_outputs(task, self.order)
            if not task.source.is_file():
                raise FileNotFoundError
            job = job_of(task, self.order, with_data=self.sends)
        except EnhancementError as error:
            self.known.append(failed(task, error))
            return
        except (OSError, ValueError):  # what is wrong with it is said here as on one's own machine
            self.known.append(outcome_of(task, replace(self.order, folder=None)))
            return
        self.count += 1
        key = f"{self.name}-{self.count}"
        with warnings.catch_warnings():
            # "Sending large graph": it is meant so. A worker may die with what was stored on it; the scheduler stays.
            warnings.simplefilter("ignore", UserWarning)
            future = self.client.submit(enhanced, job, key=key, pure=False, retries=RETRIES)
        self.running[key] = _Sent(task, future, None if job["data"] is None else len(job["data"]))
        future.add_done_callback(lambda _: self.ended.put(key))

    def _found(self, sent: _Sent) -> TaskOutcome | None:
        """None: it is to be sent once more."""
        from distributed import KilledWorker

        try:
            answer = sent.future.result()
        except CancelledError:  # not by us
            raise _lost() from None
        except KilledWorker as error:
            if not self.alone:
                self.suspects.append(sent.task)
                return None
            return TaskOutcome(sent.task, error=f"{KILLED} Look into the workers' logs.", details=str(error))
        except Exception as error:  # as in `outcome_of`: a fault in one file must not cost the others
            return TaskOutcome(sent.task, error=_fault(error), details=str(error))
        if isinstance(answer, dict) and answer.get("unseen") is True and sent.sent_bytes is None:
            self.sends = True
            self.waiting.appendleft(sent.task)
            return None
        return _written(sent.task, self.order, answer)


def _fault(error: Exception) -> str:
    """Where the function that was sent is looked up by its name, nothing else may be missing."""
    if isinstance(error, ImportError) or "deserialization" in str(error):
        return "The scheduler or a worker lacks this program, or a package of it. Start both where it is installed."
    return unexpected(error)


@contextlib.contextmanager
def _connected(address: str, jobs: int, method: str) -> Iterator[Any]:
    """A client. Raises SettingsError and EnhancementError."""
    check(address)
    if address == LOCAL:
        warm_up.kernels((method,))  # compiled before the workers ask for it, all at once
    from distributed import Client, LocalCluster

    level = logging.getLogger().getEffectiveLevel()
    for name in ("distributed", "distributed.client"):  # the library gives each a level of its own
        logging.getLogger(name).setLevel(logging.WARNING if level <= logging.INFO else logging.CRITICAL)
    with contextlib.ExitStack() as stack:
        if address == LOCAL:
            workers = jobs if jobs > 1 else runtime_setup.cores()
            address = stack.enter_context(LocalCluster(
                n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0",
                worker_dashboard_address=None, silence_logs=logging.CRITICAL,
            ))  # fmt: skip
        try:
            client = Client(address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:  # nobody there, somebody else there, no certificate
            raise EnhancementError(
                f"No Dask scheduler answers at {address}.", details=str(error),
                suggestion="Check the address, and that `dask scheduler` runs there.",
            ) from None  # fmt: skip
        yield stack.enter_context(client)


def check(address: str) -> None:
    """Raises SettingsError for what is no address, EnhancementError where the package is not installed."""
    if address != LOCAL and not ADDRESS.fullmatch(address):
        raise SettingsError(
            "--dask takes the address of a scheduler, or local.", suggestion="Write it as tcp://host:8786."
        )
    if find_spec("distributed") is None:
        raise EnhancementError("--dask needs the package distributed.", suggestion=HOW)


def _lost(details: str = "") -> EnhancementError:
    return EnhancementError(
        "The Dask scheduler is gone.",
        details=details,
        suggestion="What is done is done: with --resume the rest is done later.",
    )


def _written(task: Task, order: BatchOptions, answer: Any) -> TaskOutcome:
    """Where the result belongs; whole, or not at all. Of the answer only what it is to hold is looked at."""
    if not isinstance(answer, dict) or not isinstance(answer.get("error"), str):
        return TaskOutcome(task, error=NONSENSE)
    if answer["error"]:
        return TaskOutcome(task, error=answer["error"], details=str(answer.get("details", "")))
    outputs = [] if order.analyze else task.outputs
    report, table, results = (answer.get(name) for name in ("report", "table", "results"))
    if not (isinstance(report, dict) and isinstance(table, str) and isinstance(results, list)):
        return TaskOutcome(task, error=NONSENSE)
    if len(results) != len(outputs) or not all(isinstance(data, bytes) for data in results):
        return TaskOutcome(task, error=NONSENSE)
    try:
        make_folders(outputs)
        for path, data in zip(outputs, results, strict=True):
            with replacing(path) as part:
                Path(part).write_bytes(data)
    except EnhancementError as error:
        return failed(task, error)
    return TaskOutcome(task, report, table)
