"""Files made to cost much cost little: each within 100 MB and 5 s of processor over an ordinary file of its kind.

Each is decoded in a process of its own, as the service decodes, and all processes of it count.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipeline.files import bombs

MORE_MB, MORE_S = 100, 5
pytestmark = pytest.mark.stress
STRESS = bool(os.environ.get("STRESS"))
SLOW = {bombs.mp3_lying_tag, bombs.mkv_large_attachment, bombs.mkv_one_block, bombs.mp4_edits, bombs.flac_tags}
SLOW |= {bombs.mp4_index, bombs.wav_chunks_of_many_names, bombs.mkv_tags}
WORDS = (
    "holds no sound",
    "damaged or incomplete",
    "asks for more time",
    "asks for more memory",
    "longer than",
    "channels",
)

# A fork for each file, so that the decoders are loaded once: it decodes, and says what it and its children used.
MEASURE = """
import json, os, resource, sys
from contextlib import suppress
from pathlib import Path
from pipeline import AudioError
from pipeline.files.decode import Recording
from pipeline.files.isolated import client
from pipeline.files.limits import Limits

def used(path, isolated):
    sound_s, words = 0, ""
    try:
        recording = Recording(path, Limits(isolated=isolated))
        for block in recording.blocks():
            sound_s += block.shape[1] / recording.sample_rate
    except AudioError as fault:
        words = fault.message
    client.HELPER.stop()
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    mb = sum(one.ru_maxrss for one in both) / 1024
    return {"s": sum(one.ru_utime + one.ru_stime for one in both), "mb": mb, "sound_s": sound_s, "words": words}

for line in sys.stdin:
    path, isolated = json.loads(line)
    process = os.fork()
    if not process:
        print(json.dumps(used(path, isolated)), flush=True)
        os._exit(0)
    if os.waitpid(process, 0)[1]:
        print("null", flush=True)
"""


@pytest.fixture(scope="module")
def meter() -> object:
    process = subprocess.Popen(
        [sys.executable, "-c", MEASURE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def used(meter: subprocess.Popen[str], path: Path, isolated: bool = True) -> dict[str, float | str]:
    assert meter.stdin is not None and meter.stdout is not None
    meter.stdin.write(json.dumps([str(path), isolated]) + "\n")
    meter.stdin.flush()
    found = json.loads(meter.stdout.readline())
    assert found is not None, "the process died"
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bombs")


@pytest.fixture(scope="module")
def usual(meter: subprocess.Popen[str], folder: Path) -> dict[str, dict[str, float | str]]:
    found = {suffix: used(meter, bombs.ordinary(folder, suffix)) for suffix in bombs.BOMBS}
    assert {suffix: round(one["sound_s"], 1) for suffix, one in found.items()} == dict.fromkeys(bombs.BOMBS, 2.0)
    return found


ALL = [
    pytest.param(suffix, bomb, id=bomb.__name__)
    for suffix, kinds in bombs.BOMBS.items()
    for bomb in kinds
    if STRESS or bomb not in SLOW
]


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux alone")
@pytest.mark.parametrize(("suffix", "bomb"), ALL)
def test_a_bomb_costs_little(
    meter: subprocess.Popen[str], usual: dict[str, dict[str, float | str]], folder: Path, suffix: str, bomb: bombs.Bomb
) -> None:
    path = bomb(folder)
    found = used(meter, path)
    path.unlink()
    assert found["s"] < usual[suffix]["s"] + MORE_S
    assert found["mb"] < usual[suffix]["mb"] + MORE_MB
    assert found["sound_s"] or any(words in found["words"] for words in WORDS)


@pytest.mark.parametrize(
    ("suffix", "bomb"),
    [("m4a", bombs.mp4_cover), ("mp3", bombs.mp3_cover), ("mkv", bombs.mkv_attachment), ("wav", bombs.wav_chunks),
     ("mp3", bombs.mp3_large_tag), ("mkv", bombs.mkv_pauses), ("flac", bombs.flac_silence)],
)  # fmt: skip
def test_in_the_same_process_most_are_stopped_as_well(
    meter: subprocess.Popen[str], folder: Path, suffix: str, bomb: bombs.Bomb
) -> None:
    usual, path = used(meter, bombs.ordinary(folder, suffix), False), bomb(folder)
    found = used(meter, path, False)
    path.unlink()
    assert found["s"] < usual["s"] + MORE_S
    assert found["mb"] < usual["mb"] + MORE_MB


def test_what_lies_is_read_where_there_is_sound(meter: subprocess.Popen[str], folder: Path) -> None:
    """A cover, tags of any size and absurd time stamps are no reason to refuse a recording."""
    for bomb in (bombs.mp3_cover, bombs.mkv_attachment, bombs.mp3_large_tag, bombs.wav_texts):
        path = bomb(folder)
        assert round(used(meter, path)["sound_s"], 1) == 2.0, bomb.__name__
        path.unlink()
    assert used(meter, bombs.mkv_pauses(folder))["sound_s"] == pytest.approx(200.0)
    assert "longer than 120 minutes" in used(meter, bombs.flac_silence(folder))["words"]
