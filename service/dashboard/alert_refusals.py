"""Why an answer to an alert was not taken, in the words of its page."""

from typing import Any

from service.accounts.access import Viewer
from service.alerts.actions import AlertClosed, AlertNotClosed, AlreadyTaken, ContactNeeded
from service.alerts.models import Alert, AlertState
from service.dashboard.alert_page import colleague_with, parts_of, person_words, seen_mark
from service.errors import Conflict, DomainError

Shown = dict[str, Any]


class SomethingNew(Conflict):
    """A reason joined the alert after the page was opened: nobody answers what she has not read."""

    slug = "something-new"
    title = "Something new has come in since you opened this page."


class ColleagueHasIt(Conflict):
    """A colleague took the alert after the page was opened: it is not hers to decide unasked."""

    slug = "colleague-has-it"
    title = "A colleague has taken this alert since you opened this page."


def check_seen(alert: Alert, seen: str, viewer: Viewer, *, whoever_has_it: bool) -> None:
    """Refuse an answer to an alert that is not what its reader saw.

    Args:
        alert: as it is now.
        seen: the mark of what she saw, from her form.
        viewer: who answers.
        whoever_has_it: let her answer although a colleague has taken it meanwhile.

    Raises:
        SomethingNew: a reason has joined since.
        ColleagueHasIt: a colleague has taken it since.
    """
    was_raised, was_held = parts_of(seen)
    is_raised, is_held = parts_of(seen_mark(alert))
    if was_raised != is_raised:
        raise SomethingNew
    if not whoever_has_it and is_held != was_held and colleague_with(alert, viewer):
        raise ColleagueHasIt


def sentence(refused: DomainError, alert: Alert, shown: Shown, viewer: Viewer) -> str:
    """Say in plain words why nothing was changed."""
    name = shown["patient"]["display_name"]
    if isinstance(refused, AlertClosed):
        return f"The alert about {name} has been closed in the meantime. Nothing was changed."
    if isinstance(refused, SomethingNew):
        return (
            f"Something new has come in about {name} since you opened this page. Please read "
            "the reasons again, then answer. Nothing was changed."
        )
    if isinstance(refused, ContactNeeded):
        return (
            "This alert can be closed only once somebody has spoken with her: record a contact "
            "in which she was reached, then close it and say so."
        )
    if isinstance(refused, AlertNotClosed):
        return _not_closed(alert, shown, viewer)
    return _held(refused, shown, viewer)


def _not_closed(alert: Alert, shown: Shown, viewer: Viewer) -> str:
    name = shown["patient"]["display_name"]
    if alert.state is AlertState.CLOSED:
        return f"{name} has an open alert in this queue already. Please use that one."
    who = person_words(shown["acknowledged_by"], viewer.account_id)
    return f"The alert about {name} has been opened again in the meantime, by {who}."


def _held(refused: DomainError, shown: Shown, viewer: Viewer) -> str:
    name = shown["patient"]["display_name"]
    if isinstance(refused, AlreadyTaken):
        who = person_words(shown["acknowledged_by"], viewer.account_id)
        return f"The alert about {name} was taken by {who} before you. It is in good hands."
    if isinstance(refused, ColleagueHasIt):
        who = person_words(shown["assignee"] or shown["acknowledged_by"], viewer.account_id)
        return (
            f"The alert about {name} has gone to {who} since you opened this page. Nothing was "
            "changed. Talk to each other; if you send this again, it counts."
        )
    return refused.title
