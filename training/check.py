"""What exists twice must agree: the recurrence and its gradients, mixtures and their spectra, on a CPU and a GPU; the
PESQ loss's grades and PESQ's. And a network that was grown must answer as before, and learn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.data.batches import as_spectra
from training.data.corpus import Corpus
from training.data.gpu_mixing import Analysis, mix
from training.data.mixing import NO_CUT_HZ, Mixer, Parts, Recipe
from training.export import as_safetensors, random_network
from training.losses.pesq import grade, powers
from training.model.network import Network
from training.model.scan import gated_scan, plain_gated_scan
from training.model.shape import Shape
from training.run.start import weights_to_start_with

TOLERANCE, GAIN_TOLERANCE = 1e-4, 1e-5
GRADED_RATE, GRADE_TOLERANCE = 16_000, 0.3
SPEECH = Path(__file__).parents[1] / "tests" / "pipeline" / "neural" / "speech.flac"


def check() -> None:
    """Raises AssertionError where a loop and the plain version differ, a grade from PESQ's, or grown weights' gains."""
    torch.manual_seed(0)
    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        for width in (12, 48, 128):
            p = torch.randn(2, 50, 3, 3 * width, device=device)
            for ours, theirs in zip(_answers(gated_scan, p), _answers(plain_gated_scan, p), strict=True):
                torch.testing.assert_close(ours, theirs, rtol=TOLERANCE, atol=TOLERANCE)
        print(f"gated_scan on {device}: values and gradients agree")
        for sample_rate in (16_000, 48_000):
            _check_mixtures(sample_rate, device)
        print(f"mixtures on {device}: spectra agree")
    _check_growth()
    print("grown network: gains agree, and new channels learn")
    print(f"PESQ loss and PESQ: grades differ by {_difference_of_grades():.2f} at most")


def _answers(function: Callable[[Tensor], Tensor], p: Tensor) -> list[Tensor]:
    leaf = p.clone().requires_grad_()
    out = function(leaf)
    weights = torch.arange(out.numel(), dtype=torch.float32, device=p.device).reshape(out.shape).sin()
    return [out, *torch.autograd.grad((out * weights).sum(), leaf)]


def _check_mixtures(sample_rate: int, device: str) -> None:
    """As `mixing.py` and `batches.py` make them; the band limit, which differs by design, is left out."""
    rng = np.random.default_rng(0)
    plain = Recipe(True, True, 10.0, NO_CUT_HZ, -6.0, 2.0, 0.0)
    recipes = [
        plain,
        plain._replace(speech_there=False),
        plain._replace(noise_there=False),
        plain._replace(ceiling=0.5, snr_db=-5.0),
        plain._replace(step=2.0**-7, peak_db=-40.0),
    ]
    words = np.repeat(rng.random(30) > 0.5, sample_rate // 10)  # with digital silence between them
    active = np.stack((words, words, words, np.ones_like(words)))
    parts = [_parts(active, rng) for _ in recipes]
    nothing = Corpus(np.zeros(0, np.int16), [], np.zeros(0))
    mixer = Mixer(nothing, nothing, nothing, sample_rate, words.size)
    expected = [as_spectra(mixer.mixed(*pair), sample_rate) for pair in zip(parts, recipes, strict=True)]
    numbers = torch.tensor(recipes, dtype=torch.float32, device=device)
    speech = torch.from_numpy(np.stack([np.stack((part.wet, part.target, part.dry)) for part in parts])).to(device)
    noise = torch.from_numpy(np.stack([part.noise for part in parts])).to(device)
    bandwidths = torch.full((len(parts),), 24_000.0, device=device)
    made = Analysis(sample_rate, device)(mix(speech, noise, numbers), numbers[:, 3], bandwidths)
    for ours, theirs in zip(made, zip(*expected, strict=True), strict=True):
        torch.testing.assert_close(ours.cpu(), torch.from_numpy(np.stack(theirs)), rtol=1e-3, atol=1e-3)


def _parts(active: NDArray[np.bool_], rng: np.random.Generator) -> Parts:
    """White noise for wet, target, dry and noise, each where its row of `active` (4, n) is true."""
    wet, target, dry, noise = (rng.standard_normal(active.shape) * active).astype(np.float32)
    return Parts(wet, target, dry, noise, 24_000.0)


def _check_growth() -> None:
    small = random_network(Shape(width=8, blocks=2, wide=12, late=16, squeeze=3, look=3))
    large = Network(replace(small.shape, width=13, blocks=4, wide=13, late=32, look=4))
    with TemporaryDirectory() as folder:
        source = Path(folder) / "small.safetensors"
        source.write_bytes(as_safetensors(small.state_dict(), small.shape))
        large.load_state_dict(weights_to_start_with(source, large.shape))
    features = torch.randn(1, 50, 148)
    gains = large(features)
    torch.testing.assert_close(gains, small(features), rtol=0, atol=GAIN_TOLERANCE)
    sum(gain.square().sum() for gain in gains).backward()
    for name in ("patch.weight", "recurrences.0.leave.weight", "exchanges.1.leave.weight", "late.gather.weight"):
        assert (large.get_parameter(name).grad.abs().amax(dim=1) > 0).all(), name


def _difference_of_grades() -> float:
    """Between the PESQ loss and PESQ, for a sentence that noise of several kinds and a filter make worse."""
    import soundfile
    from pesq import pesq
    from scipy.signal import lfilter, resample_poly

    x, rate = soundfile.read(SPEECH, dtype="float32")
    x = resample_poly(x, 1, rate // GRADED_RATE)
    rng = np.random.default_rng(0)
    white = rng.standard_normal(len(x)).astype(np.float32) * np.sqrt((x**2).mean())
    degraded = [x + white * 10 ** (-snr_db / 20) for snr_db in (0, 5, 10, 20, 30)]
    degraded += [x + lfilter([0.2], [1, -0.98], white) * 10 ** (-snr_db / 20) for snr_db in (0, 10)]
    degraded += [0.3 * x, lfilter([0.5], [1, -0.5], x)]
    differences: list[float] = []
    for y in degraded:
        ours = grade(*(powers(torch.from_numpy(signal.astype(np.float32))[None]) for signal in (x, y)))
        differences.append(abs(float(ours) - pesq(GRADED_RATE, x, y, "wb")))
    assert max(differences) < GRADE_TOLERANCE, differences
    return max(differences)
