"""What a step of a journey may expect, each by its word.

A check returns whether it is met, and what was found instead.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask

from service.cli.replay.faults import BadJourney
from service.cli.replay.looking import Hero, Looking

Verdict = tuple[bool, Any]
_ABSENT = "(not in the answer)"
# Where staff could come across what she wrote.
_READ_BY_STAFF = ("wellbeing-checks", "visit-summary", "picture", "replies")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from a call: status, JSON if it was any, and all of it as text."""

    status: int
    json: Any
    text: str


@dataclass(frozen=True, slots=True)
class Marks:
    """How things stood before: pushes when the last step ended, the rest just before the call."""

    pushes: int = 0
    reasons: frozenset[UUID] = frozenset()
    requests: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a check may look at: the answer, what was sent, how things stood and stand.

    ``ask`` calls the API as somebody: ``ask("nora", "/patients/…/picture")``.
    """

    answer: Answer
    body: Any
    before: Marks
    about: Hero | None
    app: Flask
    ask: Callable[[str, str], Answer]

    @property
    def hero(self) -> Hero:
        """Return the patient the story is about.

        Raises:
            BadJourney: none has registered yet.
        """
        if self.about is None:
            raise BadJourney("something is expected of a patient, and none has registered yet")
        return self.about

    @property
    def look(self) -> Looking:
        """Return what shows the database's side of the story."""
        return Looking(self.app, self.hero)

    def said(self, name: str) -> Any:
        """Return a member of the answer."""
        body = self.answer.json
        return body.get(name, _ABSENT) if isinstance(body, dict) else _ABSENT

    def guidance(self, name: str) -> Any:
        """Return a member of the guidance in the answer."""
        guidance = self.said("guidance")
        return guidance.get(name, _ABSENT) if isinstance(guidance, dict) else _ABSENT

    def feed(self) -> list[Any]:
        """Return the hero's feed as it is now."""
        answer = self.ask(self.hero.name, f"/patients/{self.hero.patient_id}/feed")
        return list(answer.json["items"]) if answer.status == 200 else []


def _status(wanted: Any, seen: Seen) -> Verdict:
    among = wanted if isinstance(wanted, list) else [wanted]
    met = seen.answer.status in among
    return met, seen.answer.status if met else f"{seen.answer.status} {seen.answer.text[:500]}"


def _grades(wanted: Any, seen: Seen) -> Verdict:
    answers = seen.said("answers")
    if not isinstance(answers, list):
        return False, answers
    got = {answer["symptom"]: answer["grade"] for answer in answers}
    return all(name in got and got[name] == grade for name, grade in wanted.items()), got


def _guidance_level(wanted: Any, seen: Seen) -> Verdict:
    got = seen.guidance("level")
    return got in wanted, got


def _guidance_rules_any(wanted: Any, seen: Seen) -> Verdict:
    got = seen.guidance("rules")
    return not set(wanted).isdisjoint(got), got


def _alert(wanted: Any, seen: Seen) -> Verdict:
    got = seen.look.unclosed()
    met = any(
        alert.state == "open" and _fits(wanted, alert.queue, alert.severity, alert.rules)
        for alert in got
    )
    return met, got


def _alert_not(wanted: Any, seen: Seen) -> Verdict:
    unclosed = seen.look.unclosed()
    new = [one for one in seen.look.reasons() if one.id not in seen.before.reasons]
    found: list[Any] = [a for a in unclosed if _fits(wanted, a.queue, a.severity, a.rules)]
    found += [one for one in new if _fits(wanted, one.queue, one.severity, (one.rule,))]
    return not found, found


def _fits(wanted: Mapping[str, Any], queue: str, severity: str, rules: tuple[str, ...]) -> bool:
    return (
        wanted.get("queue", queue) == queue
        and wanted.get("severity", severity) == severity
        and ("rules_any" not in wanted or not set(wanted["rules_any"]).isdisjoint(rules))
    )


def _alerts_opened(wanted: Any, seen: Seen) -> Verdict:
    # A new alert has at least one new reason, so the reasons are what there is to count.
    new = [one.rule for one in seen.look.reasons() if one.id not in seen.before.reasons]
    return len(new) == wanted, f"{len(new)} {new}"


def _alert_escalated(wanted: Any, seen: Seen) -> Verdict:
    unclosed = seen.look.unclosed()
    newest = unclosed[0] if unclosed else None
    escalated = bool(
        newest and newest.escalated_at is not None and newest.escalated_at >= newest.raised_at
    )
    return escalated is wanted, newest


def _open_alerts(wanted: Any, seen: Seen) -> Verdict:
    got = seen.look.unclosed()
    return len(got) == wanted, got


def _feed_has(wanted: Any, seen: Seen) -> Verdict:
    got = [item["slug"] for item in seen.feed()]
    return set(wanted) <= set(got), got


