"""The counts of a site in Prometheus' text format, by its own client library: queue, work, sound, faults, memory.

Labels are words of ours (`tally`), never anything that a visitor can choose: so visitors neither show in it nor can
make it long. The library is imported when somebody asks, not at the start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import runtime_setup
from service.site import Site

from .tally import Spread

if TYPE_CHECKING:
    from prometheus_client.core import Metric


def shown(site: Site, accepted: str) -> tuple[bytes, str]:
    """All metrics, and their media type. accepted : what the request's `Accept` says. Takes a moment."""
    from prometheus_client import CollectorRegistry, ProcessCollector
    from prometheus_client.exposition import choose_encoder

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(site))
    ProcessCollector(registry=registry)  # memory, processor time, descriptors: as every program names them
    encode, kind = choose_encoder(accepted)
    return encode(registry), kind


@dataclass(frozen=True)
class _Collector:
    site: Site

    def collect(self) -> Iterator[Metric]:
        """What the library asks for."""
        yield from self._state()
        tally = self.site.tally
        with tally.lock:
            found = [*self._counts(), *self._spreads()]
        yield from found

    def _state(self) -> Iterator[Metric]:
        site = self.site
        served, waiting = site.queue.counts()
        is_ready = runtime_setup.is_ready() and not site.drain.has_begun()
        yield _gauge("speech_ready", "1 while visitors should be sent here, as /ready says.", float(is_ready))
        yield _gauge("speech_queue_running", "Recordings that are worked on now.", served)
        yield _gauge("speech_queue_waiting", "Recordings that wait for their turn.", waiting)
        yield _gauge(
            "speech_queue_places", "Recordings that are worked on at the same time (WORKERS).", site.config.workers
        )
        yield _gauge("speech_storage_bytes", "What uploads and results fill.", site.storage.ledger.held_bytes())
        yield _gauge("speech_cache_bytes", "What kept work fills.", site.cache.held_bytes)
        memory = {"used": runtime_setup.memory_used_bytes(), "limit": runtime_setup.memory_limit_bytes()}
        for name, value in memory.items():
            if isfinite(value):
                yield _gauge(f"speech_memory_{name}_bytes", f"Memory of the container or the machine: {name}.", value)

    def _counts(self) -> Iterator[Metric]:
        tally = self.site.tally
        from prometheus_client.core import CounterMetricFamily, InfoMetricFamily

        yield InfoMetricFamily("speech", "Which program this is.", {"version": runtime_setup.VERSION})
        work = CounterMetricFamily("speech_work", "Work that has ended.", labels=["work", "outcome"])
        for (what, outcome), count in tally.work.items():
            work.add_metric([what, outcome], count)
        faults = CounterMetricFamily(
            "speech_faults", "Work that was refused or failed, by fault.", labels=["work", "kind"]
        )
        for (what, kind), count in tally.faults.items():
            faults.add_metric([what, kind], count)
        refused = CounterMetricFamily("speech_refused_requests", "Requests refused at the door.", labels=["status"])
        for status, count in tally.refused.items():
            refused.add_metric([str(status)], count)
        sound = CounterMetricFamily("speech_sound_seconds", "Seconds of sound that were worked on.", labels=["work"])
        for what, seconds in tally.sound_s.items():
            sound.add_metric([what], seconds)
        yield from (work, faults, refused, sound)
        yield CounterMetricFamily("speech_uploaded_bytes", "What was uploaded.", value=tally.uploaded_bytes)

    def _spreads(self) -> Iterator[Metric]:
        tally = self.site.tally
        yield _histogram("speech_work_duration_seconds", "From its turn to its end, of work that is done.", tally.took)
        yield _histogram("speech_wait_duration_seconds", "From the order to its turn.", tally.waited)
        yield _histogram("speech_real_time_factor", "Seconds of work for a second of sound.", tally.factors)


def _gauge(name: str, text: str, value: float) -> Metric:
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(name, text, value=value)


def _histogram(name: str, text: str, spreads: Mapping[str, Spread]) -> Metric:
    from prometheus_client.core import HistogramMetricFamily

    made = HistogramMetricFamily(name, text, labels=["work"])
    for what, spread in spreads.items():
        total, buckets = 0, []
        for bound, count in zip([*map(str, spread.bounds), "+Inf"], spread.counts, strict=True):
            total += count
            buckets.append((bound, total))
        made.add_metric([what], buckets, spread.sum)
    return made
