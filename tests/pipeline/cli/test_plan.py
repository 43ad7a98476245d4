from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import SettingsError
from pipeline.cli.plan import plan, printable
from tests.pipeline.files.media import write_wav
from tests.pipeline.signals import noise


def recording(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_wav(path, noise(1, 100))


def targets(*args: object) -> dict[str, str]:
    return {task.name: str(task.target) for task in plan(*args).tasks}  # type: ignore[arg-type]


def test_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    recording(Path("in/talk.wav"))
    Path("there").mkdir()
    assert targets(["in/talk.wav"], None, None) == {"talk.wav": "in/talk.clean.wav"}
    assert targets(["in/talk.wav"], None, ".mp3") == {"talk.wav": "in/talk.clean.mp3"}
    assert targets(["in/talk.wav"], "b.flac", None) == {"talk.wav": "b.flac"}
    assert targets(["in/talk.wav"], "b.FLAC", ".flac") == {"talk.wav": "b.FLAC"}
    assert targets(["in/talk.wav"], "there", None) == {"talk.wav": "there/talk.clean.wav"}
    assert targets(["in/talk.wav"], "new/", None) == {"talk.wav": "new/talk.clean.wav"}
    assert targets(["in/talk.wav"], "new", None) == {"talk.wav": "new/talk.clean.wav"}


def test_a_folder_keeps_its_structure(tmp_path: Path) -> None:
    for name in ("in/a.wav", "in/deep/er/b.wav", "in/deep/no-suffix", "in/.hidden.wav", "in/.git/c.wav"):
        recording(tmp_path / name)
    (tmp_path / "in" / "notes.txt").write_text("not a recording, and not called one")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    out = tmp_path / "out"
    made = plan([str(tmp_path / "in")], str(out), ".flac")
    assert {task.name: str(task.target.relative_to(out)) for task in made.tasks} == {
        "a.wav": "a.clean.flac",
        "deep/er/b.wav": "deep/er/b.clean.flac",
        "deep/no-suffix": "deep/no-suffix.clean.flac",
    }
    assert made.skipped == ("notes.txt",)
    assert made.folder == out


def test_results_inside_the_input_are_not_inputs(tmp_path: Path) -> None:
    recording(tmp_path / "a.wav")
    recording(tmp_path / "out" / "a.clean.wav")
    assert list(targets([str(tmp_path)], str(tmp_path / "out"), None)) == ["a.wav"]


def test_same_stem_keeps_apart(tmp_path: Path) -> None:
    for name in ("a.wav", "a.mp3", "b.wav"):
        recording(tmp_path / "in" / name)
    found = plan([str(tmp_path / "in")], str(tmp_path / "out"), None).tasks
    assert [task.target.name for task in found] == ["a.mp3.clean.wav", "a.wav.clean.wav", "b.clean.wav"]


def test_what_does_not_go_together(tmp_path: Path) -> None:
    one, two = recording(tmp_path / "1" / "a.wav"), recording(tmp_path / "2" / "a.wav")
    for inputs, output, suffix, match in [
        ([str(one), str(two)], str(tmp_path / "out"), None, "both be written to a.wav.clean.wav"),
        ([str(one), str(one)], None, None, "both be written"),
        ([str(tmp_path / "1")], None, None, "needs an output folder"),
        ([str(tmp_path / "1")], str(two), None, "to one file"),
        ([str(one), str(tmp_path / "b.wav")], str(two), None, "to one file"),
        ([str(one)], "x.doc", None, "'.doc' is not known"),
        ([str(one)], "x.wav", ".mp3", "name says .wav, the format says .mp3"),
    ]:
        with pytest.raises(SettingsError, match=match) as caught:
            plan(inputs, output, suffix)
        assert caught.value.suggestion


def test_names_for_the_terminal() -> None:
    assert printable("a\nb\x1b[31m\udcffц✓.wav") == "a?b?[31m?ц✓.wav"
