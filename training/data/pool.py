"""Speech in rooms and noises, made by the CPU's cores without end, kept on a GPU, and mixed there in ever new pairs.

A GPU learns from mixtures faster than CPUs can make them: each speech meets two or three noises, at other levels each
time, before a newer one takes its place.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import torch

from .corpus import Samples
from .mixing import Mixer

BLOCK = 16  # recordings a process makes at a time
SIGNALS = 4  # wet, target, dry, noise
FREE, FULL, ON_ITS_WAY = 0, 1, 2


class Producer:
    """A process that makes parts of mixtures at one rate, two blocks ahead of whoever takes them. To be made before
    CUDA is used.
    """

    def __init__(self, folder: Path, sample_rate: int, seconds: float, seed: int) -> None:
        self.length = round(seconds * sample_rate)
        self.size = BLOCK * SIGNALS * self.length * 4
        self.memory = mmap.mmap(-1, 2 * self.size)  # anonymous: what is forked shares it
        self.states = np.frombuffer(mmap.mmap(-1, 4096), np.int64)[:2]
        self.bandwidths = np.frombuffer(mmap.mmap(-1, 4096), np.float32)[: 2 * BLOCK].reshape(2, BLOCK)
        self.events: list[torch.cuda.Event | None] = [None, None]
        context = multiprocessing.get_context("fork")
        self.process: BaseProcess = context.Process(
            target=self._produce, args=(folder, sample_rate, seconds, seed), daemon=True
        )
        self.process.start()

    def block(self, slot: int) -> Samples:
        """(BLOCK, SIGNALS, length)."""
        flat = np.frombuffer(self.memory, np.float32, self.size // 4, slot * self.size)
        return flat.reshape(BLOCK, SIGNALS, self.length)

    def _produce(self, folder: Path, sample_rate: int, seconds: float, seed: int) -> None:
        os.nice(5)  # who compiles and starts the GPU's work goes first
        mixer, rng = Mixer.open(folder, sample_rate, seconds), np.random.default_rng((seed, sample_rate))
        while True:
            for slot in range(2):
                while self.states[slot] != FREE:
                    time.sleep(0.002)
                out = self.block(slot)
                for k in range(BLOCK):
                    *signals, bandwidth = mixer.parts(rng)
                    out[k] = signals
                    self.bandwidths[slot, k] = bandwidth
                self.states[slot] = FULL


class Pool:
    """The newest `size` recordings of one rate, on the GPU."""

    def __init__(self, sample_rate: int, seconds: float, size: int, producers: list[Producer]) -> None:
        self.sample_rate, self.size, self.producers = sample_rate, size // BLOCK * BLOCK, producers
        device = torch.device("cuda")
        self.signals = torch.zeros((self.size, SIGNALS, round(seconds * sample_rate)), device=device)
        self.bandwidths = torch.zeros(self.size, device=device)
        self.made = 0
        self.turn = 0
        for producer in producers:
            _pin(producer)

    @property
    def filled(self) -> int:
        """How many recordings there are to draw from."""
        return min(self.made, self.size)

    def take(self, blocks: int) -> None:
        """Move at most so many finished blocks to the GPU, in the order of its work."""
        if not any(producer.process.is_alive() for producer in self.producers):
            raise RuntimeError("The processes that make recordings have ended; what they said is above.")
        for _ in range(len(self.producers) * 2):
            producer, slot = self.producers[self.turn // 2], self.turn % 2
            self.turn = (self.turn + 1) % (2 * len(self.producers))
            event = producer.events[slot]
            if producer.states[slot] == ON_ITS_WAY and event is not None and event.query():
                producer.states[slot] = FREE
            if producer.states[slot] == FULL and blocks:
                self._move(producer, slot)
                blocks -= 1

    def _move(self, producer: Producer, slot: int) -> None:
        at = self.made % self.size
        self.signals[at : at + BLOCK].copy_(torch.from_numpy(producer.block(slot)), non_blocking=True)
        self.bandwidths[at : at + BLOCK].copy_(torch.from_numpy(producer.bandwidths[slot]), non_blocking=True)
        producer.events[slot] = event = torch.cuda.Event()
        event.record()
        producer.states[slot] = ON_ITS_WAY
        self.made += BLOCK


def _pin(producer: Producer) -> None:
    """Lets the GPU read the process's memory directly; where it may not, copies are slower."""
    pointer = torch.from_numpy(producer.block(0)).data_ptr()
    torch.cuda.cudart().cudaHostRegister(pointer, 2 * producer.size, 0)