def _every_item_has_reason(wanted: Any, seen: Seen) -> Verdict:
    items = seen.feed()
    bare = [item["slug"] for item in items if not any(map(_says_why, item["reasons"]))]
    return (bool(items) and not bare) is wanted, f"without a reason: {bare}" if items else "no feed"


def _says_why(reason: Mapping[str, Any]) -> bool:
    return bool(reason["text"].strip() and reason["records"])


def _suggested_kinds(wanted: Any, seen: Seen) -> Verdict:
    items = seen.said("items")
    if not isinstance(items, list):
        return False, items
    got = [item["kind"] for item in items if item["status"] == "suggested"]
    return set(wanted) <= set(got), got


def _request_opened(wanted: Any, seen: Seen) -> Verdict:
    requests = seen.look.requests()
    got = [one.kind for one in requests if one.is_open and one.id not in seen.before.requests]
    return wanted in got, got


def _bereavement_task(wanted: Any, seen: Seen) -> Verdict:
    got = [one.kind for one in seen.look.requests() if one.is_open]
    return ("bereavement" in got) is wanted, got


def _private_note_hidden_from(wanted: Any, seen: Seen) -> Verdict:
    note = seen.body["note"]
    shown = [
        f"{name} reads it in {page}"
        for name in wanted
        for page in _READ_BY_STAFF
        if note in seen.ask(name, f"/patients/{seen.hero.patient_id}/{page}").text
    ]
    shown += [
        f"{name} reads it in alerts" for name in wanted if note in seen.ask(name, "/alerts").text
    ]
    return not shown, shown


def _mentions(wanted: Any, seen: Seen) -> Verdict:
    text = seen.answer.text.casefold()
    missing = [word for word in wanted if word.casefold() not in text]
    return not missing, f"not mentioned: {missing}, in {seen.answer.text[:1000]}"


def _sent_to_hero(wanted: Any, seen: Seen) -> Verdict:
    got = seen.look.pushes_sent()[seen.before.pushes :]
    return len(got) == wanted, f"{len(got)} {got}"


def _sent_at(wanted: Any, seen: Seen) -> Verdict:
    got = seen.look.pushes_sent()[seen.before.pushes :]
    return got == wanted, got


def _holds(wanted: Any, seen: Seen) -> Verdict:
    got = {pointer: _at(pointer, seen.answer.json) for pointer in wanted}
    return got == wanted, got


def _at(pointer: str, value: Any) -> Any:
    """Follow a JSON pointer (RFC 6901); ``#`` at its end counts what is there."""
    for step in pointer.removesuffix("/#").split("/")[1:]:
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return _ABSENT
    return len(value) if pointer.endswith("/#") else value


def _reminder_local_time(wanted: Any, seen: Seen) -> Verdict:
    got = seen.look.last_reminder_sent()
    return got == wanted, got


def _member(name: str) -> Callable[[Any, Seen], Verdict]:
    def check(wanted: Any, seen: Seen) -> Verdict:
        got = seen.said(name)
        # True is no total of 1, and 1 is no "positive".
        return got == wanted and type(got) is type(wanted), got

    return check


@dataclass(frozen=True, slots=True)
class Expectation:
    """One word of ``expect``: its check, and whether it is about the answer to a call."""

    check: Callable[[Any, Seen], Verdict]
    needs_answer: bool = True


EXPECTATIONS: Mapping[str, Expectation] = {
    "status": Expectation(_status),
    "grades": Expectation(_grades),
    "guidance_level": Expectation(_guidance_level),
    "guidance_rules_any": Expectation(_guidance_rules_any),
    "alert": Expectation(_alert, needs_answer=False),
    "alert_not": Expectation(_alert_not, needs_answer=False),
    "alerts_opened": Expectation(_alerts_opened, needs_answer=False),
    "alert_escalated": Expectation(_alert_escalated, needs_answer=False),
    "open_alerts_of_ana": Expectation(_open_alerts, needs_answer=False),
    "feed_has": Expectation(_feed_has, needs_answer=False),
    "every_item_has_reason": Expectation(_every_item_has_reason, needs_answer=False),
    "suggested_kinds": Expectation(_suggested_kinds),
    "request_opened": Expectation(_request_opened),
    "private_note_hidden_from": Expectation(_private_note_hidden_from),
    "bereavement_task": Expectation(_bereavement_task, needs_answer=False),
    "total": Expectation(_member("total")),
    "positive": Expectation(_member("positive")),
    "band": Expectation(_member("band")),
    "next": Expectation(_member("next")),
    "reply_mentions": Expectation(_mentions),
    "mentions": Expectation(_mentions),
    "sent_to_ana": Expectation(_sent_to_hero, needs_answer=False),
    "sent_at": Expectation(_sent_at, needs_answer=False),
    "holds": Expectation(_holds),
    "reminder_local_time": Expectation(_reminder_local_time, needs_answer=False),
}
