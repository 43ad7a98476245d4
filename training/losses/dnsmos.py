"""DNSMOS as a loss: the rating that a network, trained on those of listeners, gives to the denoised speech.

The weights are those of the `speechmos` package (MIT), in PyTorch's operations, so that there is a gradient. It takes
16 kHz. Mixtures are brought to one level first, as DNSMOS likes quiet recordings. A network that only pleases DNSMOS
would learn its blind spots: this goes beside the other losses, late and with a small weight.

1. C. K. A. Reddy, V. Gopal, R. Cutler, "DNSMOS P.835: A non-intrusive perceptual objective speech quality metric to
   evaluate noise suppressors", ICASSP 2022.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pipeline.dsp.stft import Stft
from training.data.spectra import Spectra, power

SIZE = 512  # of the denoiser's window, at 16 kHz
LEVEL = 0.05  # root mean square of active speech, -26 dBFS
HIGHEST = 5.0
BACKGROUND_SHARE = 0.4  # of the background's rating beside the overall one
USUAL_FLOOR = 0.01  # the default: nothing is turned down further
EXCERPT = 144_160  # 9.01 s
CONVOLUTIONS, POOLED = 7, (3, 4, 5)  # after these the map is halved
# From the network's answers to ratings: c₀ + c₁ x + c₂ x² for signal, background, overall (the package's own numbers).
COEFFICIENTS = (
    (0.0052439, 1.22083953, -0.08397278),
    (-0.39604546, 1.60915514, -0.13166888),
    (0.04602535, 1.11546468, -0.06766283),
)


class Dnsmos(nn.Module):
    """Waveforms (batch, n) at 16 kHz → ratings (batch, 3): signal, background, overall, 1 to 5."""

    real: Tensor
    imag: Tensor
    coefficients: Tensor
    kernel0: Tensor

    def __init__(self) -> None:
        super().__init__()
        found, kind = _weights(), _fastest_type()
        for name in ("real", "imag"):
            self.register_buffer(name, found[f"time2freq/stft-{name}/kernel:0"][:, :, 0].T.contiguous())
        for k in range(CONVOLUTIONS):
            name = f"conv2d_{k}" if k else "conv2d"
            kernel = found[f"{name}/kernel:0"].contiguous(memory_format=torch.channels_last).to(kind)
            self.register_buffer(f"kernel{k}", kernel)
            self.register_buffer(f"bias{k}", found[f"{name}/bias:0"].to(kind))
        for k, name in enumerate(("dense", "dense_1", "dense_3")):
            self.register_buffer(f"dense{k}", found[f"mos_estimator_logpow/{name}/MatMul/ReadVariableOp/resource:0"])
            self.register_buffer(f"shift{k}", found[f"mos_estimator_logpow/{name}/BiasAdd/ReadVariableOp/resource:0"])
        self.register_buffer("coefficients", torch.tensor(COEFFICIENTS))
        self.power, self.least, self.scale = (
            float(found[f"mos_estimator_logpow/{name}:0"]) for name in ("pow/y", "Maximum/x", "truediv/y")
        )

    def forward(self, x: Tensor) -> Tensor:
        """x (batch, n) → (batch, 3)."""
        frames = x.unfold(1, 320, 160)
        power = (frames @ self.real).square() + (frames @ self.imag).square()
        seen = (power + 1e-20).pow(self.power / 2).clamp(min=self.least).log() / self.scale
        y = seen[:, None].to(self.kernel0.dtype, memory_format=torch.channels_last)
        for k in range(CONVOLUTIONS):
            y = nn.functional.conv2d(y, getattr(self, f"kernel{k}"), getattr(self, f"bias{k}"), padding=1).relu_()
            if k in POOLED:
                y = nn.functional.max_pool2d(y, 2)
        z = y.float().amax((2, 3))
        for k in range(3):
            z = z @ getattr(self, f"dense{k}") + getattr(self, f"shift{k}")
            z = z.relu() if k < 2 else z
        powers = torch.stack((torch.ones_like(z), z, z.square()), dim=-1)
        return (powers * self.coefficients).sum(-1)


def overall(x: NDArray[np.float32]) -> float:
    """The overall rating of a recording (n,) at 16 kHz: of 9 s at one level, its middle or all of it repeated."""
    frames = x[: len(x) // 320 * 320].astype(np.float64).reshape(-1, 320)
    power = (frames**2).mean(axis=1) + 1e-14
    active = power[power > 10**-2.5 * np.percentile(power, 95)].mean()
    start = max(0, (len(x) - EXCERPT) // 2)
    excerpt = np.tile(x[start : start + EXCERPT], -(-EXCERPT // len(x)))[:EXCERPT] * np.float32(LEVEL / np.sqrt(active))
    with torch.no_grad():
        return float(_dnsmos()(torch.from_numpy(excerpt.clip(-1, 1))[None])[0, 2])


@cache
def _dnsmos() -> Dnsmos:
    torch.set_num_threads(1)
    return Dnsmos()


def dnsmos_loss(dnsmos: Dnsmos, gains: Tensor, batch: Spectra, bins: Tensor) -> Tensor:
    """How far the overall rating is from the best, mean over the batch."""
    return dnsmos_loss_of(dnsmos, batch.noisy * (gains @ bins).clamp(min=USUAL_FLOOR), batch)


def dnsmos_loss_of(dnsmos: Dnsmos, estimate: Tensor, batch: Spectra) -> Tensor:
    """The same of what the speech was estimated to be, spectra (batch, frames, 257)."""
    frames = power(batch.target).sum(-1)
    active = (frames > 3e-3 * frames.amax(1, keepdim=True)).float()
    x, speech = (waveform(spectrum) for spectrum in (estimate, batch.target))
    energy = speech.square().unfold(1, SIZE // 2, SIZE // 2).mean(-1)
    active = active[:, 1 : 1 + energy.shape[1]]
    level = ((energy * active).sum(1) / (active.sum(1) + 1e-6) + 1e-12).sqrt()
    spoken = (frames.amax(1) > 1e-3).float()  # silence has no rating
    ratings = dnsmos((x * (LEVEL / level)[:, None]).clamp(-1, 1))
    background, overall = ratings[:, 1], ratings[:, 2]
    return ((HIGHEST - overall + BACKGROUND_SHARE * (HIGHEST - background)) * spoken).mean()


def waveform(spectrum: Tensor) -> Tensor:
    """(batch, frames, 257) → (batch, n): overlapping windows added up."""
    frames = torch.fft.irfft(spectrum, SIZE) * _window(spectrum.device)
    first, second = frames[..., : SIZE // 2], frames[..., SIZE // 2 :]
    return (first[:, 1:] + second[:, :-1]).flatten(1)


def _fastest_type() -> torch.dtype:
    """bfloat16, but float32 on CPUs without instructions for it, where convolutions of it take four times as long."""
    supported = torch.cuda.is_available() or torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if supported else torch.float32


@cache
def _window(device: torch.device) -> Tensor:
    return torch.from_numpy(Stft.of_duration(SIZE / 16_000, 16_000, 2).window.copy()).to(device)


def _weights() -> dict[str, Tensor]:
    import onnx

    spec = find_spec("speechmos")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("The DNSMOS loss needs the package speechmos (pip install --no-deps speechmos).")
    graph = onnx.load(Path(spec.origin).parent / "dnsmos_models" / "sig_bak_ovr.onnx").graph
    return {t.name: torch.from_numpy(np.array(onnx.numpy_helper.to_array(t))) for t in graph.initializer}
