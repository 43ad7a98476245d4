"""The numbers of each kind of sound, on mixtures of which the answer is known."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from benchmarks.kinds import __main__ as program
from benchmarks.kinds import numbers
from benchmarks.kinds.gains import Cells
from benchmarks.kinds.mixtures import Mixture, Spans, mixtures, spans
from tests.pipeline.signals import noise, sine, speech_like

RATE = 16_000
SECONDS = 4.0
N = round(RATE * SECONDS)
Signal = NDArray[np.float32]

SILENCE = np.zeros(N, np.float32)
VOICE = speech_like(RATE, SECONDS)[0]
SECOND = speech_like(RATE, SECONDS, seed=5, pitch=1.6)[0]
HISS = noise(1, N, -45.0, seed=2)[0]
# Chords in every critical band, so that the voice hides no moment of them as a whole.
MUSIC = np.sum([sine(hz, RATE, SECONDS, 0.01)[0] for hz in np.geomspace(150, 7000, 24)], axis=0, dtype=np.float32)
FIRST_HALF = np.arange(N) < N // 2


def factor(db: float) -> np.float32:
    return np.float32(10 ** (db / 20))


def mixture(kind: str, speech: Signal, other: Signal = SILENCE, rest: Signal = SILENCE, ends: Spans = ()) -> Mixture:
    return Mixture(kind, kind, RATE, speech + other + rest, speech, other, ends)


def told(found: Mixture, y: Signal) -> dict[str, float]:
    return {number.title: number.measure(found, y) for number in numbers.KINDS[found.kind]}


@pytest.mark.parametrize("kind", numbers.KINDS)
def test_the_recording_itself_loses_nothing(kind: str) -> None:
    """And every number of a mixture that is not nan can be told."""
    found = mixture(kind, VOICE, MUSIC, HISS)
    for title, value in told(found, found.noisy).items():
        if "SI-SDR" not in title and "ESTOI" not in title and "no noise" not in title:
            assert value == pytest.approx(0.0, abs=0.01), title


@pytest.mark.parametrize("down_db", [0.0, -6.0, -12.0, -30.0])
def test_an_even_gain_of_what_stays_is_found(down_db: float) -> None:
    y = VOICE * factor(down_db)
    assert numbers.kept_db(mixture("breaths", VOICE), y) == pytest.approx(down_db, abs=0.01)


def test_what_became_of_speech_is_told_apart_from_what_became_of_the_noise() -> None:
    y = VOICE * factor(-3.0) + HISS * factor(-40.0)
    assert numbers.kept_db(mixture("whisper", VOICE, HISS), y) == pytest.approx(-3.0, abs=0.01)
    assert numbers.kept_db(mixture("whisper", VOICE, rest=HISS), y) == pytest.approx(-3.0, abs=0.01)


def test_only_where_the_kind_sounds_counts() -> None:
    y = np.where(FIRST_HALF, VOICE, 0)
    first, second = (mixture("whisper", VOICE, ends=(ends,)) for ends in ((0.0, 1.9), (2.1, 4.0)))
    assert numbers.kept_db(first, y) == pytest.approx(0.0, abs=0.01)
    assert numbers.kept_db(second, y) == -40.0


def test_lost_is_the_share_that_fell_by_more_than_10_db() -> None:
    steady = noise(1, N, -20.0)[0]
    for down_db, share in ((-9.0, 0.0), (-11.0, 50.0), (-40.0, 50.0)):
        y = np.where(FIRST_HALF, steady * factor(down_db), steady)
        assert numbers.lost_percent(mixture("ends", steady), y) == pytest.approx(share, abs=2.0)


def test_weak_cells_count_by_their_loudness_not_by_their_power() -> None:
    """A band that has a thousandth of the power and is taken away is heard, and told."""
    low, high = (sine(hz, RATE, SECONDS, peak)[0] for hz, peak in ((700.0, 0.3), (3000.0, 0.02)))
    assert numbers.kept_db(mixture("ends", low + high), low) < -3.0


def test_what_is_40_db_weaker_than_the_loudest_is_not_heard() -> None:
    low, high = (sine(hz, RATE, SECONDS, peak)[0] for hz, peak in ((700.0, 0.3), (3000.0, 0.003)))
    assert numbers.kept_db(mixture("ends", low + high), low) == pytest.approx(0.0, abs=0.1)


def test_what_noise_hides_does_not_count() -> None:
    assert np.isnan(numbers.kept_db(mixture("breaths", HISS, VOICE + noise(1, N, -20.0)[0]), HISS))


def test_with_and_without_noise_are_numbers_of_their_own() -> None:
    quiet, noisy = (told(m, m.speech) for m in (mixture("whisper", VOICE), mixture("whisper", VOICE, HISS)))
    assert np.isfinite(quiet["level, no noise, dB"]) and np.isnan(quiet["level, light noise, dB"])
    assert np.isnan(noisy["level, no noise, dB"]) and np.isfinite(noisy["level, light noise, dB"])


def test_the_residual_is_that_of_the_pauses() -> None:
    speech = np.where(FIRST_HALF, noise(1, N, -20.0)[0], 0).astype(np.float32)
    found = mixture("keyboard", speech, HISS)
    y = speech + np.where(FIRST_HALF, HISS, HISS * factor(-20.0))
    assert numbers.residual_db(found, y) == pytest.approx(-20.0, abs=0.01)
    assert numbers.residual_db(found, speech) < -80.0


def test_what_lies_right_behind_a_word_is_no_pause() -> None:
    """40 ms in which a stage closes count neither way."""
    speech = np.where(FIRST_HALF, noise(1, N, -20.0)[0], 0).astype(np.float32)
    closing = np.arange(N) < N // 2 + round(0.04 * RATE)
    y = speech + np.where(closing, HISS, HISS * factor(-20.0))
    assert numbers.residual_db(mixture("keyboard", speech, HISS), y) == pytest.approx(-20.0, abs=0.01)


def test_a_recording_without_pauses_has_no_residual() -> None:
    assert np.isnan(numbers.residual_db(mixture("dogs", HISS, MUSIC), HISS))


def test_two_talkers_are_told_apart() -> None:
    found = mixture("talkers", VOICE, SECOND * factor(-6.0))
    assert numbers.weaker_db(found, found.noisy) == pytest.approx(0.0, abs=0.01)
    y = VOICE * factor(-1.0) + found.other * factor(-9.0)
    assert numbers.louder_db(found, y) == pytest.approx(-1.0, abs=0.01)
    assert numbers.weaker_db(found, y) == pytest.approx(-9.0, abs=0.01)


@pytest.mark.parametrize("removed", ["speech", "other"])
def test_a_talker_who_is_gone_is_told(removed: str) -> None:
    found = mixture("talkers", VOICE, SECOND, HISS)
    y = found.noisy - getattr(found, removed)
    assert numbers.weaker_db(found, y) < -20.0
    assert numbers.louder_db(found, y) == pytest.approx(0.0, abs=0.1)


def test_music_turned_down_evenly_does_not_move() -> None:
    found = mixture("music", VOICE, MUSIC, HISS)
    y = VOICE + MUSIC * factor(-12.0)
    assert numbers.music_mean_db(found, y) == pytest.approx(-12.0, abs=0.01)
    assert numbers.music_moves_db(found, y) == pytest.approx(0.0, abs=0.01)


def test_music_that_pumps_moves() -> None:
    """Down by 20 dB in every second half second: ±10 dB about -10."""
    found = mixture("music", VOICE, MUSIC)
    down = (np.arange(N) // round(numbers.MUSIC_S * RATE)) % 2 == 1
    y = VOICE + np.where(down, MUSIC * factor(-20.0), MUSIC)
    assert numbers.music_moves_db(found, y) == pytest.approx(10.0, abs=1.0)
    assert numbers.music_mean_db(found, y) == pytest.approx(-10.0, abs=1.0)


def test_music_that_is_gone_is_held_at_30_db() -> None:
    found = mixture("music", VOICE, MUSIC)
    assert numbers.music_mean_db(found, VOICE) == pytest.approx(-30.0)
    assert numbers.music_moves_db(found, VOICE) == pytest.approx(0.0)


def test_music_counts_down_to_10_db_under_the_speech() -> None:
    """In cells where it is weaker the speech hides it, and what is left of it there is no pumping."""
    for under_db, counts in ((-8.0, True), (-13.0, False)):
        found = mixture("music", noise(1, N, -20.0)[0], noise(1, N, -20.0 + under_db, seed=3)[0])
        assert np.isfinite(numbers.music_mean_db(found, found.speech)) == counts
        assert np.isfinite(numbers.music_moves_db(found, found.speech)) == counts


def test_a_jingle_is_the_other_sound_where_it_is_marked() -> None:
    speech = np.where(FIRST_HALF, 0, VOICE).astype(np.float32)
    jingle = np.where(FIRST_HALF, MUSIC, 0).astype(np.float32)
    found = mixture("jingle", speech, jingle, ends=((0.0, 2.0),))
    assert numbers.jingle_db(found, speech + jingle * factor(-6.0)) == pytest.approx(-6.0, abs=0.1)


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100, 48_000])
def test_cells_lie_where_the_sound_is_at_every_rate(rate: int) -> None:
    """A tone of 1 kHz from 1.0 to 1.5 s of 2: in the eighth band, in the moments of that half second."""
    x = np.zeros(2 * rate, np.float32)
    x[rate : rate * 3 // 2] = sine(1000.0, rate, 0.5)[0]
    power = Cells((x,), rate, 0.064).power[0]
    assert int(power.sum(axis=0).argmax()) == 7  # 920 to 1080 Hz
    inside = np.arange(2 * rate) // (rate // 2) == 2
    share = Cells((x,), rate, 0.064).share(inside)
    assert power[:, 7] / power[:, 7].max() == pytest.approx(share[:, 0], abs=0.1)


def test_a_folder_is_read(tmp_path: Path) -> None:
    write(tmp_path, "dogs_1", VOICE + HISS, VOICE, HISS)
    write(tmp_path, "ends_1", VOICE, VOICE)
    (tmp_path / "manifest.csv").write_text("name,kind,spans,note\ndogs_1,dogs,,\nends_1,ends,0.5-1.25 2.0-3.0,short\n")
    dogs, ends = mixtures(tmp_path)
    assert (dogs.kind, dogs.sample_rate, dogs.spans) == ("dogs", RATE, ())
    assert np.abs(dogs.rest).max() < 1e-4
    assert not ends.other.any()
    assert ends.spans == spans("0.5-1.25 2.0-3.0") == ((0.5, 1.25), (2.0, 3.0))
    assert ends.marked().sum() == pytest.approx(1.75 * RATE, abs=2)
    assert dogs.is_noisy and not ends.is_noisy


def test_parts_of_another_length_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "dogs_1", VOICE, VOICE[:-1])
    (tmp_path / "manifest.csv").write_text("name,kind,spans\ndogs_1,dogs,\n")
    with pytest.raises(ValueError, match=r"dogs_1\.speech\.flac is not as long"):
        mixtures(tmp_path)


def test_a_constant_delay_and_another_rate_cost_nothing() -> None:
    from benchmarks import metrics

    def late(x: Signal, rate: int) -> tuple[Signal, int]:
        return np.pad(metrics.resampled(x, rate, 48_000), (411, 0)), 48_000

    found = [mixture("ends", VOICE), mixture("ends", SECOND)]
    for one, y in zip(found, program.results(late, found), strict=True):
        assert len(y) == N
        assert numbers.kept_db(one, y) == pytest.approx(0.0, abs=0.1)


def test_the_table_has_the_means_of_each_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two mixtures of a kind are one row; a system that is not installed is named and left out."""
    for name, kind_level in (("breaths_1", 1.0), ("breaths_2", 0.5)):
        write(tmp_path, name, VOICE * np.float32(kind_level), VOICE * np.float32(kind_level))
    (tmp_path / "manifest.csv").write_text("name,kind,spans\nbreaths_1,breaths,\nbreaths_2,breaths,\n")

    def missing() -> program.System:
        raise program.NotInstalledError("not here")

    def halved() -> program.System:
        return lambda x, rate: (x * np.float32(0.5), rate)

    monkeypatch.setattr(program, "SYSTEMS", {"unprocessed": program.unprocessed, "gone": missing, "halved": halved})
    monkeypatch.setattr(sys, "argv", ["kinds", str(tmp_path), "--each"])
    program.main()
    out, err = capsys.readouterr()
    assert "| kind | number | wanted | unprocessed | halved |" in out
    assert "| breaths | level, no noise, dB | 0 | 0.0 | -6.0 |" in out
    assert "| breaths | level, light noise, dB | 0 | – | – |" in out
    assert "breaths_2: level, no noise, dB: unprocessed" in out
    assert "gone is left out: not here." in err


