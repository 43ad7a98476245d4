"""DNSMOS: what a network trained on listeners' ratings says of a recording, without a reference.

The weights are those of the `speechmos` package (MIT); onnxruntime computes them. One excerpt of 9 s is judged, the
middle one; shorter recordings are repeated. Recordings are brought to one level first: DNSMOS rewards quiet ones (6 dB
less alone can add 0.2). Columns made so end in `-n`.

1. C. K. A. Reddy, V. Gopal, R. Cutler, "DNSMOS P.835: A non-intrusive perceptual objective speech quality metric to
   evaluate noise suppressors", ICASSP 2022.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .distances import Signal

RATE = 16_000
EXCERPT = 144_160  # 9.01 s
LEVEL = 10 ** (-26 / 20)  # root mean square of the active frames
# From the network's answers to opinions: c₂ x² + c₁ x + c₀ (the package's own numbers).
OPINIONS = {
    "sig_n": (-0.08397278, 1.22083953, 0.0052439),
    "bak_n": (-0.13166888, 1.60915514, -0.39604546),
    "ovrl_n": (-0.06766283, 1.11546468, 0.04602535),
}


def dnsmos(x: Signal) -> dict[str, float]:
    """Signal, background and overall opinion (P.835) and the P.808 one, 1 to 5. x (n,) at 16 kHz."""
    import librosa

    y = np.clip(levelled(x), -1, 1)
    start = max(0, (len(y) - EXCERPT) // 2)
    excerpt = np.tile(y[start : start + EXCERPT], -(-EXCERPT // max(1, len(y))))[:EXCERPT]
    bands = librosa.feature.melspectrogram(y=excerpt[:-160], sr=RATE, n_fft=321, hop_length=160, n_mels=120)
    decibels = (librosa.power_to_db(bands, ref=np.max) + 40) / 40
    p835 = _session("sig_bak_ovr").run(None, {"input_1": excerpt[None]})[0][0]
    p808 = _session("model_v8").run(None, {"input_1": decibels.T.astype(np.float32)[None]})[0][0][0]
    found = {name: float(np.polyval(c, raw)) for (name, c), raw in zip(OPINIONS.items(), p835, strict=True)}
    return {**found, "p808_n": float(p808)}


def levelled(x: Signal, sample_rate: int = RATE) -> NDArray[np.float32]:
    """At -26 dBFS over the frames (20 ms) that are within 25 dB of the 95th percentile."""
    length = sample_rate // 50
    power = (x[: len(x) // length * length].astype(np.float64).reshape(-1, length) ** 2).mean(1) + 1e-14
    active = power[power > np.percentile(power, 95) * 10**-2.5].mean()
    louder: NDArray[np.float32] = (x * min(LEVEL / np.sqrt(active), 1e3)).astype(np.float32)
    return louder


@cache
def _session(name: str) -> Any:
    import onnxruntime

    found = find_spec("speechmos")  # its own code is not imported: it asks for more than its weights need
    if found is None or found.origin is None:
        raise ImportError("speechmos is not installed")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    path = Path(found.origin).parent / "dnsmos_models" / f"{name}.onnx"
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
