"""What the panel says of its orders, its filters and of silence.  Pure."""

from collections.abc import Mapping
from typing import Any

SORT_WORDS: Mapping[str, str] = {
    "risk": "Most urgent first",
    "last_report": "Latest report first",
    "name": "By name",
    "silence": "Silent for longest first",
}
FILTER_WORDS: Mapping[str, str] = {
    "alerts": "With open alerts",
    "urgent": "With an urgent alert",
    "severe": "With a severe symptom",
    "distressed": "Distress 4 or more",
    "low_adherence": "Less than 80 % of doses taken",
    "silent": "Silent",
    "never_reported": "Never reported",
}


def silence_words(row: Any) -> str:
    """Say how long she has been silent, by her own rhythm; empty while she is not."""
    if not row.silence_score:
        return ""
    missed = row.missed_check_ins
    words = f"{missed} check-in{'s' if missed != 1 else ''} missed"
    if row.rhythm_days is None:
        return words
    days = round(row.rhythm_days)
    usual = "every day" if days <= 1 else f"every {days} days"
    return f"{words}; she usually reports {usual}"
