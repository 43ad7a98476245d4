from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pipeline import Audio, analyze
from pipeline.measures.report import Report
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


def test_a_report_is_a_table_and_json() -> None:
    before = analyze(Audio(speech_like(RATE, 2) + noise(1, 2 * RATE, -50), RATE))
    report = Report(before, before, 1.5, 0.02, {"mix_wet_percent": 100.0}, "spectral", ("Something to know.",))
    text = str(report)
    for name, left, right in report.rows():
        assert name in text
        assert left == right
    assert text.endswith("\n".join(("Denoiser: spectral.", "Something to know.", *report.advice)))
    as_json = json.loads(json.dumps(report.as_dict()))
    assert as_json["real_time_factor"] == pytest.approx(0.01)
    assert (as_json["denoiser"], as_json["notes"]) == ("spectral", ["Something to know."])
    assert as_json["advice"] == list(report.advice)


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