def test_a_kind_without_numbers_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "rain_1", VOICE, VOICE)
    (tmp_path / "manifest.csv").write_text("name,kind,spans\nrain_1,rain,\n")
    monkeypatch.setattr(sys, "argv", ["kinds", str(tmp_path)])
    with pytest.raises(SystemExit, match="No numbers for these kinds: rain"):
        program.main()


def test_other_weights_take_the_place_of_the_apps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So both of our columns are theirs; a file that is not there is said before anything is measured."""
    import pipeline.neural.weights

    used = tmp_path / "new.safetensors"
    used.write_bytes(b"")
    monkeypatch.setattr(pipeline.neural.weights, "BUNDLED", pipeline.neural.weights.BUNDLED)  # put back afterwards
    monkeypatch.setenv("DENOISER_REPO", "somebody/else")
    program._use(used)
    assert used == pipeline.neural.weights.BUNDLED
    assert "DENOISER_REPO" not in program.os.environ
    with pytest.raises(SystemExit, match="There is no file"):
        program._use(tmp_path / "gone.safetensors")


def write(folder: Path, name: str, noisy: Signal, speech: Signal, other: Signal | None = None) -> None:
    for part, sound in (("noisy", noisy), ("speech", speech), ("other", other)):
        if sound is not None:
            soundfile.write(folder / f"{name}.{part}.flac", sound, RATE, subtype="PCM_24")
