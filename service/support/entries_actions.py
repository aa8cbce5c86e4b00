"""Whom patients can turn to, as a clinic writes it: drafts, what is shown, what no more is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.access import Viewer
from service.accounts.account_queries import lock_clinic
from service.clinical import knowledge
from service.errors import Conflict, IdConflict, NotAllowed, Outdated, Rejected
from service.support.entries_queries import NOT_SAID, SAID, entry
from service.support.meetings import meeting_of
from service.support.models import SupportEntry

_OF_ONE_KIND = (
    ("faiths", "chaplain", "Only a chaplain has faiths."),
    ("meets", "support_group", "Only a support group has dates."),
)


class EntryNotDraft(Conflict):
    """Only a draft can be changed or published."""

    slug = "entry-not-draft"
    title = "This version is not a draft any more."


class EntryRetired(Conflict):
    """It has been taken out of use before."""

    slug = "entry-retired"
    title = "This version is out of use already."


class EntryUnusable(Rejected):
    """The entry leaves out what its kind is for."""

    slug = "entry-unusable"
    title = "The entry cannot be used as it is."


def write(
    session: Session, viewer: Viewer, said: Mapping[str, Any], *, id: UUID, now: datetime
) -> bool:
    """Begin a new version of an entry; tell whether it is new.

    Args:
        session: in a transaction.
        viewer: who writes.
        said: ``slug`` and what ``entries_queries.SAID`` names.
        id: of the version; the same again with the same content begins nothing.
        now: the moment.

    Raises:
        EntryUnusable: a line to call has no number, or something says what its kind does not have.
        BadMeeting: a group cannot meet like that.
        IdConflict: the id stands for something else.
    """
    clinic_id = _clinic_of(viewer)
    content = _checked(session, clinic_id, {name: said[name] for name in SAID})
    lock_clinic(session, clinic_id)
    there = session.get(SupportEntry, id)
    if there is not None:
        same = (there.written_by, there.slug, there.content)
        if same != (viewer.account_id, said["slug"], content):
            raise IdConflict
        return False
    last = session.scalar(
        sa.select(sa.func.max(SupportEntry.number)).where(
            SupportEntry.clinic_id == clinic_id, SupportEntry.slug == said["slug"]
        )
    )
    session.add(
        SupportEntry(
            id=id, clinic_id=clinic_id, slug=said["slug"], number=(last or 0) + 1,
            status="draft", content=content, written_by=viewer.account_id, written_at=now,
        )
    )  # fmt: skip
    session.flush()
    return True


def change(
    session: Session, viewer: Viewer, id: UUID, changes: Mapping[str, Any], *,
    if_version: int | None,
) -> SupportEntry:  # fmt: skip
    """Change what a draft says; ``changes`` names only what is to be different.

    Raises:
        NotFound: there is no such version in the viewer's clinic.
        EntryNotDraft: it is no draft.
        EntryUnusable: a line to call would have no number, or something would say what its kind
            does not have.
        BadMeeting: a group cannot meet like that.
        Outdated: it is no longer at ``if_version``.
    """
    row = _locked(session, viewer, id, if_version)
    if row.status != "draft":
        raise EntryNotDraft
    content = _checked(session, row.clinic_id, {**NOT_SAID, **row.content, **changes})
    if content != row.content:
        row.content = content
        row.version += 1
    return row


def publish(
    session: Session, viewer: Viewer, id: UUID, *, if_version: int | None, now: datetime
) -> SupportEntry:
    """Show a draft to the clinic's patients, in the place of the version before.

    Raises:
        NotFound: there is no such version in the viewer's clinic.
        EntryNotDraft: it is no draft.
        Outdated: it is no longer at ``if_version``.
    """
    row = _locked(session, viewer, id, if_version)
    if row.status != "draft":
        raise EntryNotDraft
    before = session.scalars(
        sa.select(SupportEntry).where(
            SupportEntry.clinic_id == row.clinic_id, SupportEntry.slug == row.slug,
            SupportEntry.status == "published",
        )
    )  # fmt: skip
    for one in before:
        one.status = "retired"
        one.version += 1
    row.status, row.published_by, row.published_at = "published", viewer.account_id, now
    row.version += 1
    return row


def retire(session: Session, viewer: Viewer, id: UUID, *, if_version: int | None) -> SupportEntry:
    """Take a version out of use; the project's entry shows again, if there is one.

    Raises:
        NotFound: there is no such version in the viewer's clinic.
        EntryRetired: it is out of use already.
        Outdated: it is no longer at ``if_version``.
    """
    row = _locked(session, viewer, id, if_version)
    if row.status == "retired":
        raise EntryRetired
    row.status = "retired"
    row.version += 1
    return row


def _checked(session: Session, clinic_id: UUID, content: dict[str, Any]) -> dict[str, Any]:
    if content["kind"] == "line" and not content["phone"]:
        raise EntryUnusable(errors=[("/phone", "A line to call needs a number.")])
    for word, kind, fault in _OF_ONE_KIND:
        if content[word] and content["kind"] != kind:
            raise EntryUnusable(errors=[(f"/{word}", fault)])
    for number, faith in enumerate(content["faiths"]):
        if faith not in knowledge().faiths:
            raise EntryUnusable(errors=[(f"/faiths/{number}", "No faith of the list.")])
    if content["meets"] is None:
        return content
    zone = content["meets"].get("time_zone") or people.clinic(session, clinic_id).time_zone
    meets = {**content["meets"], "time_zone": zone}
    meeting_of(meets)
    return {**content, "meets": meets}


def _locked(session: Session, viewer: Viewer, id: UUID, if_version: int | None) -> SupportEntry:
    clinic_id = _clinic_of(viewer)
    lock_clinic(session, clinic_id)
    row = entry(session, clinic_id, id)
    if if_version is not None and row.version != if_version:
        raise Outdated
    return row


def _clinic_of(viewer: Viewer) -> UUID:
    if viewer.clinic_id is None:
        raise NotAllowed
    return viewer.clinic_id
