from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pipeline import Audio, Settings, analyze, enhance
from pipeline.measures.analysis import Analysis
from pipeline.measures.content.meter import Content
from pipeline.measures.content.stretches import Stretch
from pipeline.measures.report import Report
from tests.pipeline.measures.numbers import numbers
from tests.pipeline.signals import noise, sine, speech_like

RATE = 48_000


def test_a_tone_measures_what_it_is() -> None:
    x = np.repeat(sine(997, RATE, 5, 10 ** (-20 / 20)), 2, axis=0)
    measures = analyze(Audio(x, RATE))
    assert measures.lufs == pytest.approx(-20, abs=0.1)
    assert measures.true_peak_dbtp == pytest.approx(-20, abs=0.1)
    assert measures.noise_floor_dbfs == pytest.approx(-23.01, abs=0.1)
    assert (measures.duration_s, measures.sample_rate, measures.channels) == (5.0, RATE, 2)


def test_silence_has_no_measures_and_says_none() -> None:
    measures = analyze(Audio(np.zeros((1, RATE), np.float32), RATE))
    assert measures.lufs is None
    assert measures.true_peak_dbtp is None
    assert measures.snr_db is None
    assert json.loads(json.dumps(measures.as_dict()))["lufs"] is None


def test_what_a_block_raises_stops_the_analysis() -> None:
    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        analyze(Audio(noise(1, RATE), RATE), on_block=stop)


BEFORE = Analysis(
    60.0, 48_000, 1, -30.04, -3.0, -50.0, 12.0, -22.0, 61.4, 50.0, -42.0, 0.123, 8.6, 7_000.0, 0.71, 30.0
)  # fmt: skip
AFTER = Analysis(
    60.0, 48_000, 1, -16.0, -1.04, -70.0, 45.0, -12.0, 58.6, None, None, 0.0, 0.0, 7_500.0, None, 48.0
)  # fmt: skip
SAID = ("1.7 s at 0:12 could not be read.",)
REPORT = Report(BEFORE, AFTER, 4.0, 1.5, {"mix_wet_percent": 100.0}, "spectral", ("Something to know.",), SAID)


def test_every_row_says_what_was_before_and_what_is_after() -> None:
    assert REPORT.rows() == [
        ("Loudness", "-30.0 LUFS", "-16.0 LUFS"),
        ("True peak", "-3.0 dBTP", "-1.0 dBTP"),
        ("Noise floor", "-50.0 dBFS", "-70.0 dBFS"),
        ("Signal-to-noise ratio (estimate)", "12.0 dB", "45.0 dB"),
        ("Speech activity", "61 %", "59 %"),
        ("Mains hum", "50.0 Hz, -42.0 dBFS", "none"),
        ("DC offset", "none", "none"),
        ("Clipped", "0.123 %", "none"),
        ("Clicks", "9 a minute", "none"),
        ("Bandwidth", "7.0 kHz", "7.5 kHz"),
        ("Reverberation (T60, estimate)", "0.7 s", "unknown"),
    ]


def test_a_report_is_a_table_with_sentences_below() -> None:
    lines = str(REPORT).splitlines()
    assert lines[0].split() == ["before", "after"]
    assert lines[0].index("before") < lines[0].index("after")
    for line, (name, before, after) in zip(lines[1:], REPORT.rows(), strict=False):
        assert line == f"{name:<34}{before:>22}{after:>22}"
    pace, *sentences = lines[12:]
    assert pace == "60.0 s of audio in 1.50 s"
    assert tuple(sentences) == REPORT.sentences()
    assert sentences == [*SAID, "Denoiser: spectral.", "Something to know.", *REPORT.advice]
    assert len(REPORT.advice) == 4  # of what was before: afterwards nothing is wrong but the band


def test_a_report_is_json() -> None:
    as_json = json.loads(json.dumps(REPORT.as_dict()))
    assert as_json == {
        "content": [],
        "heard": [],
        "verdict": REPORT.verdict,
        "kind": "speech",
        "before": BEFORE.as_dict(),
        "after": AFTER.as_dict(),
        "gain_db": 4.0,
        "processing_s": 1.5,
        "real_time_factor": 0.025,
        "denoiser": "spectral",
        "settings": {"mix_wet_percent": 100.0},
        "remarks": ["1.7 s at 0:12 could not be read."],
        "done": [],
        "notes": ["Something to know."],
        "advice": list(REPORT.advice),
    }
    assert as_json["before"]["lufs"] == -30.04
    assert replace(BEFORE, lufs=-30.04567).as_dict()["lufs"] == -30.046


def test_an_enhancement_reports_the_recording_as_before_and_the_result_as_after() -> None:
    audio = Audio(speech_like(16_000, 3) + noise(1, 48_000, -40), 16_000)
    result = enhance(audio)
    for told, sound in ((result.report.before, audio), (result.report.after, result.audio)):
        assert numbers(told) == pytest.approx(numbers(analyze(sound)), abs=0.01)
        assert told.as_dict()["content"] == []
    assert result.report.settings == result.settings.flat() == Settings().flat()
    assert result.report.processing_s > 0


def test_hum_that_is_gone_altogether_and_repair_that_had_nothing_to_do() -> None:
    on = {"dehum_strength_db": 30.0, "declip_strength_percent": 100.0, "declick_sensitivity_percent": 50.0}
    assert Report(BEFORE, AFTER, 4.0, 1.5, {**on}, "neural").done() == (
        "Hum at 50.0 Hz: all that was found removed.",
        "Clipped peaks rebuilt: 0.12 % of the samples.",
        "Clicks: 9 a minute before, 0 after.",
    )
    assert Report(AFTER, AFTER, 4.0, 1.5, {**on}, "neural").done() == ()


def test_it_says_what_was_repaired_by_the_stages_that_were_on() -> None:
    before = replace(
        analyze(Audio(speech_like(RATE, 2), RATE)),
        hum_hz=50.0,
        hum_dbfs=-40.0,
        clipped_percent=0.5,
        clicks_per_minute=9.0,
    )
    after = replace(before, hum_dbfs=-60.0, clipped_percent=0.0, clicks_per_minute=0.0)
    on = {"dehum_strength_db": 30.0, "declip_strength_percent": 100.0, "declick_sensitivity_percent": 50.0}
    hum, clipped, clicks = Report(before, after, 10.0, 0.1, {**on}, "neural").done()
    assert hum == "Hum at 50.0 Hz: 30 dB removed."
    assert "0.5 %" in clipped
    assert "9 a minute before, 0 after" in clicks
    assert Report(before, after, 10.0, 0.1, dict.fromkeys(on, 0.0), "neural").done() == ()


@pytest.mark.parametrize(
    ("speech_dbfs", "content", "kind"),
    [
        (-30.0, Content(speech=True), "speech"),
        (-30.0, Content(speech=None), "speech"),
        (-30.0, Content((Stretch("music", 0.0, 9.0),), speech=True), "speech"),
        (-30.0, Content((Stretch("music", 0.0, 9.0),), speech=False), "music"),
        (-30.0, Content((Stretch("singing", 0.0, 9.0),), speech=False), "music"),
        (-30.0, Content((Stretch("applause", 0.0, 9.0),), speech=False), "other"),
        (-30.0, Content(speech=False), "other"),
        (None, Content(speech=False), "silence"),
    ],
)
def test_what_a_recording_is(speech_dbfs: float | None, content: Content, kind: str) -> None:
    before = replace(REPORT.before, speech_dbfs=speech_dbfs, content=content)
    assert replace(REPORT, before=before).kind == kind
