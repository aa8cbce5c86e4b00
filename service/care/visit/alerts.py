"""What was raised, who answered, how long it took and what was done."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from service.accounts.models import Queue, Role
from service.alerts.models import Alert, AlertReason, AlertState, AlertStep, Severity
from service.care.records import Record
from service.care.rules import RuleSet
from service.care.visit.words import Line, Span, capital, counted, cut, line, plain, took
from service.clinical import knowledge

MOST_ALERTS = 4
_MOST_REASONS = 1
_MOST_MORE = 3
_ROLE_WORDS: Mapping[Role | None, str] = {
    None: "somebody of the team",
    **{role: f"the {plain(role.value)}" for role in Role},
}


def alert_lines(
    found: Sequence[tuple[Alert, Sequence[AlertReason]]],
    steps: Mapping[UUID, Sequence[AlertStep]],
    queues: Collection[Queue],
    span: Span,
    rules: RuleSet,
) -> list[Line]:
    """Return her alerts, those that wait first, then by urgency, then the latest raised.

    What is for information only comes last, however it stands: the symptoms tell it already.

    An alert of a queue the reader works on is told in full; any other as she hears of it
    herself: without what is only noted, and without what the staff wrote for each other.
    """
    told = [one for one in found if one[0].queue in queues or one[0].severity is not Severity.INFO]
    told.sort(key=lambda one: one[0].raised_at, reverse=True)
    told.sort(key=lambda one: _place(one[0]))
    lines = [
        _alert_line(alert, reasons, steps.get(alert.id, ()), alert.queue in queues, span, rules)
        for alert, reasons in told[:MOST_ALERTS]
    ]
    rest = told[MOST_ALERTS:]
    if rest:
        number = counted(len(rest), "more alert")
        least = min(rest, key=lambda one: one[0].rank)[0].severity
        waiting = sum(alert.state is not AlertState.CLOSED for alert, _ in rest)
        stand = f", {waiting} not closed" if waiting else ", closed"
        lines.append(
            line(
                f"And {number}{stand}, none more urgent than “{_severity(least).lower()}”.",
                *(_record(alert) for alert, _ in rest[:10]),
            )
        )
    return lines


def _place(alert: Alert) -> tuple[bool, bool, int]:
    return alert.severity is Severity.INFO, alert.state is AlertState.CLOSED, alert.rank


def _alert_line(
    alert: Alert,
    reasons: Sequence[AlertReason],
    steps: Sequence[AlertStep],
    is_ours: bool,
    span: Span,
    rules: RuleSet,
) -> Line:
    why = _reasons(reasons, is_ours, rules)
    text = f"{_severity(alert.severity)}, {span.moment(alert.raised_at)}: {why}. "
    text += capital(", ".join(_answer(alert, steps, span))) + "."
    if is_ours and alert.action:
        text += f" Done: {cut(alert.action, 160)}"
    elif alert.reply_to_patient:
        text += f" She was told: {cut(alert.reply_to_patient, 160)}"
    own = (_record(alert),) if is_ours else ()
    records = (record for reason in reasons for record in reason.records)
    return line(text, *own, *records, severity=alert.severity.value, state=alert.state.value)


def _answer(alert: Alert, steps: Sequence[AlertStep], span: Span) -> list[str]:
    """Say who took it, who reached her and how it ended, each with how long it took."""
    done, before = [], ""
    for kind, words, at in (
        ("acknowledged", "taken", alert.acknowledged_at),
        ("contact_attempt", "she was reached", alert.contacted_at),
        ("closed", "closed", alert.closed_at),
    ):
        if at is not None:
            by = _by(steps, kind, at)
            # Who did the step before did this one too, unless somebody else is named.
            who = "" if by == before else f" by {by}"
            done.append(f"{words}{who} {_after(alert, at)}")
            before = by
    if alert.state is AlertState.CLOSED:
        done[-1] += f" ({plain(alert.outcome or '')})" if done else ""
    elif alert.state is AlertState.OPEN and alert.severity is Severity.INFO:
        done.append("for the next visit")
    elif alert.state is AlertState.OPEN:
        done.append(f"nobody has taken it for {took(span.now - alert.raised_at)}")
    else:
        done.append("not closed yet")
    return done


def _after(alert: Alert, at: datetime) -> str:
    # A reason that joined started the clock anew; what was done before answers the opening.
    since = alert.raised_at if at >= alert.raised_at else alert.opened_at
    return f"after {took(max(at, since) - since)}"


def _by(steps: Sequence[AlertStep], kind: str, at: datetime) -> str:
    roles = [step.by_role for step in steps if step.kind == kind and step.at <= at]
    return _ROLE_WORDS[roles[-1] if roles else None]


def _reasons(reasons: Sequence[AlertReason], is_ours: bool, rules: RuleSet) -> str:
    """Write why, the gravest first and in full, of the others what they are about."""
    rank = knowledge().policy.rank
    order = list(Severity)
    gravest = sorted(reasons, key=lambda one: (order.index(one.severity), rank(one.rule)))
    first, others = gravest[:_MOST_REASONS], gravest[_MOST_REASONS:]
    words = [_reason(one, is_ours, rules) for one in first]
    about = [_about(one, rules) if is_ours else cut(one.text, 80) for one in others]
    shown = {_about(one, rules) for one in first}
    rest = [one for one in dict.fromkeys(about) if one not in shown]
    if len(rest) > _MOST_MORE:
        rest = [*rest[:_MOST_MORE], f"{len(rest) - _MOST_MORE} more"]
    also = f"; also: {'; '.join(rest)}" if rest else ""
    return "; ".join(words) + also


def _reason(reason: AlertReason, is_ours: bool, rules: RuleSet) -> str:
    text = cut(reason.text, 90)
    is_known = is_ours and reason.rule in rules.by_id
    return f"{_about(reason, rules)} ({text})" if is_known else text


def _about(reason: AlertReason, rules: RuleSet) -> str:
    rule = rules.by_id.get(reason.rule)
    return rule.about if rule else cut(reason.text, 80)


def _severity(severity: Severity) -> str:
    return "For information" if severity is Severity.INFO else capital(severity.value)


def _record(alert: Alert) -> Record:
    return Record("alert", alert.id, alert.opened_at)
