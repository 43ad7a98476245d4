from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import Audio, AudioError, LimitError
from pipeline.audio import MAX_CHANNELS


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_floats_become_float32(dtype: type) -> None:
    audio = Audio(np.array([[0.5, -0.25], [0, 1]], dtype), 48_000)
    assert audio.samples.dtype == np.float32
    assert audio.samples.tolist() == [[0.5, -0.25], [0.0, 1.0]]
    assert (audio.channels, audio.duration_s) == (2, 2 / 48_000)


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16])
def test_integers_are_scaled_by_their_type(dtype: type) -> None:
    info = np.iinfo(dtype)
    centre = 0 if info.min < 0 else (info.max + 1) // 2
    audio = Audio(np.array([info.min, centre, info.max], dtype), 8_000)
    assert audio.samples[0] == pytest.approx([-1, 0, 1], abs=0.01)
    assert audio.samples[0, 0] == -1 and audio.samples[0, 1] == 0


def test_one_dimension_is_one_channel_and_layout_is_contiguous() -> None:
    assert Audio(np.zeros(5), 48_000).samples.shape == (1, 5)
    assert Audio(np.zeros((100, 2)).T, 48_000).samples.flags.c_contiguous


def test_float32_is_not_copied() -> None:
    x = np.zeros((2, 9), np.float32)
    assert Audio(x, 48_000).samples is x


def test_no_guess_which_axis_is_the_channel() -> None:
    with pytest.raises(LimitError, match="9600 channels are more than 8") as caught:
        Audio(np.zeros((9_600, 2)), 48_000)
    assert "transposed" in caught.value.suggestion
    assert Audio(np.zeros((4, 2)), 48_000).channels == 4


@pytest.mark.parametrize(
    ("samples", "match"),
    [
        (np.zeros((0, 4)), "is empty"),
        (np.zeros((1, 0)), "is empty"),
        ([], "is empty"),
        (np.zeros((1, 1, 4)), "shape"),
        (np.float32(0.5), "shape"),
        ([["a", "b"]], "real numbers"),
        (np.zeros((1, 4), complex), "real numbers"),
        (np.zeros((1, 4), bool), "real numbers"),
        (None, "real numbers"),
        ([0.0, np.nan], "not numbers"),
        ([0.0, -np.inf], "not numbers"),
    ],
)
def test_what_is_no_recording(samples: object, match: str) -> None:
    with pytest.raises(AudioError, match=match):
        Audio(samples, 48_000)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [0, -48_000, 7_999, 192_001, 2**70])
def test_rate_out_of_range(rate: int) -> None:
    with pytest.raises(LimitError, match="outside 8000 to 192000"):
        Audio(np.zeros(9), rate)


@pytest.mark.parametrize("rate", [44_100.5, float("nan"), float("inf"), "48000", None, [1]])
def test_rate_that_is_no_whole_number(rate: object) -> None:
    with pytest.raises(AudioError, match="whole number"):
        Audio(np.zeros(9), rate)  # type: ignore[arg-type]


def test_whole_rates_of_other_types_become_int() -> None:
    for rate in (48_000.0, np.int64(48_000), np.float32(48_000)):
        assert type(Audio(np.zeros(9), rate).sample_rate) is int  # type: ignore[arg-type]


@given(channels=st.integers(1, MAX_CHANNELS), n=st.integers(1, 50), rate=st.integers(8_000, 192_000))
def test_whatever_is_within_the_limits_is_taken(channels: int, n: int, rate: int) -> None:
    audio = Audio(np.ones((channels, n)), rate)
    assert audio.samples.shape == (channels, n)
    assert audio.duration_s == n / rate
