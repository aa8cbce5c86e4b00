"""What the pages about the clinic itself share: whose clinic, who works there, forms refused."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import request
from marshmallow import Schema, ValidationError

from service.accounts.models import Account
from service.accounts.staff_queries import staff_page
from service.clock import moment_of
from service.dashboard.access import Visit
from service.dashboard.forms import FormUnusable
from service.errors import DomainError

# More people than any clinic has on its rosters; a choice of more is no choice.
STAFF_MOST = 500
DUTY_WORDS: Mapping[str, str] = {
    "nursing": "Nursing", "social_work": "Social work", "chaplaincy": "Chaplaincy",
    "coordination": "Coordination", "supervisor": "Supervisor", "administrator": "Administrator",
}  # fmt: skip
DAY_WORDS: Mapping[str, str] = {
    "mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday",
    "sat": "Saturday", "sun": "Sunday",
}  # fmt: skip

# Said by the schemas to programmers; said here to people.
_NEEDED = dict.fromkeys(
    ("Missing data for required field.", "Field may not be null."), "This is needed."
)


def clinic_of(visit: Visit) -> UUID:
    """Return the clinic whose page this is."""
    assert visit.viewer.clinic_id is not None  # noqa: S101 - staff have a clinic
    return visit.viewer.clinic_id


def colleagues(visit: Visit) -> Sequence[Account]:
    """Return who works for the clinic, by name, five hundred at most."""
    return staff_page(visit.session, clinic_of(visit), limit=STAFF_MOST)[:STAFF_MOST]


def filled(*names: str) -> dict[str, Any]:
    """Return the fields of the form that somebody has filled in, without U+0000."""
    texts = {name: request.form.get(name, "").replace("\x00", "").strip() for name in names}
    return {name: text for name, text in texts.items() if text}


def new_password() -> dict[str, str]:
    """Return the password that was typed twice, as a body of the API has it.

    Raises:
        FormUnusable: it was not the same twice.
    """
    given = {name: request.form.get(name, "") for name in ("password", "again")}
    if given["password"] != given["again"]:
        raise FormUnusable({"again": "The two passwords are not the same."})
    return {"password": given["password"]}


def several(name: str) -> list[str]:
    """Return the boxes of one name that somebody has ticked."""
    return request.form.getlist(name)


def loaded(schema: Schema, body: Mapping[str, Any]) -> dict[str, Any]:
    """Read what was filled in with the schema that reads the API's body: one truth for both.

    Raises:
        FormUnusable: something is missing or wrong, in the schema's own words.
    """
    try:
        found: dict[str, Any] = schema.load(body)
    except ValidationError as wrong:
        raise FormUnusable(
            {name: _first(said) for name, said in wrong.messages_dict.items()}
        ) from None
    return found


def local_moment(text: str, name: str, zone: str) -> datetime:
    """Read a time on the clinic's clock: ``2026-03-02T09:00``, or a day for its beginning.

    Raises:
        FormUnusable: there is no such time.
    """
    try:
        local = datetime.fromisoformat(text)
        if local.tzinfo is None and 2000 <= local.year < 2100:
            return moment_of(local, ZoneInfo(zone))
    except ValueError:
        pass
    raise FormUnusable({name: "Not a time of this century, as 2026-03-02 09:00."})


def refused_fields(error: DomainError) -> dict[str, str]:
    """Return what the domain says no to, by field of the form."""
    return {pointer.strip("/").split("/")[0]: said for pointer, said in error.errors}


def _first(said: Any) -> str:
    while isinstance(said, dict | list):
        said = next(iter(said.values() if isinstance(said, dict) else said))
    return _NEEDED.get(str(said), str(said))
