"""A decoder in a process of its own: the same samples, stopped at any time, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline import AudioError, Cancelled, LimitError, enhance_file, load
from pipeline.files.decode import Recording
from pipeline.files.isolated import client, process
from pipeline.files.limits import Limits
from tests.pipeline.files import bombs
from tests.pipeline.files.media import write_av, write_wav
from tests.pipeline.signals import noise

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
ISOLATED = Limits(isolated=True)
SOON_S = 20.0


def until(condition: Callable[[], object]) -> bool:
    end = time.monotonic() + SOON_S
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def children(process: int) -> list[int]:
    try:
        return [int(pid) for pid in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except FileNotFoundError:
        return []


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    client.warm_up()
    before = descriptors()
    yield
    client.warm_up()
    assert client.HELPER.pid is not None
    assert until(lambda: not children(client.HELPER.pid or 0)), "decoders, or zombies"
    assert descriptors() == before
    assert [pid for pid in children(os.getpid()) if "isolated" in Path(f"/proc/{pid}/cmdline").read_text()] == [
        client.HELPER.pid
    ]


@pytest.fixture
def decoder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Has decoders do something else: `decoder("os.abort()")`."""

    def replace(code: str) -> None:
        client.HELPER.stop()
        instead = textwrap.indent(f"import os, signal, time, pipeline.errors\n{code}\nyield", "    ")
        start = f"from pipeline.files import decoders\ndef blocks(*_):\n{instead}\ndecoders.blocks = blocks\nmain("
        monkeypatch.setattr(process, "START", process.START.replace("\nmain(", f"\n{start}"))

    yield replace
    client.HELPER.stop()


@pytest.mark.parametrize(("name", "codec"), [("x.wav", ""), ("x.flac", ""), ("x.m4a", "aac"), ("x.webm", "libopus")])
def test_the_samples_are_the_same(tmp_path: Path, name: str, codec: str) -> None:
    x, path = noise(2, 200_000), tmp_path / name
    kind = name[2:].upper()
    path = write_av(path, x, 48_000, codec) if codec else write_wav(path, x, kind=kind)
    ours, theirs = load(path), load(path, limits=ISOLATED)
    assert (ours.sample_rate, ours.channels) == (theirs.sample_rate, theirs.channels)
    assert np.array_equal(ours.samples, theirs.samples)
    assert Recording(path, ISOLATED).claimed_s == Recording(path).claimed_s == pytest.approx(200_000 / 48_000, abs=0.05)


def test_eight_channels_and_blocks_of_any_size(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "x.wav", noise(8, 150_001), subtype="FLOAT")
    assert np.array_equal(load(path, limits=ISOLATED).samples, load(path).samples)


def test_faults_keep_their_words(tmp_path: Path) -> None:
    text = tmp_path / "x.wav"
    text.write_bytes(b"RIFF\x24\0\0\0WAVE")
    channels = write_av(tmp_path / "x.mkv", noise(24, 24_000), 48_000, "pcm_f32le")
    for path in (text, channels):
        with pytest.raises(AudioError) as ours:
            load(path)
        with pytest.raises(AudioError) as theirs:
            load(path, limits=ISOLATED)
        assert theirs.value.as_dict() == ours.value.as_dict()
        assert (type(theirs.value), theirs.value.status) == (type(ours.value), ours.value.status)


def test_limits_hold(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "x.wav", noise(2, 96_000))
    with pytest.raises(LimitError, match="longer than 1 s"):
        load(path, limits=Limits(max_duration_s=0.9, isolated=True))
    with pytest.raises(LimitError, match="less than the 5000 ms"):
        load(path, limits=Limits(min_duration_s=5.0, isolated=True))


def test_who_stops_listening_ends_the_decoder(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "x.wav", noise(2, 960_000))
    blocks = Recording(path, ISOLATED).blocks()
    next(blocks)
    assert client.HELPER.pid is not None
    assert len(children(client.HELPER.pid)) >= 1
    blocks.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "code", ["while True: pass", "time.sleep(600)", "signal.pthread_sigmask(0, range(1, 65)); time.sleep(600)"]
)
def test_cancel_is_heard_while_a_file_is_opened(tmp_path: Path, decoder: Callable[[str], None], code: str) -> None:
    decoder(code)
    asked: list[float] = []

    def cancelled() -> bool:
        asked.append(time.monotonic())
        return len(asked) > 3

    with pytest.raises(Cancelled):
        Recording(write_wav(tmp_path / "x.wav", noise(1, 9_600)), ISOLATED, cancelled)
    assert len(asked) == 4
    assert client.HELPER.pid is not None
    assert until(lambda: not children(client.HELPER.pid or 0)), "it goes on"


