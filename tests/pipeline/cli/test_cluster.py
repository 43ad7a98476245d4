"""A folder on a Dask cluster: a real scheduler and real workers on loopback, and what no real one would do."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from pipeline import EnhancementError, Settings, SettingsError
from pipeline.cli import cluster, manifest, worker
from pipeline.cli import main as cli
from pipeline.cli.batch import BatchOptions
from pipeline.cli.plan import Task
from tests.pipeline.files.media import write_wav
from tests.pipeline.signals import noise

RATE = 16_000
ROOT = Path(__file__).parents[3]
PATIENCE_S = 120  # generous: machines that test are busy
NOTHING = ["--preset", "clean_only", "--denoise-strength-db", "0", "--report", "none"]


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@dataclass
class Cluster:
    """Programs as their owner starts them."""

    folder: Path
    address: str = ""
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, program: str, *options: str) -> None:
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", f"distributed.cli.dask_{program}", "--no-dashboard", *options]
        with (self.folder / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(command, cwd=self.folder, env=env, stdout=log, stderr=log)

    def scheduler(self) -> None:
        told = self.folder / "scheduler.json"
        self.start("scheduler", "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(told))
        until(lambda: told.exists() and told.read_text().endswith("}"))
        self.address = json.loads(told.read_text())["address"]

    def worker(self, name: str) -> None:
        self.start(name, "worker", self.address, "--no-nanny", "--nthreads", "1", "--name", name, "--host", "127.0.0.1")

    @contextmanager
    def asked(self) -> Iterator[Any]:
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            yield client

    def has(self, *workers: str) -> None:
        """Waits until these are there, and no others."""
        with self.asked() as client:
            until(lambda: {about["name"] for about in workers_of(client)} == set(workers))

    def send(self, name: str, number: signal.Signals) -> None:
        self.running[name].send_signal(number)


def workers_of(client: Any) -> list[dict[str, Any]]:
    return list(client.scheduler_info(n_workers=-1)["workers"].values())


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler and three workers."""
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        made.scheduler()
        for name in ("a", "b", "c"):
            made.worker(name)
        made.has("a", "b", "c")
        yield made
    finally:
        for process in made.running.values():
            process.kill()
            process.wait()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for k in range(12):
        write_wav(tmp_path / "in" / f"deep/{k:02}.wav", noise(1, RATE // 2, seed=k), RATE)
    (tmp_path / "in" / "bad.wav").write_bytes(b"RIFF\0\0\0\0WAVE")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ordered(output: str = "out") -> tuple[list[Task], BatchOptions]:
    """What the command line makes of the folder, with `NOTHING`."""
    from pipeline.cli import parser
    from pipeline.cli.plan import plan

    options = parser.parser().parse_args(["in", "-o", output, *NOTHING])
    planned = plan(["in"], output, None)
    return list(planned.tasks), BatchOptions(parser.settings_of(options), folder=planned.folder)


def lines(output: str = "out") -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(output, "manifest.jsonl").read_text().splitlines()]


def same_as_here() -> None:
    """The results, and what the manifest says of them, are those of a run without a cluster."""
    assert cli.main(["in", "-o", "here", *NOTHING]) == 1
    results = sorted(path.relative_to("here") for path in Path("here").rglob("*.wav"))
    assert len(results) == 12
    assert sorted(path.relative_to("out") for path in Path("out").rglob("*") if path.is_file()) == sorted(
        [*results, Path("manifest.jsonl")]
    )
    for path in results:
        assert Path("out", path).read_bytes() == Path("here", path).read_bytes()
    there, here = ({line["output"]: line for line in lines(name)} for name in ("out", "here"))
    assert len(lines()) == len(there) == 13
    for name, line in here.items():
        for kind in ("input_sha256", "output_sha256", "settings", "encoding", "version", "error"):
            assert there[name][kind] == line[kind], kind


def test_one_worker_is_killed_and_one_joins_late(three: Cluster, folder: Path) -> None:
    three.send("a", signal.SIGSTOP)  # it takes work, and will not do it
    tasks, order = ordered()
    outcomes = cluster.enhance_all(tasks, order, three.address)
    seen = [next(outcomes)]
    three.send("a", signal.SIGKILL)
    three.worker("late")
    three.has("b", "c", "late")
    seen += outcomes
    assert sorted(outcome.task.name for outcome in seen) == sorted(task.name for task in tasks)
    assert [outcome.task.name for outcome in seen if outcome.error] == ["bad.wav"]
    with three.asked() as client:
        worked = client.run(lambda dask_worker: (dask_worker.name, dask_worker.state.executed_count))
    assert dict(worked.values())["late"] > 0
    same_as_here()


def test_what_is_done_is_not_done_again(three: Cluster, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "in" / "bad.wav").unlink()
    command = ["in", "-o", "out", *NOTHING, "--resume", "--dask"]
    assert cli.main([*command, three.address]) == 0
    Path("out/deep/03.clean.wav").unlink()
    capsys.readouterr()
    assert cli.main([*command, three.address]) == 0
    assert capsys.readouterr().err == "note: 11 of 12 done before\n"
    assert [line["output"] for line in lines()][12:] == ["deep/03.clean.wav"]
    assert cli.main([*command, "tcp://127.0.0.1:9"]) == 0  # nothing is left: nobody is asked


def test_what_workers_do_not_see_is_sent(three: Cluster, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def elsewhere(*arguments: Any, **how: Any) -> worker.Job:
        return {**worker.job_of(*arguments, **how), "source": "/nowhere/x.wav"}

    monkeypatch.setattr(cluster, "job_of", elsewhere)
    assert cli.main(["in", "-o", "out", *NOTHING, "--dask", three.address]) == 1
    same_as_here()


def test_whoever_stops_leaves_nothing_on_the_cluster(three: Cluster, folder: Path) -> None:
    def tasks_left(dask_scheduler: Any) -> int:
        return sum(str(key).startswith("enhance-") for key in dask_scheduler.tasks)

    three.send("b", signal.SIGSTOP)
    outcomes = cluster.enhance_all(*ordered(), three.address)
    try:
        next(outcomes)
        with three.asked() as client:
            assert client.run_on_scheduler(tasks_left) > 0  # b has one, at least
            outcomes.close()  # type: ignore[attr-defined]
            until(lambda: client.run_on_scheduler(tasks_left) == 0)
    finally:
        three.send("b", signal.SIGCONT)
    assert not list(Path("out").rglob("*.part"))


def deadly(job: worker.Job) -> worker.Answer:
    """Ends the worker with one of the files."""
    if "03" in job["source"]:
        os._exit(1)
    return done()


def test_a_file_that_kills_workers_is_an_outcome(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import dask

    monkeypatch.setattr(cluster, "enhanced", deadly)
    monkeypatch.setattr(cluster.warm_up, "kernels", lambda _: None)
    tasks, order = ordered()
    some = [task for task in tasks if task.name in ("deep/02.wav", "deep/03.wav", "deep/04.wav")]
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        found = {outcome.task.name: outcome.error for outcome in cluster.enhance_all(some, order, "local", 2)}
    assert list(found)[-1] == "deep/03.wav"
    assert found["deep/03.wav"].startswith("Every worker that had this file died over it")
    assert [found[name] for name in ("deep/02.wav", "deep/04.wav")] == ["", ""]  # whoever stood beside it
    assert len(lines()) == 3


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_nobody_answers(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 0.5)
    address = f"tcp://127.0.0.1:{closed_port()}"
    assert cli.main(["in", "-o", "out", *NOTHING, "--dask", address]) == 1
    wanted = (
        f"error: No Dask scheduler answers at {address}. Check the address, and that `dask scheduler` runs there.\n"
    )
    assert capsys.readouterr().err == wanted
    assert not Path("out").exists()


def test_without_the_package(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda _: None)
    assert cli.main(["in", "-o", "out", "--dask", "local"]) == 1
    assert capsys.readouterr().err == (
        "error: --dask needs the package distributed. pip install -r requirements-dask.lock installs it.\n"
    )


def test_the_package_is_imported_where_it_is_asked_for() -> None:
    code = (
        "import sys; from pipeline.cli import main, parser; print('distributed' in sys.modules, 'dask' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert told == "False False\n"


@pytest.mark.parametrize(
    "address",
    ["", "scheduler", "scheduler:8786", "http://x:1", "tcp://x", "tcp://x:1/y", "tcp://u@x:1", "inproc://1", "Local"],
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(SettingsError, match="takes the address of a scheduler, or local"):
        cluster.check(address)


@pytest.mark.parametrize("address", ["local", "tcp://scheduler:8786", "tls://10.0.0.7:1", "tcp://[::1]:8786"])
def test_what_is_an_address(address: str) -> None:
    cluster.check(address)


@pytest.mark.parametrize("arguments", [["-", "--dask", "local"], ["in", "-o", "out", "--dask", ""]])
def test_what_does_not_go_with_it(folder: Path, arguments: list[str]) -> None:
    assert cli.main(arguments) == 2


@dataclass
class FakeFuture:
    answer: Any
    end: Callable[..., None] | None = None

    def add_done_callback(self, end: Callable[..., None]) -> None:
        self.end = end

    def result(self) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def release(self) -> None: ...


@dataclass
class FakeClient:
    """Answers as it was told, when it is told; counts what is on the way."""

    threads: int = 1
    answer: Callable[[worker.Job], Any] = worker.enhanced
    sent: list[tuple[worker.Job, FakeFuture]] = field(default_factory=list)
    jobs: list[worker.Job] = field(default_factory=list)

    def nthreads(self) -> dict[str, int]:
        for _, future in self.sent[:1]:
            assert future.end is not None
            future.end(future)
        del self.sent[:1]
        return {"w": self.threads}

    def submit(self, _: object, job: worker.Job, **how: Any) -> FakeFuture:
        future = FakeFuture(self.answer(job))
        self.sent.append((job, future))
        self.jobs.append(job)
        return future


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> FakeClient:
    made = FakeClient(answer=lambda _: done())

    @contextmanager
    def connected(*_: object) -> Iterator[FakeClient]:
        yield made

    monkeypatch.setattr(cluster, "_connected", connected)
    monkeypatch.setattr(cluster, "LOOK_S", 0.001)
    return made


def done(**other: Any) -> worker.Answer:
    return {"report": {}, "table": "", "error": "", "results": [b"sound"], **other}


def test_no_more_is_sent_than_keeps_them_at_work(folder: Path, client: FakeClient) -> None:
    tasks, order = ordered()
    outcomes = cluster.enhance_all(tasks, order, "tcp://x:1")
    next(outcomes)
    assert len(client.jobs) in (2, 3)
    client.threads = 3  # more have joined
    next(outcomes)
    assert len(client.sent) in (5, 6)
    assert len(list(outcomes)) == len(tasks) - 2


def test_recordings_on_their_way_are_bounded(folder: Path, client: FakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "in" / "bad.wav").unlink()
    size = (folder / "in" / "deep" / "00.wav").stat().st_size
    monkeypatch.setattr(cluster, "MOST_SENT_BYTES", 2 * size)
    client.threads = 4
    most = 0

    def answer(job: worker.Job) -> Any:
        nonlocal most
        most = max(most, sum(len(other["data"] or b"") for other, _ in client.sent) + len(job["data"] or b""))
        return {"unseen": True, "error": "unseen"} if job["data"] is None else done()

    client.answer = answer
    tasks, order = ordered()
    assert [outcome.error for outcome in cluster.enhance_all(tasks, order, "tcp://x:1")] == [""] * 12
    assert size < most <= 2 * size


def test_a_recording_too_large_to_be_sent_is_named(
    folder: Path, client: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "MOST_SENT_BYTES", 10_000)
    client.answer = lambda _: {"unseen": True, "error": "unseen"}
    tasks, order = ordered()
    (found,) = cluster.enhance_all(tasks[1:2], order, "tcp://x:1")
    assert "more than 0 MB are not sent over the cluster's network. Let the workers see its folder" in found.error
    assert len(lines()) == 1


@pytest.mark.parametrize(
    "answer",
    [
        None, "done", [], {}, {"error": ""}, {"error": 3}, {"unseen": True}, done(report=None), done(table=3),
        done(results=[]), done(results=["text"]), done(results=[b"a", b"b"]), done(results={"../x": b"a"}),
    ],
)  # fmt: skip
def test_nonsense_is_an_outcome(folder: Path, client: FakeClient, answer: Any) -> None:
    client.answer = lambda _: answer
    tasks, order = ordered()
    (found,) = cluster.enhance_all(tasks[1:2], order, "tcp://x:1")
    assert found.error == cluster.NONSENSE
    assert [path.name for path in Path("out").rglob("*")] == ["manifest.jsonl"]


def test_what_a_worker_names_is_not_looked_at(folder: Path, client: FakeClient) -> None:
    client.answer = lambda _: done(target="evil.wav", source="/etc/passwd", removed="../evil.wav", task="x")
    tasks, order = ordered()
    (found,) = cluster.enhance_all(tasks[1:2], order, "tcp://x:1")
    assert found.error == ""
    assert sorted(str(path) for path in Path("out").rglob("*.*")) == ["out/deep/00.clean.wav", "out/manifest.jsonl"]
    assert Path("out/deep/00.clean.wav").read_bytes() == b"sound"


@pytest.mark.parametrize(
    ("fault", "wanted"),
    [
        (ImportError("No module named pipeline"), "The scheduler or a worker lacks this program"),
        (
            RuntimeError("Error during deserialization of the task graph."),
            "The scheduler or a worker lacks this program",
        ),
        (ZeroDivisionError("x"), "An unexpected fault (ZeroDivisionError) stopped this file"),
    ],
)
def test_faults_of_one_file(folder: Path, client: FakeClient, fault: Exception, wanted: str) -> None:
    client.answer = lambda job: fault if "00.wav" in job["source"] else done()
    tasks, order = ordered()
    first, second = cluster.enhance_all(tasks[1:3], order, "tcp://x:1")
    assert first.error.startswith(wanted)
    assert second.error == ""


def test_the_scheduler_is_gone(folder: Path, client: FakeClient) -> None:
    client.answer = lambda job: CancelledError() if "03.wav" in job["source"] else done()
    with pytest.raises(EnhancementError, match="The Dask scheduler is gone"):
        list(cluster.enhance_all(*ordered(), "tcp://x:1"))
    assert {line["error"] for line in lines()} == {""}  # what was done is kept, the rest is not told to have failed
    assert len(lines()) == 3 + 1


def test_what_cannot_be_written_is_not_sent(folder: Path, client: FakeClient) -> None:
    tasks, order = ordered()
    Path("out/deep").mkdir(parents=True)
    Path("out/deep/00.clean.wav").write_bytes(b"mine")
    (found,) = cluster.enhance_all(tasks[1:2], order, "tcp://x:1")
    assert "exists already" in found.error
    assert (client.jobs, Path("out/deep/00.clean.wav").read_bytes()) == ([], b"mine")


def test_a_recording_that_is_gone(folder: Path, client: FakeClient) -> None:
    tasks, order = ordered()
    tasks[1].source.unlink()
    (found,) = cluster.enhance_all(tasks[1:2], order, "tcp://x:1")
    assert found.error.startswith("The file was not found")
    assert (client.jobs, len(lines())) == ([], 1)


@pytest.fixture
def job(folder: Path, monkeypatch: pytest.MonkeyPatch) -> worker.Job:
    monkeypatch.setenv("THREADS", "1")
    tasks, order = ordered()
    return worker.job_of(replace(tasks[1], removed=Path("out/removed.wav")), order, with_data=False)


def test_a_job_is_plain_data(job: worker.Job) -> None:
    assert json.loads(json.dumps(job)) == job
    assert Settings.from_flat(job["settings"]).flat() == job["settings"]


def test_a_worker_answers(job: worker.Job) -> None:
    found = worker.enhanced(job)
    assert (found["error"], len(found["results"])) == ("", 2)
    assert (
        worker.enhanced({**job, "source": "/nowhere/x.wav", "data": Path("in/deep/00.wav").read_bytes()})["error"] == ""
    )


def test_a_worker_takes_no_other_file_for_the_recording(job: worker.Job) -> None:
    assert worker.enhanced({**job, "bytes": job["bytes"] + 1})["unseen"]
    assert worker.enhanced({**job, "mtime_ns": job["mtime_ns"] + 1})["unseen"]
    assert worker.enhanced({**job, "source": "/nowhere/x.wav"})["unseen"]


def test_a_worker_of_another_version_does_nothing(job: worker.Job) -> None:
    (told,) = worker.enhanced({**job, "version": "0.0.1"}).values()
    assert told.startswith(f"This worker has version {manifest.version()}, where 0.0.1 is asked for.")


def test_a_result_too_large_to_be_sent(job: worker.Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "MOST_SENT_BYTES", 10_000)
    assert "Pass --format flac" in worker.enhanced(job)["error"]
