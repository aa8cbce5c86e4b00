"""Which symptoms are asked about today, and why each of them."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from service.care.check_in.last import Answered, latest_answers
from service.care.picture import Picture
from service.care.rules import Finding
from service.clinical import Symptom, knowledge
from service.clinical.check_in import CheckInPlan

_ALWAYS = ("EM-", "SI-")


class _Reason(NamedTuple):
    """Why a symptom is asked: one of the kinds in their order, words, records, the rule."""

    kind: str
    text: str
    records: Sequence[Mapping[str, Any]] = ()
    rule: str | None = None


def asked_items(
    picture: Picture, findings: Iterable[Finding], plan: CheckInPlan, *, wants: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the symptoms of today's form, what matters most first, each with its reason.

    Args:
        picture: as she is now.
        findings: what rules ask for, the most pressing first.
        plan: how much is asked.
        wants: her information preferences.
    """
    last = latest_answers(picture)
    # What she has spoken of herself is no secret of hers from herself.
    is_open = wants.get(plan.intimate_need) is True
    closed = frozenset() if is_open else plan.intimate - last.keys()
    chosen: dict[str, _Reason] = {}
    matters = plan.most - plan.rotation
    for key, reason in _what_matters(picture, findings, last, plan):
        if key not in closed and len(chosen) < matters:
            chosen.setdefault(key, reason)
    for key, reason in _whose_turn(picture, last, plan):
        if key not in closed and len(chosen) < plan.most and _rotating(chosen) < plan.rotation:
            chosen.setdefault(key, reason)
    # An empty place is filled by what had to wait.
    for key, reason in _what_matters(picture, findings, last, plan):
        if key not in closed and len(chosen) < plan.most:
            chosen.setdefault(key, reason)
    return [_item(knowledge().symptoms[key], reason) for key, reason in chosen.items()]


def questionnaires_due(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return the questionnaires that rules ask for, each once, with the reason."""
    due: dict[str, dict[str, Any]] = {}
    for finding in findings:
        for word in finding.outcome.ask:
            if word in knowledge().instruments:
                due.setdefault(word, {"code": word, "because": _because(_of_rule(finding))})
    return list(due.values())


def red_flags_for(picture: Picture) -> list[dict[str, Any]]:
    """Return the warning signs she may tick: of emergencies always, the others on treatment."""
    in_treatment = any(course.state != "planned" for course in picture.treatments)
    return [
        {"code": flag.code, "prompt": flag.prompt}
        for flag in knowledge().red_flags.values()
        if in_treatment or any(rule.startswith(_ALWAYS) for rule in flag.rules)
    ]


def _what_matters(
    picture: Picture,
    findings: Iterable[Finding],
    last: Mapping[str, Answered],
    plan: CheckInPlan,
) -> Iterator[tuple[str, _Reason]]:
    symptoms = knowledge().symptoms
    for finding in findings:
        for word in finding.outcome.ask:
            if word in symptoms:
                yield word, _of_rule(finding)
    recent = picture.as_of - timedelta(days=plan.last_time_days)
    there = [(key, one) for key, one in last.items() if one.is_there and one.at >= recent]
    there.sort(key=lambda pair: (-pair[1].level, pair[1].at, pair[0]))
    for key, one in there:
        yield key, _Reason("last_time", f"You had it on {one.day}.", [one.record.as_json()])
    yield from _of_treatments(picture, last)


def _of_treatments(picture: Picture, last: Mapping[str, Answered]) -> Iterator[tuple[str, _Reason]]:
    """Yield what her drugs can bring: the longest unanswered first, of the newest drug first."""
    on = [course for course in picture.treatments if course.state == "on"]
    on.sort(key=lambda one: (one.days_since_start is None, one.days_since_start or 0, one.words))
    found: dict[str, _Reason] = {}
    for course in on:
        known = knowledge().treatments.get(course.facts.code or "")
        text = f"It can come with {course.words.removeprefix('on ')}."
        for key in known.symptoms if known else ():
            found.setdefault(key, _Reason("treatment", text, [course.record.as_json()]))
    # The sort is stable: where nothing was answered yet, the newest drug stays in front.
    yield from sorted(found.items(), key=lambda pair: _age(last, pair[0]))


def _whose_turn(
    picture: Picture, last: Mapping[str, Answered], plan: CheckInPlan
) -> Iterator[tuple[str, _Reason]]:
    """Yield the others, the longest unanswered first; the same on every device of hers all week."""
    week = picture.records.today.isocalendar()

    def place(key: str) -> tuple[float, str]:
        name = f"{picture.records.patient_id} {week.year}-{week.week} {key}"
        return _age(last, key), hashlib.sha256(name.encode()).hexdigest()

    for key in sorted(plan.rotation_symptoms, key=place):
        since = last.get(key)
        text = f"Last asked on {since.day}." if since else "It has not been asked for a while."
        yield key, _Reason("rotation", text, [since.record.as_json()] if since else ())


def _age(last: Mapping[str, Answered], key: str) -> float:
    """Return a number that is the smaller the longer nothing was said about a symptom."""
    return last[key].at.timestamp() if key in last else 0.0


def _rotating(chosen: Mapping[str, _Reason]) -> int:
    return sum(reason.kind == "rotation" for reason in chosen.values())


def _of_rule(finding: Finding) -> _Reason:
    records = [record.as_json() for record in finding.records]
    return _Reason("rule", finding.reason, records, finding.rule)


def _because(reason: _Reason) -> dict[str, Any]:
    return {
        "kind": reason.kind, "text": reason.text, "records": list(reason.records),
        "rule": reason.rule,
    }  # fmt: skip


def _item(symptom: Symptom, reason: _Reason) -> dict[str, Any]:
    return {
        "symptom": symptom.key, "prompt": symptom.term, "gate": symptom.gate,
        "attributes": [
            {
                "attribute": item.attribute, "prompt": item.prompt,
                "options": [
                    {"value": value, "label": label} for value, label in enumerate(item.labels)
                ],
            }
            for item in symptom.items
        ],
        "options": sorted({name for item in symptom.items for name in item.opt_outs}),
        "because": _because(reason),
    }  # fmt: skip
