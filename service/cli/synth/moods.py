"""How a made-up patient fares: distress, what it is about, what she asks for, and the screens."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from service.cli.synth.dice import id_at, text_of
from service.cli.synth.illness import Illness
from service.cli.synth.life import Happening
from service.cli.synth.numbers import Numbers
from service.cli.synth.people import Character
from service.cli.synth.weeks import Habit

_FIRST_WEEKS, _SCAN_BEFORE, _SCAN_AFTER = 28, 6, 3
_SHARED = ("I would like to talk to somebody about money.", "Who can drive me on Tuesdays?")
_PRIVATE = ("I do not sleep when I think of the children.", "I am angry today.")
_MESSAGES = (
    "Could somebody call me this week?", "I have questions about the insurance.",
    "I would like to meet others who live with this.", None,
)  # fmt: skip
_WORST = 3


class Mood:
    """Somebody's mood from week to week: what it was is part of what it is."""

    def __init__(
        self, rng: Random, numbers: Numbers, her: Character, ill: Illness, *, keeps: Habit,
        scanned: Sequence[tuple[int, bool]],
    ) -> None:  # fmt: skip
        self._rng, self._about, self._keeps = rng, numbers["moods"], keeps
        base = self._about["base"]
        self._base = max(rng.gauss(base["mean"], base["deviation"]), 0.2)
        self._shaken = 0.0
        self._joined = her.joined_on.toordinal()
        self._growths = [one.on.toordinal() for one in ill.growths]
        self._scanned = [day for day, _has_grown in scanned]
        self._leans = rng.random()
        self._is_low = rng.random() < self._about["low"]

    def after(self, day: int, at: datetime, burden: float) -> Iterator[Happening]:
        """Name what she says of herself after a report: nothing, a check, or more.

        Args:
            day: the ordinal day of the report.
            at: its moment.
            burden: how heavy what she reported weighs, 0 to 4.
        """
        rng = self._rng
        latent = self._latent(day, burden)
        if rng.random() >= self._keeps.checks:
            return
        at += timedelta(seconds=rng.randint(40, 400))
        distress = min(max(round(latent + rng.gauss(0, 0.5)), 0), 10)
        yield self._check(at, distress)
        yield from self._screen(at, distress)
        if rng.random() < self._about["requests"] * distress / 4:
            yield self._request(at + timedelta(minutes=rng.randint(5, 50)))

    def _latent(self, day: int, burden: float) -> float:
        about = self._about
        self._shaken = about["keeps"] * self._shaken + self._rng.gauss(0, about["unrest"])
        latent = self._base + self._shaken + about["burden"] * burden
        if day - self._joined < _FIRST_WEEKS:
            latent += float(about["first_weeks"])
        if any(-_SCAN_BEFORE <= day - scan <= _SCAN_AFTER for scan in self._scanned):
            latent += float(about["scan"])
        for growth in self._growths:
            since = day - growth
            if since >= 0:
                latent += about["progression"] * 0.5 ** (since / about["progression_halves_days"])
        return float(latent)

    def _check(self, at: datetime, distress: int) -> Happening:
        rng, about = self._rng, self._about
        heavy = 0.4 + distress / 6
        topics = [word for word, share in about["topics"].items() if rng.random() < share * heavy]
        wishes = [word for word, share in about["wishes"].items() if rng.random() < share * heavy]
        body: dict[str, Any] = {
            "id": id_at(at, rng), "checked_at": text_of(at), "distress": distress,
            "mood": min(max(round(5 - distress / 2.4 + rng.gauss(0, 0.5)), 1), 5),
            "topics": topics,
        }  # fmt: skip
        if wishes:
            body["contact_wanted"] = wishes
        if rng.random() < about["note"]:
            is_private = rng.random() < 0.5
            body["note"] = rng.choice(_PRIVATE if is_private else _SHARED)
            body["note_is_private"] = is_private
        return Happening(at, "patient", "wellbeing_check", body)

    def _screen(self, at: datetime, distress: int) -> Iterator[Happening]:
        rng, about = self._rng, self._about
        if rng.random() >= about["screens"] * (1.6 if distress > 4 else 1.0):
            return
        at += timedelta(seconds=rng.randint(30, 120))
        low, anxious = self._items(2, distress, 0.95), self._items(2, distress, 1.1)
        if rng.random() < about["short_screen"]:
            yield self._response(at, "phq-2", low)
            anxious = []
        else:
            yield self._response(at, "phq-4", [*low, *anxious])
        if (sum(low) > 2 or max(low) > 1) and rng.random() < about["goes_on"]:
            yield from self._nine(at + timedelta(seconds=rng.randint(60, 200)), distress, low)
        if sum(anxious) > 2 and rng.random() < about["goes_on"]:
            items = [*anxious, *self._items(5, distress, 0.95)]
            yield self._response(at + timedelta(seconds=rng.randint(220, 420)), "gad-7", items)

    def _nine(self, at: datetime, distress: int, low: list[int]) -> Iterator[Happening]:
        rng, about = self._rng, self._about
        share = (
            about["suicidal_thoughts"]
            * about["likelier_if_low" if self._is_low else "likelier_otherwise"]
        )
        dark = 0
        if rng.random() < share * min(distress / 6, 1.4):
            dark = 1 if rng.random() < 0.8 else rng.randint(2, _WORST)
        items = [*low, *self._items(6, distress, 0.8), dark]
        if rng.random() < about["leaves_off"]:
            # Some leave off early, some skip to the last item: it acts in an unfinished form too.
            left = [*items[:2], *[None] * 6, dark] if dark else items[: rng.randint(2, 8)]
            yield self._response(at, "phq-9", left, "in-progress")
            return
        yield self._response(at, "phq-9", items)
        if dark:
            after = at + timedelta(seconds=rng.randint(40, 90))
            check = self._check(after, max(distress, 5))
            safe = {"safe_now": rng.random() < about["says_safe"]}
            yield check._replace(body={**check.body, **safe})

    def _items(self, count: int, distress: int, much: float) -> list[int]:
        rng = self._rng
        level = distress * 0.23 * much + (0.35 if self._is_low else 0.0)
        return [min(max(int(rng.gauss(level, 0.6) + 0.5), 0), _WORST) for _ in range(count)]

    def _response(
        self, at: datetime, code: str, items: Sequence[int | None], status: str = "completed"
    ) -> Happening:
        body = {
            "id": id_at(at, self._rng),
            "questionnaire": code,
            "answers": {str(n): value for n, value in enumerate(items, 1) if value is not None},
            "status": status,
            "answered_at": text_of(at),
        }
        return Happening(at, "patient", "questionnaire", body)

    def _request(self, at: datetime) -> Happening:
        rng = self._rng
        kind = "nurse" if rng.random() < self._about["asks_for_nurse"] else _whom(self._leans)
        body: dict[str, Any] = {
            "id": id_at(at, rng), "kind": kind,
            "contact_by": rng.choice(("phone", "phone", "message", "visit")),
        }  # fmt: skip
        message = rng.choice(_MESSAGES)
        if message:
            body["message"] = message
        return Happening(at, "patient", "support_request", body)


def _whom(leans: float) -> str:
    if leans < 0.5:
        return "social_worker"
    return "support_group" if leans < 0.85 else "chaplain"