def test_cancel_before_the_first_byte(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "x.wav", noise(1, 9_600))
    m4a = write_av(tmp_path / "x.m4a", noise(1, 48_000), 48_000, "aac")
    for limits in (Limits(), ISOLATED):
        for source in (path, m4a):
            with pytest.raises(Cancelled):
                Recording(source, limits, lambda: True)
    with pytest.raises(Cancelled):
        enhance_file(path, tmp_path / "y.wav", cancelled=lambda: True)
    assert not (tmp_path / "y.wav").exists()


def test_cancel_is_heard_in_the_header(tmp_path: Path) -> None:
    """In the same process, at every read: a header of two million chunks is one call of libsndfile."""
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 1_000

    with pytest.raises(Cancelled):
        Recording(bombs.wav_chunks(tmp_path), None, cancelled)
    assert asked < 1_100


def test_time_is_limited(tmp_path: Path, decoder: Callable[[str], None]) -> None:
    """A loop in C, which asks for nothing: numpy stands for it."""
    decoder(
        "from pipeline.files.isolated.decoder import TimedWatch\nTimedWatch().step()\n"
        "import numpy\nx = numpy.ones((400, 400))\nwhile True: x @ x"
    )
    with pytest.raises(LimitError, match="more time than a recording of its size needs"):
        load(write_wav(tmp_path / "x.wav", noise(1, 9_600)), limits=ISOLATED)


@pytest.mark.parametrize("code", ["b = bytearray(200 * 2**20)", "import numpy; numpy.ones(50 * 2**20)"])
def test_memory_is_limited(tmp_path: Path, decoder: Callable[[str], None], code: str) -> None:
    decoder(code)
    with pytest.raises(LimitError, match="more memory than a recording of its size needs"):
        load(write_wav(tmp_path / "x.wav", noise(1, 9_600)), limits=ISOLATED)


@pytest.mark.parametrize(
    "code", ["os.abort()", "os.kill(os.getpid(), signal.SIGSEGV)", "1 / 0", "os._exit(0)", "raise SystemExit(0)"]
)
def test_a_crash_is_a_damaged_file(
    tmp_path: Path, decoder: Callable[[str], None], caplog: pytest.LogCaptureFixture, code: str
) -> None:
    decoder(code)
    with pytest.raises(AudioError, match="damaged or incomplete"):
        load(write_wav(tmp_path / "x.wav", noise(1, 9_600)), limits=ISOLATED)
    assert "A decoder failed" in caplog.text


def test_a_decoder_can_open_write_and_signal_nothing(tmp_path: Path, decoder: Callable[[str], None]) -> None:
    """What it has: its file, the way back, and null three times."""
    target = tmp_path / "written"
    decoder(
        "import resource\n"
        "from pipeline.errors import AudioError\n"
        "fds = len(os.listdir('/proc/self/fd')) - 1\n"
        "env = sorted(set(os.environ) - {'PATH', 'LD_LIBRARY_PATH', 'TMPDIR', 'LC_CTYPE'})\n"
        f"try:\n    open({str(target)!r}, 'w').write('x' * 9999)\nexcept OSError: wrote = False\nelse: wrote = True\n"
        "status = open('/proc/self/status').read()\n"
        "raise AudioError(f'{fds} {wrote} {env} ' + str('NoNewPrivs:\\t1' in status) + '.')"
    )
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    os.environ["SECRET"] = "1"
    with pytest.raises(AudioError) as caught:
        load(write_wav(tmp_path / "x.wav", noise(1, 9_600)), limits=ISOLATED)
    del os.environ["SECRET"]
    threads = ["MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"]
    assert caught.value.message == f"5 False {threads} True."


