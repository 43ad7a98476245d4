from __future__ import annotations

import numpy as np

from pipeline.dsp.ramps import ramps


def test_straight_lines_from_hop_to_hop() -> None:
    line = ramps(1.0, np.array([3.0, 3.0, 0.0]), 2)
    assert line.dtype == np.float32
    assert line.tolist() == [2.0, 3.0, 3.0, 3.0, 1.5, 0.0]
