"""The form of a place to turn to: what was typed, and the dates of a group in plain choices."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError

from service.dashboard import forms
from service.support.entries_queries import SAID

_MAY_BE_EMPTY = ("phone", "url", "when")
_MEETS = ("local_start", "minutes", "repeats", "until", "not_on")
_FIELDS = ("slug", *(name for name in SAID if name not in ("faiths", "meets")), *_MEETS)
REPEATS: Mapping[str, str] = {
    "": "Once only",
    "week": "Every week",
    "2 weeks": "Every two weeks",
    "4 weeks": "Every four weeks",
    "weekday": "Every month on this weekday, as the first Tuesday",
    "day": "Every month on this day, as the 15th",
    "kept": "As it was written before",
}
WORDS: Mapping[str, str] = {
    "slug": "Use small letters, digits and hyphens, at most 60 characters.",
    "kind": "Choose what it is.",
    "name": "Write a name on one line, at most 200 characters.",
    "about": "Say what it is for, in at most 2,000 characters.",
    "languages": "Write the tags of languages between commas, as en, es, zh-Hant.",
    "phone": "Write a phone number, as 206-555-0100. A line to call needs one.",
    "url": "Write an address that begins with https://.",
    "when": "Say on one line when somebody is there, in at most 200 characters.",
    "faiths": "Choose from the list. Only a chaplain has faiths.",
    "meets": "Give the first day and time and how long it lasts. Only a support group has dates.",
}
_LAST_WEEK, _LENGTH_OF_A_DAY = 5, 8
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def empty() -> dict[str, Any]:
    """Return an empty form."""
    return {**dict.fromkeys(_FIELDS, ""), "kind": "support_group", "faiths": []}


def typed() -> dict[str, Any]:
    """Return what stands in the form, whatever it is, so that it can be shown again."""
    said: dict[str, Any] = {
        name: request.form.get(name, "").replace("\x00", "") for name in _FIELDS
    }
    return said | {"faiths": request.form.getlist("faiths")}


def of(slug: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said of an entry as it stands in the form."""
    meets = said["meets"] or {}
    return {
        **{name: said[name] or "" for name in SAID if name not in ("faiths", "meets")},
        "slug": slug, "languages": ", ".join(said["languages"]), "faiths": list(said["faiths"]),
        "local_start": meets.get("local_start", ""), "minutes": meets.get("minutes", ""),
        **_choice(meets),
        "not_on": ", ".join(meets.get("not_on", ())),
    }  # fmt: skip


def read(schema: Schema, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Read the form with the schema that reads the API's body.

    Args:
        schema: of a new entry, or of changes.
        before: the dates of the entry as they were, for what the form leaves as it is.

    Raises:
        FormUnusable: something is missing or does not fit, by field.
    """
    form = typed()
    body: dict[str, Any] = {
        name: value.strip() if isinstance(value, str) else value
        for name, value in form.items()
        if name in schema.fields
    }
    body |= {name: body[name] or None for name in _MAY_BE_EMPTY}
    body["languages"] = _parts(form["languages"])
    try:
        body["meets"] = _meets(form, before or {})
        loaded: dict[str, Any] = schema.load(body)
    except ValueError:
        raise forms.FormUnusable({"meets": WORDS["meets"]}) from None
    except ValidationError as wrong:
        raise forms.FormUnusable(
            {name: words for name, words in WORDS.items() if name in wrong.messages_dict}
        ) from None
    return loaded


def _meets(form: Mapping[str, str], before: Mapping[str, Any]) -> dict[str, Any] | None:
    start = form["local_start"].strip()
    if not start:
        return None
    said: dict[str, Any] = {
        "local_start": start, "minutes": int(form["minutes"]),
        "recurrence": _recurrence(form, before.get("recurrence")),
        "not_on": _parts(form["not_on"]),
    }  # fmt: skip
    return said | ({"time_zone": before["time_zone"]} if "time_zone" in before else {})


def _recurrence(form: Mapping[str, str], before: str | None = None) -> str | None:
    begins = datetime.fromisoformat(form["local_start"].strip())
    week = (begins.day - 1) // 7 + 1
    number = -1 if week == _LAST_WEEK else week
    rule = {
        "week": "FREQ=WEEKLY", "2 weeks": "FREQ=WEEKLY;INTERVAL=2",
        "4 weeks": "FREQ=WEEKLY;INTERVAL=4", "day": f"FREQ=MONTHLY;BYMONTHDAY={begins.day}",
        "weekday": f"FREQ=MONTHLY;BYDAY={number}{_WEEKDAYS[begins.weekday()]}", "kept": before,
    }.get(form["repeats"])  # fmt: skip
    until = form["until"].strip()
    if rule is None or not until:
        return rule
    kept = [part for part in rule.split(";") if not part.startswith(("UNTIL=", "COUNT="))]
    return ";".join([*kept, f"UNTIL={date.fromisoformat(until):%Y%m%d}"])


def _choice(meets: Mapping[str, Any]) -> dict[str, str]:
    """Return which of the choices a recurrence is, and its last day; ``kept`` if it is none."""
    rule = meets.get("recurrence")
    if not rule:
        return {"repeats": "", "until": ""}
    for repeats in REPEATS:
        known = _recurrence({"local_start": meets["local_start"], "repeats": repeats, "until": ""})
        plain, _, until = rule.partition(";UNTIL=")
        if known == plain and (not until or len(until) == _LENGTH_OF_A_DAY):
            day = date.fromisoformat(until).isoformat() if until else ""
            return {"repeats": repeats, "until": day}
    return {"repeats": "kept", "until": ""}


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
