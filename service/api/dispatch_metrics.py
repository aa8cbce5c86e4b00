"""What dispatch counts, as Prometheus reads it: how late messages left, and what waits."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from service.notify.lateness import Backlog, Histogram
from service.notify.rules import FOREVER


def dispatch_text(
    found: Sequence[Histogram], backlog: Backlog, *, overdue: timedelta, now: datetime
) -> bytes:
    """Write the lateness histogram and the gauges of what has not left."""
    registry = CollectorRegistry()
    registry.register(_Found([_lateness(found), *_gauges(backlog, overdue=overdue, now=now)]))
    return generate_latest(registry)


class _Found(Collector):
    """Numbers read already."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """Hand them out."""
        return self._metrics


def _lateness(found: Iterable[Histogram]) -> Metric:
    family = HistogramMetricFamily(
        "waymark_lateness_seconds",
        "How late messages left, from when they were due.",
        labels=["channel", "kind"],
    )
    for one in found:
        buckets = [
            ("+Inf" if bound == FOREVER else str(float(bound)), float(count))
            for bound, count in one.buckets
        ]
        family.add_metric([one.channel, one.kind], buckets, one.seconds)
    return family


def _gauges(backlog: Backlog, *, overdue: timedelta, now: datetime) -> Iterator[Metric]:
    numbers = {
        "waymark_oldest_due_seconds": (
            "For how long what was due first has been left undone.",
            max(overdue.total_seconds(), 0.0),
        ),
        "waymark_outbox_pending": ("Messages that have not left yet.", backlog.pending),
        "waymark_outbox_dead": ("Messages that were given up.", backlog.dead),
    }
    if backlog.beat_at is not None:
        numbers["waymark_heartbeat_age_seconds"] = (
            "Since when no scheduler has ended a round.",
            (now - backlog.beat_at).total_seconds(),
        )
    for name, (text, value) in numbers.items():
        yield GaugeMetricFamily(name, text, value=value)
