"""How a patient of the demo fares, day by day: what she reports, as a phone would send it.

Pure: a plan and a seed make the same story.  Symptoms are the catalogue's for what she takes;
they rise after each infusion and fall again, or drift slowly on tablets.  None of it is medicine:
the numbers only have to look like somebody's weeks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import exp
from random import Random
from typing import Any

from service.cli.demo.plans import Plan
from service.clinical import Knowledge
from service.wire import moment_text

_MOST_SYMPTOMS = 5
_NOTES = (
    "Slept badly before the scan.", "A good day: walked to the harbor and back.",
    "Hard to finish meals this week.", "My sister is visiting.", "Tired after the infusion.",
)  # fmt: skip
_WISHES = ("social_worker", "chaplain", "support_group")


@dataclass(frozen=True, slots=True)
class Event:
    """Something she sends: at which moment, of which kind, and the body without its id.

    ``kind`` is ``report``, ``check``, ``questionnaire``, or ``start`` of a planned treatment.
    """

    at: datetime
    kind: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Trait:
    """How one symptom behaves in her: level at rest, rise after a dose, change over the weeks."""

    rest: float
    rise: float
    drift: float


def course(plan: Plan, knowledge: Knowledge, rng: Random, *, now: datetime) -> list[Event]:
    """Return what she sends from joining to now, in the order of time."""
    traits = _traits(plan, knowledge, rng)
    events = [*_starts(plan), *_reports(plan, traits, knowledge, rng), *_checks(plan, rng)]
    events = [event for event in events if event.at < now]
    events += _matter(plan, traits, knowledge, now)
    return sorted(events, key=lambda event: event.at)


def _starts(plan: Plan) -> Iterator[Event]:
    for code, began in plan.codes:
        if began > plan.joined_on:
            at = datetime.combine(began, time(9), plan.zone).astimezone(UTC)
            yield Event(at, "start", {"code": code})


def _traits(plan: Plan, knowledge: Knowledge, rng: Random) -> dict[str, _Trait]:
    found: list[str] = []
    for code, _began in plan.codes:
        found += [name for name in knowledge.treatments[code].symptoms if name not in found][:4]
    if "bone" in plan.sites:
        found.insert(0, "general_pain")
    asked = list(dict.fromkeys(["nausea", "fatigue", *found]))[:_MOST_SYMPTOMS]
    return {
        name: _Trait(rng.uniform(0.1, 1.1), rng.uniform(0.3, 1.5), rng.uniform(-0.4, 0.5))
        for name in asked
    }


def _reports(
    plan: Plan, traits: Mapping[str, _Trait], knowledge: Knowledge, rng: Random
) -> Iterator[Event]:
    first = plan.joined_on + timedelta(days=1)
    for day in _days(first, plan, plan.every, rng):
        if rng.random() < 0.1:
            continue  # she forgot
        weeks = (day - first).days / 7
        worse = rng.choice(list(traits)) if rng.random() < 0.06 else None
        levels = {
            name: trait.rest
            + trait.rise * _after_dose(plan, knowledge, day)
            + trait.drift * weeks / 10
            + rng.gauss(0, 0.3)
            + (1.6 if name == worse else 0)
            for name, trait in traits.items()
        }
        at = _moment(plan, day, rng)
        yield _report(at, levels, knowledge, note=_note(rng), temperature=_temperature(rng))


def _after_dose(plan: Plan, knowledge: Knowledge, day: date) -> float:
    """Return how much of the rise is felt: most two days after a dose; tablets every day alike."""
    code, began = plan.codes[0]
    schedule = knowledge.treatments[code].schedule
    if day < began:
        return 0.0
    if schedule is None or schedule["type"] != "cycle":
        return 0.45
    into = (day - began).days % schedule["cycle_days"] + 1
    since = min((into - dose) % schedule["cycle_days"] for dose in schedule["dose_days"])
    return exp(-((since - 2) ** 2) / 8)


def _checks(plan: Plan, rng: Random) -> Iterator[Event]:
    distress = rng.uniform(1, 4)
    first = plan.joined_on + timedelta(days=3)
    for number, day in enumerate(_days(first, plan, 12, rng)):
        distress = min(max(distress + rng.gauss(0, 1.2) + (3 - distress) / 5, 0), 8)
        at = _moment(plan, day, rng)
        wishes = [rng.choice(_WISHES)] if rng.random() < 0.07 else []
        yield _check(at, round(distress), wishes=wishes, topics=_topics(distress, rng))
        if number % 3 == 2:
            low = int(distress > 4)
            yield _questionnaire(at + timedelta(minutes=3), "phq-2", {"1": low, "2": low})


def _matter(
    plan: Plan, traits: Mapping[str, _Trait], knowledge: Knowledge, now: datetime
) -> Sequence[Event]:
    """Return what has only just come in, and waits for somebody when the demo starts."""
    calm = {name: trait.rest for name, trait in traits.items()}
    if plan.matter == "fever":
        at = now - timedelta(minutes=8)
        return [_report(at, calm | {"chills": 2.0}, knowledge, note=None, temperature=38.4)]
    if plan.matter == "nausea":
        at = now - timedelta(hours=2)
        severe = calm | {"nausea": 4.0, "vomiting": 2.0}
        return [_report(at, severe, knowledge, note="Cannot keep tablets down.", temperature=None)]
    if plan.matter == "distress":
        at = now - timedelta(hours=3)
        return [_check(at, 9, wishes=["social_worker"], topics=["feelings", "family"])]
    if plan.matter == "suicidal_thoughts":
        at = now - timedelta(minutes=6)
        answers = {"1": 2, "2": 3, "3": 2, "4": 2, "9": 1}
        return [_questionnaire(at, "phq-9", answers, status="in-progress")]
    if plan.matter == "chaplain":
        at = now - timedelta(hours=4)
        return [_check(at, 5, wishes=["chaplain"], topics=["meaning", "family"])]
    return []


def _days(first: date, plan: Plan, every: float, rng: Random) -> Iterator[date]:
    elapsed = 0.0
    while (day := first + timedelta(days=round(elapsed))) <= plan.last_day:
        yield day
        elapsed += max(every + rng.uniform(-0.15, 0.15) * every, 1.0)


def _moment(plan: Plan, day: date, rng: Random) -> datetime:
    at = time(rng.randint(8, 20), rng.randint(0, 59), rng.randint(0, 59))
    return datetime.combine(day, at, plan.zone).astimezone(UTC)


def _report(
    at: datetime,
    levels: Mapping[str, float],
    knowledge: Knowledge,
    *,
    note: str | None,
    temperature: float | None,
) -> Event:
    body = {
        "reported_at": moment_text(at),
        "answers": [_answer(name, level, knowledge) for name, level in levels.items()],
        "temperature_c": temperature,
        "note": note,
    }
    return Event(at, "report", body)


def _answer(name: str, level: float, knowledge: Knowledge) -> dict[str, Any]:
    answer: dict[str, Any] = {"symptom": name}
    for attribute in knowledge.symptoms[name].attributes:
        if attribute == "presence":
            answer[attribute] = int(level > 1)
            continue
        value = round(level - (0.5 if attribute == "interference" else 0))
        answer[attribute] = min(max(value, 0), 4)
        if answer[attribute] == 0:
            break  # what never happens has no severity to ask for
    return answer


def _check(at: datetime, distress: int, *, wishes: list[str], topics: list[str]) -> Event:
    body = {
        "checked_at": moment_text(at),
        "distress": distress,
        "mood": max(5 - distress // 2, 1),
        "topics": topics,
        "contact_wanted": wishes,
    }
    return Event(at, "check", body)


def _questionnaire(
    at: datetime, code: str, answers: Mapping[str, int], *, status: str = "completed"
) -> Event:
    body = {
        "questionnaire": code, "answers": answers, "status": status,
        "answered_at": moment_text(at),
    }  # fmt: skip
    return Event(at, "questionnaire", body)


def _topics(distress: float, rng: Random) -> list[str]:
    words = ("body", "feelings", "practical", "family", "meaning")
    return sorted(rng.sample(words, min(round(distress / 3), 3)))


def _note(rng: Random) -> str | None:
    return rng.choice(_NOTES) if rng.random() < 0.15 else None


def _temperature(rng: Random) -> float | None:
    return round(rng.uniform(36.3, 37.3), 1) if rng.random() < 0.2 else None