def test_a_lying_decoder_is_not_believed(tmp_path: Path, decoder: Callable[[str], None]) -> None:
    """One that was taken over may answer anything; here, blocks of four gigabytes, and a fault that is no fault."""
    for bad in ("b'B', 48000, 2, 2**29, 0.0", "b'B', 48000, 0, 5, 0.0", "b'F', 2**31, 0, 0, 0.0", "b'X', 0, 0, 0, 0.0"):
        decoder(
            "from pipeline.files.isolated import wire\n"
            f"wire.send_end = lambda to: to.sendall(wire._HEAD.pack({bad}))\nreturn"
        )
        with pytest.raises(AudioError, match="damaged"):
            load(write_wav(tmp_path / "x.wav", noise(1, 9_600)), limits=ISOLATED)
    decoder(
        "from pipeline.files.isolated import wire\n"
        "wire.send_end = lambda to: to.sendall(wire._HEAD.pack(b'F', 16, 0, 0, 0.0) + b'[\"SystemExit\",1]')\nreturn"
    )
    with pytest.raises(AudioError, match="damaged"):
        load(write_wav(tmp_path / "x.wav", noise(1, 9_600)), limits=ISOLATED)


def test_when_the_helper_dies_in_the_middle_it_starts_again_and_nothing_is_lost(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "x.wav", noise(2, 960_000))
    recording = Recording(path, ISOLATED)
    blocks = recording.blocks()
    found = [next(blocks)]
    first = client.HELPER.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    found += list(blocks)  # from a second decoder, unless the first was quick enough to have decoded all
    assert np.array_equal(np.concatenate(found, axis=1), load(path, limits=ISOLATED).samples)
    assert client.HELPER.pid not in (None, first)


def test_a_helper_that_died_meanwhile_is_started_again_before_somebody_waits_for_it() -> None:
    first = client.HELPER.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert until(
        lambda: first not in children(os.getpid()) or Path(f"/proc/{first}/stat").read_text().split()[2] == "Z"
    )
    client.warm_up()
    assert client.HELPER.pid not in (None, first)


def test_where_no_process_can_be_started_it_is_decoded_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_wav(tmp_path / "x.wav", noise(1, 9_600))
    for change in ((process, "START", "raise SystemExit"), (sys, "executable", "/nowhere"), (sys, "executable", "")):
        client.HELPER.stop()
        client._warned.clear()
        caplog.clear()
        with monkeypatch.context() as patched:
            patched.setattr(*change)
            for _ in range(2):
                assert load(path, limits=ISOLATED).samples.shape == (1, 9_600)
        assert caplog.text.count("decoded in this process") == 1


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_the_helper_ends_with_the_program_and_takes_its_decoders_along(tmp_path: Path, signum: int) -> None:
    path = write_wav(tmp_path / "x.wav", noise(2, 960_000))
    code = """
        import sys, time
        from pipeline.files.decode import Recording
        from pipeline.files.isolated import client
        from pipeline.files.limits import Limits
        blocks = Recording(sys.argv[1], Limits(isolated=True)).blocks()
        next(blocks)
        print(client.HELPER.pid, flush=True)
        time.sleep(600)
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        helper = int(program.stdout.readline())
        assert until(lambda: children(helper))
        decoders = children(helper)
        program.send_signal(signum)
        program.wait()
    assert until(lambda: not any(alive(pid) for pid in (helper, *decoders)))


def alive(pid: int) -> bool:
    """A zombie that nobody waits for here, where the first process may not, is dead."""
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_program_that_forks_has_a_helper_of_its_own(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "x.wav", noise(1, 9_600))
    code = """
        import os, sys
        from pipeline.files.decode import load
        from pipeline.files.isolated import client
        from pipeline.files.limits import Limits
        limits = Limits(isolated=True)
        load(sys.argv[1], limits=limits)
        helper = client.HELPER.pid
        child = os.fork()
        ok = load(sys.argv[1], limits=limits).samples.shape == (1, 9_600)
        ok = ok and (client.HELPER.pid == helper) == bool(child)
        client.HELPER.stop()
        if not child:
            os._exit(not ok)
        print(ok and os.waitpid(child, 0)[1] == 0)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), path], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_eight_at_a_time(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    paths = [write_wav(tmp_path / f"{i}.wav", noise(1, 48_000 + i)) for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        lengths = list(pool.map(lambda path: load(path, limits=ISOLATED).samples.shape[1], paths * 4))
    assert lengths == [48_000 + i for i in range(8)] * 4


def test_what_is_too_short_is_told_as_it_is_in_this_process(tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    write_wav(path, np.zeros((1, 480), np.float32), 16_000)
    for limits in (Limits(), Limits(isolated=True)):
        with pytest.raises(LimitError, match="lasts 30 ms"):
            load(path, limits=limits)
