"""What can be asked of whom patients can turn to: the project's entries, and the clinic's own."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.clinical import SupportEntry as Offer
from service.clinical import knowledge
from service.clock import local_text
from service.errors import NotFound
from service.support.meetings import Date, next_dates
from service.support.models import SupportEntry

STATUSES = ("draft", "published", "retired")
# In the order in which they are shown.
KINDS = ("line", "social_worker", "chaplain", "support_group")
# What its writer says of an entry.
SAID = ("kind", "name", "about", "languages", "phone", "url", "when", "faiths", "meets")
# What entries of before there were dates and faiths leave out.
NOT_SAID: Mapping[str, Any] = {"faiths": [], "meets": None}
HISTORY = 100
OF_THE_CLINIC = "entered by the clinic"


def offers(
    session: Session,
    clinic_id: UUID | None,
    *,
    kind: str | None = None,
    language: str | None = None,
    reads: str | None = None,
) -> list[Offer]:
    """Return whom the patients of a clinic can turn to.

    What the clinic has published stands in the place of the project's entry of the same slug,
    and after the project's where it has a slug of its own.

    Args:
        session: to ask; one statement.
        clinic_id: whose; ``None`` for the project's alone.
        kind: only these, ``None`` for all.
        language: only where it is spoken, ``None`` for all.
        reads: the language of who asks: of each kind what is offered in it comes first.
    """
    found = {entry.slug: entry for entry in knowledge().support}
    found |= {row.slug: offer_of(row) for row in published_in(session, clinic_id)}
    chosen = [
        entry
        for entry in found.values()
        if kind in (None, entry.kind) and (language is None or _speaks(entry, language))
    ]
    if reads is not None:
        # zh-Hant-TW is also zh-Hant, and zh.
        parts = reads.split("-")
        hers = {"-".join(parts[:n]) for n in range(1, len(parts) + 1)}
        chosen.sort(key=lambda one: (KINDS.index(one.kind), hers.isdisjoint(one.languages)))
    return chosen


def _speaks(offer: Offer, language: str) -> bool:
    """Tell whether a language is spoken there: ``zh`` is, where ``zh-Hant`` is."""
    asked = language.lower()
    return any(f"{one.lower()}-".startswith(f"{asked}-") for one in offer.languages)


def as_offered(offer: Offer, *, now: datetime) -> dict[str, Any] | None:
    """Return an offer as a patient sees it, with the next dates of a group.

    ``None`` for a group whose last date is over.
    """
    dates = next_dates(offer.meets, now=now)
    if offer.meets is not None and not dates:
        return None
    return {**asdict(offer), "next_dates": [_written(one) for one in dates]}


def _written(date: Date) -> dict[str, Any]:
    return {**date._asdict(), "local_start": local_text(date.local_start)}


def published_in(session: Session, clinic_id: UUID | None) -> Sequence[SupportEntry]:
    """Return what a clinic has published, the oldest version of a slug first."""
    return session.scalars(
        sa.select(SupportEntry)
        .where(SupportEntry.clinic_id == clinic_id, SupportEntry.status == "published")
        .order_by(SupportEntry.slug, SupportEntry.number)
    ).all()


def offer_of(row: SupportEntry) -> Offer:
    """Return a clinic's entry as patients see it."""
    said = row.content
    return Offer(
        slug=row.slug, kind=said["kind"], name=said["name"], about=said["about"],
        languages=tuple(said["languages"]), phone=said["phone"], url=said["url"],
        when=said["when"], status=OF_THE_CLINIC, faiths=tuple(said.get("faiths", ())),
        meets=said.get("meets"),
    )  # fmt: skip


def entry(session: Session, clinic_id: UUID | None, id: UUID) -> SupportEntry:
    """Return one version of an entry of a clinic.

    Raises:
        NotFound: there is none of this id, or it is another clinic's.
    """
    found = session.get(SupportEntry, id)
    if found is None or found.clinic_id != clinic_id:
        raise NotFound
    return found


def entries_of(clinic_id: UUID | None, *, status: str | None = None) -> sa.Select[Any]:
    """Ask for the versions of all entries of a clinic."""
    statement = sa.select(SupportEntry).where(SupportEntry.clinic_id == clinic_id)
    return statement if status is None else statement.where(SupportEntry.status == status)


def latest(
    session: Session,
    clinic_id: UUID | None,
    *,
    limit: int,
    last: tuple[datetime, UUID] | None,
    status: str | None = None,
) -> Sequence[SupportEntry]:
    """Return a page of versions and the one after it, those begun last first.

    ``last`` is where the page before ended: ``(written_at, id)``.
    """
    at, id = SupportEntry.written_at, SupportEntry.id
    statement = entries_of(clinic_id, status=status)
    if last is not None:
        statement = statement.where(sa.tuple_(at, id) < sa.tuple_(*last, types=[at.type, id.type]))
    return session.scalars(statement.order_by(at.desc(), id.desc()).limit(limit + 1)).all()


def history_of(session: Session, clinic_id: UUID | None, slug: str) -> Sequence[SupportEntry]:
    """Return the latest versions of one entry, the newest first."""
    newest = SupportEntry.number.desc()
    of_slug = entries_of(clinic_id).where(SupportEntry.slug == slug)
    return session.scalars(of_slug.order_by(newest).limit(HISTORY)).all()


def shown(row: SupportEntry) -> dict[str, Any]:
    """Return one version as those see it who make it."""
    return {
        "id": row.id, "slug": row.slug, "number": row.number, "status": row.status,
        **NOT_SAID, **row.content, "written_by": row.written_by, "written_at": row.written_at,
        "published_by": row.published_by, "published_at": row.published_at,
        "version": row.version,
    }  # fmt: skip
