"""What a made-up patient reports of her symptoms, week by week."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any, Literal

from service.cli.synth.answers import Answering, left_out
from service.cli.synth.dice import id_at, moment, text_of
from service.cli.synth.illness import Illness
from service.cli.synth.levels import Felt
from service.cli.synth.life import Happening
from service.cli.synth.numbers import Numbers
from service.cli.synth.people import Character
from service.cli.synth.treating import Course
from service.cli.synth.weeks import Habit, hour_of

_NOTES = (
    "Slept badly before the scan.", "A good day: walked around the lake.", "Hard to finish meals.",
    "My sister is visiting.", "Tired after the infusion.", "Better than last week.",
    "I have a question about the tablets for my next visit.", "The new dose is easier.",
    "Stairs are hard work.", "Worried about the next scan.", "Back at work for two mornings.",
)  # fmt: skip
_ASKED_OF_A_DRUG = 4
_STILL_ASKED_DAYS = 14
# How much of what shook her last time is left, what a bad week adds, and how much of every cause
# but the worst comes on top of that.
_STAYS, _BAD, _TOGETHER = 0.55, 1.7, 0.3
_INTIMATE = "sexual"


@dataclass(slots=True)
class _Asked:
    """What is asked from one day until another, and what of it is felt for which causes."""

    until: int
    items: tuple[tuple[str, tuple[Felt, ...]], ...]
    measures: frozenset[str]
    flags: tuple[str, ...]


@cache
def answering(numbers: Numbers) -> Answering:
    """Return what levels are answered with."""
    return Answering(numbers.knowledge)


class Reporting:
    """Somebody who reports: what she has felt so far is part of what she says next."""

    def __init__(
        self, rng: Random, numbers: Numbers, her: Character, ill: Illness, *,
        taken: Sequence[Course], feels: Sequence[Felt], keeps: Habit,
    ) -> None:  # fmt: skip
        self._rng, self._numbers, self._her, self._ill = rng, numbers, her, ill
        self._taken, self._feels, self._keeps = taken, feels, keeps
        self._answering = answering(numbers)
        self._rest: dict[str, float] = {}
        self._unrest: dict[str, float] = {}
        self._tilt: dict[str, int] = {}
        self._asked = _Asked(0, (), frozenset(), ())

    def reports(
        self, days: Mapping[int, bool], fevers: Mapping[int, float]
    ) -> Iterator[tuple[int, Happening, float]]:
        """Name what is reported: the ordinal day, the report, and how heavy that day weighs.

        Args:
            days: on which somebody reports, and whether it is her family and not herself; those
                of a fever are among them.
            fevers: degrees by ordinal day.
        """
        night, hot = self._numbers["reporting"]["night"], self._numbers["fever"]["at_night"]
        for day in sorted(days):
            degrees = fevers.get(day)
            hour = hour_of(self._rng, self._keeps, hot if degrees else night)
            at = moment(date.fromordinal(day), hour, self._her.zone)
            body, burden = self._body(day, at, degrees)
            if days[day]:
                body["reported_by"] = "caregiver"
            by: Literal["caregiver", "patient"] = "caregiver" if days[day] else "patient"
            yield day, Happening(at, by, "symptom_report", body), burden

    def _body(self, day: int, at: datetime, degrees: float | None) -> tuple[dict[str, Any], float]:
        if day >= self._asked.until:
            self._asked = self._asked_on(day)
        rng, asked = self._rng, self._asked
        answers, burden = self._answers(day)
        body: dict[str, Any] = {
            "id": id_at(at, rng), "reported_at": text_of(at), "answers": answers,
        }  # fmt: skip
        if degrees is not None:
            body["temperature_c"] = degrees
            self._say(answers, "chills", rng.uniform(0.8, 3.2))
            if rng.random() < self._numbers["fever"]["rigors"]:
                body["red_flags"] = ["rigors"]
        elif "temperature_c" in asked.measures and self._keeps.measures:
            body["temperature_c"] = round(rng.gauss(36.7, 0.25), 1)
        if "stools_over_baseline" in asked.measures:
            loose = next((one["frequency"] for one in answers if one["symptom"] == "diarrhea"), 0)
            if isinstance(loose, int) and loose:
                body["stools_over_baseline"] = max(round(loose * 1.4 + rng.gauss(-0.4, 0.9)), 0)
        if (
            "glucose_mg_dl" in asked.measures
            and rng.random() < self._numbers["reporting"]["glucose"]
        ):
            body["glucose_mg_dl"] = round(max(rng.gauss(135, 32), 70))
        self._rarely(body)
        return body, burden

    def _answers(self, day: int) -> tuple[list[dict[str, Any]], float]:
        rng, effects = self._rng, self._numbers["effects"]
        unrest, say = effects["unrest"], self._answering.answer
        bad = rng.randrange(len(self._asked.items)) if rng.random() < effects["bad_week"] else -1
        answers, burden = [], 0.0
        for place, (symptom, causes) in enumerate(self._asked.items):
            shaken = _STAYS * self._unrest.get(symptom, 0.0) + rng.gauss(0.0, unrest)
            self._unrest[symptom] = shaken
            level = self._rest[symptom] + shaken + (_BAD if place == bad else 0.0)
            if causes:
                felt = [cause.on(day) for cause in causes]
                worst = max(felt)
                level += worst + _TOGETHER * (sum(felt) - worst)
            burden += level if level > 0 else 0.0
            answers.append(say(symptom, level, self._tilt[symptom]))
        if rng.random() < self._numbers["reporting"]["unanswered"] and answers:
            left_out(rng.choice(answers), rng)
        return answers, burden / max(len(answers), 1)

    def _say(self, answers: list[dict[str, Any]], symptom: str, level: float) -> None:
        if not any(one["symptom"] == symptom for one in answers):
            answers.append(self._answering.answer(symptom, level, 0))

    def _rarely(self, body: dict[str, Any]) -> None:
        rng, flags = self._rng, self._asked.flags
        if rng.random() < self._numbers["reporting"]["note"]:
            body["note"] = rng.choice(_NOTES)
        if rng.random() < self._numbers["red_flags"]["share"] and flags:
            body.setdefault("red_flags", []).append(rng.choice(flags))

    def _asked_on(self, day: int) -> _Asked:
        """Work out anew what is asked, until a drug is begun or has been over for a while."""
        on = date.fromordinal(day)
        ended = timedelta(days=_STILL_ASKED_DAYS)
        now = [
            one
            for one in self._taken
            if one.starts <= on and (one.ends is None or on <= one.ends + ended)
        ]
        treatments = self._numbers.knowledge.treatments
        wanted = list(self._numbers["effects"]["always"])
        lists = [treatments[one.code].symptoms[:_ASKED_OF_A_DRUG] for one in now]
        for place in range(_ASKED_OF_A_DRUG):
            wanted += [symptoms[place] for symptoms in lists if place < len(symptoms)]
        wanted += sorted({one.symptom for one in self._feels if one.first <= day < one.gone})
        most = self._numbers["effects"]["most_asked"]
        asked = [name for name in dict.fromkeys(wanted) if self._may_ask(name)][:most]
        items = tuple(
            (
                name,
                tuple(one for one in self._feels if one.symptom == name and one.gone > day),
            )
            for name in asked
        )
        for name in asked:
            if name not in self._rest:
                self._rest[name] = self._rng.uniform(*self._numbers["effects"]["rest"])
                self._tilt[name] = self._rng.randrange(3)
        effects = frozenset().union(*(treatments[one.code].effects for one in now))
        of_effect = self._numbers.knowledge.check_in.measures
        measures = frozenset(of_effect[effect] for effect in effects if effect in of_effect)
        flags = self._numbers["red_flags"]
        signs = [sign for site in self._ill.sites_on(on) for sign in flags["sites"].get(site, ())]
        signs += [sign for effect in sorted(effects) for sign in flags["effects"].get(effect, ())]
        return _Asked(self._changes_after(day), items, measures, tuple(dict.fromkeys(signs)))

    def _may_ask(self, symptom: str) -> bool:
        group = self._numbers.knowledge.symptoms[symptom].group
        return group != _INTIMATE and not (self._her.is_male and group == "gynecologic_urinary")

    def _changes_after(self, day: int) -> int:
        days = [one.starts.toordinal() for one in self._taken]
        days += [
            one.ends.toordinal() + _STILL_ASKED_DAYS + 1
            for one in self._taken
            if one.ends is not None
        ]
        days.append(day + 91)
        return min(one for one in days if one > day)


def fevers(
    rng: Random, numbers: Numbers, taken: Sequence[Course], *, first: int, last: int
) -> dict[int, float]:
    """Deal fevers: degrees by ordinal day, within the days given, where drugs lower white cells."""
    fever, found = numbers["fever"], {}
    for course in taken:
        treatment = numbers.knowledge.treatments[course.code]
        if "myelosuppressive" not in treatment.effects:
            continue
        is_oral = treatment.route == "oral"
        begins = course.starts.toordinal()
        ends = course.ends.toordinal() if course.ends else last
        for number, dose in enumerate(range(begins, ends, 21)):
            later = "tablets_a_cycle" if is_oral else "later_cycle"
            rate = fever["first_cycle" if number == 0 and not is_oral else later]
            day = dose + rng.randint(*fever["days_after_dose"])
            if rng.random() < rate and first <= day <= last:
                found[day] = round(min(38.0 + rng.expovariate(1.9), 40.4), 1)
    return found
