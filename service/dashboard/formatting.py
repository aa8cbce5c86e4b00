"""Numbers, times and codes in words a nurse would use.  Pure: ``now`` and the zone are given."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from service.accounts.models import CareStatus, Queue, Role
from service.alerts.models import AlertState, Severity
from service.clinical import knowledge

GRADE_WORDS = ("none", "mild", "moderate", "severe")
ROLE_WORDS: Mapping[Role, str] = {role: role.value.replace("_", " ") for role in Role}
QUEUE_WORDS: Mapping[Queue, str] = {
    Queue.NURSING: "Nursing", Queue.SOCIAL_WORK: "Social work",
    Queue.CHAPLAINCY: "Chaplaincy", Queue.COORDINATION: "Coordination",
}  # fmt: skip
SEVERITY_WORDS: Mapping[Severity, str] = {
    Severity.URGENT: "Urgent", Severity.SOON: "Soon", Severity.INFO: "For information",
}  # fmt: skip
STATE_WORDS: Mapping[AlertState, str] = {
    AlertState.OPEN: "Waiting for somebody", AlertState.ACKNOWLEDGED: "Taken",
    AlertState.IN_PROGRESS: "In progress", AlertState.CLOSED: "Closed",
}  # fmt: skip
STATUS_WORDS: Mapping[CareStatus, str] = {
    CareStatus.ACTIVE: "In active care",
    CareStatus.PAUSED: "Paused: she hears only what she chose",
    CareStatus.HOSPICE: "In hospice: she hears only what she chose",
    CareStatus.DECEASED: "Has died: nothing is sent",
    CareStatus.WITHDRAWN: "Has withdrawn: nothing is sent",
}  # fmt: skip
OUTCOME_WORDS: Mapping[str, str] = {
    "advice_given": "Advice given", "spoken_to": "Spoken to her", "seen": "Seen in the clinic",
    "referred": "Referred to somebody else", "admitted": "Admitted to hospital",
    "not_reached": "Not reached", "no_action": "No action needed",
    "deceased": "She has died", "drill_ended": "The drill was ended",
    "heard_again": "Heard of again, or known to be away",
    "not_shared": "She no longer shares with the team",
}  # fmt: skip
PLAN_WORDS: Mapping[str, str] = {
    "made": "Made with her", "reviewed": "Looked at again with her",
    "declined": "She did not want one", "not_possible": "Not possible this time",
}  # fmt: skip
WAY_WORDS: Mapping[str, str] = {
    "phone": "Phone", "message": "Message", "visit": "Visit", "video": "Video call",
    "email": "E-mail", "push": "Push message", "webhook": "Webhook",
}  # fmt: skip
REQUEST_WORDS: Mapping[str, str] = {
    "social_worker": "a social worker", "chaplain": "a chaplain", "nurse": "a nurse",
    "support_group": "a support group", "bereavement": "support for her family",
}  # fmt: skip
MESSAGE_WORDS: Mapping[str, str] = {
    "alert": "An alert", "support_request": "A request for a person", "reminder": "A reminder",
    "reply": "A note that somebody has answered", "account": "A mail about an account",
    "webhook": "A webhook to one of your systems",
}  # fmt: skip
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_MEASURES = {
    "temperature_c": "Temperature, °C",
    "glucose_mg_dl": "Blood glucose, mg/dL",
    "stools_over_baseline": "Stools a day over her usual",
}


@dataclass(frozen=True, slots=True)
class Words:
    """Times in words, as of one moment and in the clinic's zone."""

    now: datetime
    zone: str

    def local(self, at: datetime) -> datetime:
        """Return a moment as the clinic's clock shows it."""
        return at.astimezone(ZoneInfo(self.zone))

    def time(self, at: datetime) -> Markup:
        """Write a moment: "09:12", "yesterday 09:12" or "2 March 09:12"."""
        local, here = self.local(at), self.local(self.now)
        words = f"{local:%H:%M}"
        if local.date() == here.date() - _DAY:
            words = f"yesterday {words}"
        elif local.date() != here.date():
            words = f"{self.day(local.date())} {words}"
        return self._tagged(at, words)

    def ago(self, at: datetime) -> Markup:
        """Write how long ago a moment was: "5 min ago", "3 h ago", "2 days ago"."""
        passed = self.now - at
        words = "just now" if passed < _MINUTE else f"{span(passed, coarse=True)} ago"
        return self._tagged(at, words)

    def left(self, due: datetime) -> Markup:
        """Write how much time is left: "12 min left" or "overdue by 3 h"."""
        rest = due - self.now
        if rest < timedelta(0):
            return self._tagged(due, f"overdue by {span(-rest)}")
        return self._tagged(due, f"{span(rest)} left")

    def is_overdue(self, due: datetime | None) -> bool:
        """Tell whether a moment that something was due has passed."""
        return due is not None and due < self.now

    def day(self, day: date) -> str:
        """Write a day, with the year if it is not this one: "2 March"."""
        words = f"{day.day} {_MONTHS[day.month - 1]}"
        return words if day.year == self.local(self.now).year else f"{words} {day.year}"

    def clock_in(self, zone: str) -> str:
        """Write what time it is elsewhere: "20:15 (Europe/Paris)"."""
        return f"{self.now.astimezone(ZoneInfo(zone)):%H:%M} ({zone.replace('_', ' ')})"

    def _tagged(self, at: datetime, words: str) -> Markup:
        local = self.local(at)
        full = (
            f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local.year}, "
            f"{local:%H:%M} {local.tzname()}"
        )
        machine = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Markup('<time datetime="{}" title="{}">{}</time>').format(machine, full, words)


