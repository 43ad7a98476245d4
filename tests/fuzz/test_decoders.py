"""Damaged files of every container: sound or a sentence, never a crash, a hang, or something left behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.fuzz.mutations import mutated, seeds
from tests.fuzz.scale import count, tried

COUNT = count(120, 8_000)
MORE_MB = 100

# Decodes the files of one kind of decoding, and says what happened to each, and what is left of it.
DECODE = """
import json, os, resource, sys, time
from pathlib import Path
from pipeline import AudioError, LimitError
from pipeline.files.decode import Recording
from pipeline.files.isolated import client
from pipeline.files.limits import Limits
from tests.fuzz.mutations import mutated

folder, isolated, first, last, step = Path(sys.argv[1]), sys.argv[2] == "isolated", *map(int, sys.argv[3:])
files = [path.read_bytes() for path in sorted((folder / "seeds").iterdir())]
path = folder / f"x-{sys.argv[2]}"
path.write_bytes(files[0])
list(Recording(path, Limits(isolated=isolated)).blocks())

def opened():
    return len(os.listdir("/proc/self/fd"))

def children():
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()

before, threads = (opened(), children()), len(os.listdir("/proc/self/task"))
rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
counts = {"sound": 0, "damaged": 0, "limit": 0}
for number in range(first, last, step):
    path.write_bytes(mutated(files, number))
    print(number, end=" ", file=sys.stderr, flush=True)  # the one that crashes is the last
    began = time.process_time()
    try:
        found = Recording(path, Limits(isolated=isolated))
        for block in found.blocks():
            assert block.shape[0] == found.channels and block.dtype == "float32"
        counts["sound"] += 1
    except LimitError as fault:
        counts["limit"] += 1
        assert fault.message.endswith(".")
    except AudioError as fault:
        counts["damaged"] += 1
        assert fault.message.endswith(".") and str(folder) not in fault.details
    assert time.process_time() - began < 6.0, number
assert (opened(), children()) == before, (opened(), children(), before)
assert len(os.listdir("/proc/self/task")) == threads
more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - rss) / 1024
client.HELPER.stop()
assert not children()
print(json.dumps(counts | {"mb": more}))
"""


def decoded(folder: Path, isolated: bool, step: int = 1) -> dict[str, float]:
    how = "isolated" if isolated else "in process"
    command = [sys.executable, "-c", DECODE, str(folder), how, "0", str(COUNT), str(step)]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)
    assert done.returncode == 0, done.stderr[-2_000:]
    assert done.stderr.split() == [str(number) for number in range(0, COUNT, step)], "a library has written to stderr"
    found: dict[str, float] = json.loads(done.stdout)
    tried[f"files, decoded {how}"] += len(range(0, COUNT, step))
    return found


def prepared(tmp_path: Path) -> list[bytes]:
    for name in ("made", "seeds"):
        (tmp_path / name).mkdir()
    files = seeds(tmp_path / "made")
    for i, data in enumerate(files):
        (tmp_path / "seeds" / f"{i:02}").write_bytes(data)
    return files


def test_a_decoder_in_a_process_of_its_own_answers_all_of_them(tmp_path: Path) -> None:
    files = prepared(tmp_path)
    assert len(files) >= 20
    found = decoded(tmp_path, isolated=True)
    assert found["sound"] + found["damaged"] + found["limit"] == COUNT
    assert min(found["sound"], found["damaged"]) > COUNT / 20  # the damage is neither nothing nor everything
    assert found["mb"] < MORE_MB
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "seeds", "x-isolated"]


def test_a_decoder_in_the_same_process_survives_them(tmp_path: Path) -> None:
    prepared(tmp_path)
    found = decoded(tmp_path, isolated=False)
    assert found["sound"] + found["damaged"] + found["limit"] == COUNT


def test_damage_is_the_same_in_every_run(tmp_path: Path) -> None:
    files = prepared(tmp_path)
    assert [mutated(files, number) for number in range(40)] == [mutated(files, number) for number in range(40)]
    assert len({mutated(files, number) for number in range(40)}) == 40
