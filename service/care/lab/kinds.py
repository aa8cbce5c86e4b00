"""The kinds of questions a run can ask, by ``LabRun.kind``."""

from collections.abc import Mapping

from service.care.lab import replay
from service.care.lab.question import Kind
from service.care.lab.report import without_small

KINDS: Mapping[str, Kind] = {"replay": Kind(replay.begin, without_small)}