def span(length: timedelta, *, coarse: bool = False) -> str:
    """Write a length of time, coarser the longer it is: "12 min", "5 h 10 min", "3 days"."""
    if length < _MINUTE:
        return "less than a minute"
    if length < _HOUR:
        return f"{length // _MINUTE} min"
    if length < _DAY:
        hours, minutes = length // _HOUR, length % _HOUR // _MINUTE
        return f"{hours} h {minutes} min" if minutes and hours < 6 and not coarse else f"{hours} h"
    days, hours = length // _DAY, length % _DAY // _HOUR
    if days == 1:
        return f"1 day {hours} h" if hours and not coarse else "1 day"
    return f"{days} days"


def minutes(number: float) -> str:
    """Write a number of minutes as a length of time: "12 min", "5 h 10 min", "3 days"."""
    return span(timedelta(minutes=number))


def grade_words(grade: int | None) -> str:
    """Return a grade in a word; an unknown one is never called mild."""
    return "not known" if grade is None else GRADE_WORDS[grade]


def symptom_name(key: str) -> str:
    """Return what people call a symptom."""
    known = knowledge().symptoms.get(key)
    return known.term if known else plain(key)


def plain(code: str) -> str:
    """Return a code as words: ``social_work`` is "Social work"."""
    words = code.replace("_", " ")
    return words[:1].upper() + words[1:]


def value_words(name: str, value: float) -> str:
    """Write one of the values behind an alert: "Chills, severity: 2 of 4"."""
    number = f"{value:g}"
    flag = knowledge().red_flags.get(name)
    if flag is not None:
        return f"{flag.prompt}: yes"
    if name in _MEASURES:
        return f"{_MEASURES[name]}: {number}"
    symptom, dot, attribute = name.partition(".")
    if dot:
        return f"{symptom_name(symptom)}, {attribute}: {number} of 4"
    return f"{plain(name)}: {number}"


def record_words(kind: str) -> str:
    """Return what a kind of record is called."""
    return plain(kind)


def listed(items: Any) -> str:
    """Join words: "a, b and c"."""
    words = [str(item) for item in items]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
