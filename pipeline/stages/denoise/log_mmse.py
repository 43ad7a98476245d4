"""How far every frequency bin is turned down, given its power and that of the noise.

The gain minimises the mean squared error of the log spectrum [1, eq. 20], which treats quiet and loud speech alike and
leaves less musical noise than the Wiener filter. The a-priori SNR it needs comes from the decision-directed estimate
[2, eq. 51]: mostly the speech found in the frame before, to a small part what the present frame shows.

1. Y. Ephraim, D. Malah, "Speech enhancement using a minimum mean-square error log-spectral amplitude estimator", IEEE
   Trans. Acoustics, Speech and Signal Processing 33(2), 1985.
2. Y. Ephraim, D. Malah, "Speech enhancement using a minimum mean-square error short-time spectral amplitude estimator",
   IEEE Trans. Acoustics, Speech and Signal Processing 32(6), 1984.
3. M. Abramowitz, I. A. Stegun, "Handbook of Mathematical Functions", 1964: 5.1.53, 5.1.56 (exponential integral).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernel import kernel

from .noise_psd import Power

# E1(v) = polynomial(v) - ln v up to v = 1 (error < 2e-7), beyond: e^-v / v · ratio of polynomials (error < 5e-5) [3].
SMALL = (-0.57721566, 0.99999193, -0.24991055, 0.05519968, -0.00976004, 0.00107857)
ABOVE = (0.250621, 2.334733)
BELOW = (1.681534, 3.330657)
LEAST_POSTERIOR = 0.2
"""The formula raises a bin far below the noise to the noise's own level: holes filled with noise, and a gain that says
nothing. Power under this share of the noise is weighed as if it were as much."""
MOST_SNR = 1e4  # beyond 40 dB a bin is passed as it is


def _gains_numpy(
    power: Power, noise: Power, speech: NDArray[np.float64], keep: float, least_snr: float, floor: float
) -> Power:
    gains = np.empty_like(power)
    for t in range(power.shape[0]):
        heard, level = power[t].astype(np.float64), noise[t].astype(np.float64)
        posterior = np.minimum(heard / level, MOST_SNR)
        prior = np.maximum(keep * speech / level + (1 - keep) * np.maximum(posterior - 1, 0), least_snr)
        wiener = prior / (1 + prior)
        v = wiener * np.maximum(posterior, LEAST_POSTERIOR)
        small = np.minimum(v, 1.0)
        near = np.polynomial.polynomial.polyval(small, SMALL) - np.log(small)
        far = np.exp(-v) / v * ((v * v + ABOVE[1] * v + ABOVE[0]) / (v * v + BELOW[1] * v + BELOW[0]))
        gain = np.minimum(wiener * np.exp(0.5 * np.where(v < 1, near, far)), 1.0)
        speech[:] = gain * gain * heard
        gains[t] = np.maximum(gain * np.sqrt(np.sqrt(gain)), floor)
    return gains


@kernel(_gains_numpy)
def gains(
    power: Power, noise: Power, speech: NDArray[np.float64], keep: float, least_snr: float, floor: float
) -> Power:
    """Gains (frames, bins), from `floor` to 1, of consecutive frames.

    power, noise : power of the frames and of the noise in them (frames, bins), noise > 0
    speech : power (bins,) found to be speech in the frame before the first; updated in place
    keep : weight of the frame before in the a-priori SNR
    least_snr : the a-priori SNR is never put lower: a low one lets single bins flare up as musical noise
    floor : the smallest gain

    The gain is raised to 5/4: a little more than the estimator asks, for what the noise estimate misses.
    """
    frames, bins = power.shape
    out = np.empty((frames, bins), np.float32)
    for t in range(frames):
        for k in range(bins):
            heard, level = np.float64(power[t, k]), np.float64(noise[t, k])
            posterior = min(heard / level, MOST_SNR)
            prior = max(keep * speech[k] / level + (1 - keep) * max(posterior - 1, 0.0), least_snr)
            wiener = prior / (1 + prior)
            v = wiener * max(posterior, LEAST_POSTERIOR)
            if v < 1:  # the logarithm in E1 turns into a root
                e1 = SMALL[0] + v * (SMALL[1] + v * (SMALL[2] + v * (SMALL[3] + v * (SMALL[4] + v * SMALL[5]))))
                gain = min(wiener * np.exp(0.5 * e1) / np.sqrt(v), 1.0)
            elif v < 20:
                e1 = np.exp(-v) / v * ((v * v + ABOVE[1] * v + ABOVE[0]) / (v * v + BELOW[1] * v + BELOW[0]))
                gain = min(wiener * np.exp(0.5 * e1), 1.0)
            else:  # E1 < 1e-10
                gain = wiener
            speech[k] = gain * gain * heard
            out[t, k] = max(gain * np.sqrt(np.sqrt(gain)), floor)
    return out
