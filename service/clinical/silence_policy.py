"""The defaults about silence: when a patient who does not report worries us, and how much."""

from dataclasses import dataclass
from datetime import timedelta

from service.clinical.reading import Document, Place
from service.clinical.spans import span_of


@dataclass(frozen=True, slots=True)
class Worry:
    """What each sign adds to how much a silence worries; the sum only ranks.

    ``missed_check_in`` counts for each one missed, up to ``most_missed`` of them; ``grade`` and
    ``distress`` for each point last reported; the others once.
    """

    missed_check_in: int
    most_missed: int
    grade: int
    distress: int
    myelosuppressive: int
    urgent_alert: int
    soon_alert: int


@dataclass(frozen=True, slots=True)
class SilencePolicy:
    """When a patient who does not report counts as silent.

    Attributes:
        usual_days: how often she is expected before she has shown a rhythm of her own.
        least_gaps: how many gaps make a rhythm; ``most_gaps`` are the latest that count.
        within: how far before her last report those gaps may lie.
        least_days: a rhythm is no shorter than this and no longer than ``most_days``.
        missed_check_ins: so many missed in a row are a silence.
        open_ended: how long an absence counts of which nobody knows the end.
        worry: what ranks one silence above another.
    """

    usual_days: int
    least_gaps: int
    most_gaps: int
    within: timedelta
    least_days: int
    most_days: int
    missed_check_ins: int
    open_ended: timedelta
    worry: Worry


def silence_in(document: Document) -> SilencePolicy:
    """Build the policy about silence of the whole policy, whose shape has been checked.

    Raises:
        BadKnowledge: a least is more than its most, or a span is in working time.
    """
    data = document.data["silence"]
    for name in ("gaps", "rhythm_days"):
        if data[name]["least"] > data[name]["most"]:
            raise document.refuse(["silence", name, "least"], "is more than the most")
    return SilencePolicy(
        usual_days=data["usual_days"],
        least_gaps=data["gaps"]["least"],
        most_gaps=data["gaps"]["most"],
        within=_time(document, ["silence", "gaps", "within"], data["gaps"]["within"]),
        least_days=data["rhythm_days"]["least"],
        most_days=data["rhythm_days"]["most"],
        missed_check_ins=data["missed_check_ins"],
        open_ended=_time(document, ["silence", "open_ended"], data["open_ended"]),
        worry=Worry(**data["worry"]),
    )


def _time(document: Document, place: Place, written: str) -> timedelta:
    span = span_of(written)
    if span.is_working_time:
        raise document.refuse(place, f"{written!r} cannot be working time here")
    return span.duration
