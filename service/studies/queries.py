"""What can be asked of a clinic's studies, and of what she did with them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.accounts.models import Patient
from service.errors import NotFound
from service.studies.models import Study, StudyImport, StudyMark
from service.studies.registry import NCT_ID

# Readings in which a file is looked for that may have been read before.
_LOOKED_BACK = 50
_IN_INDEX = (
    Study.nct_id, Study.status, Study.tab, Study.is_phase_1, Study.sex, Study.minimum_age_days,
    Study.maximum_age_days, Study.criteria, Study.sites, Study.title, Study.phases,
    Study.imported_at,
)  # fmt: skip


class Standing(NamedTuple):
    """Where she lives, which reading of studies is the newest, and her marks by number."""

    home: tuple[float, float] | None
    release: UUID | None
    imported_at: datetime | None
    marks: Mapping[str, StudyMark]


def standing_of(session: Session, patient_id: UUID) -> Standing:
    """Return all that a list of studies needs besides her picture, in one statement."""
    ended = aliased(StudyImport)
    newest = (
        sa.select(ended.id)
        .where(ended.clinic_id == Patient.clinic_id, ended.ended_at.is_not(None))
        .order_by(ended.ended_at.desc(), ended.id.desc())
        .limit(1)
        .correlate(Patient)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(Patient.home, StudyImport.id, StudyImport.ended_at, StudyMark)
        .select_from(Patient)
        .outerjoin(StudyImport, StudyImport.id == newest)
        .outerjoin(StudyMark, StudyMark.patient_id == Patient.id)
        .where(Patient.id == patient_id)
    ).all()
    home, release, ended_at, _mark = rows[0]
    return Standing(
        home=(home["lat"], home["lon"]) if home else None, release=release, imported_at=ended_at,
        marks={mark.nct_id: mark for *_, mark in rows if mark is not None},
    )  # fmt: skip


def shown_rows(session: Session, clinic_id: UUID) -> Iterator[Any]:
    """Yield what an index needs of each shown study of a clinic, few at a time."""
    yield from session.execute(
        sa.select(*_IN_INDEX)
        .where(Study.clinic_id == clinic_id, Study.is_shown)
        .order_by(Study.nct_id)
        .execution_options(yield_per=200)
    )


def shown_by_id(session: Session, clinic_id: UUID, nct_ids: Sequence[str]) -> dict[str, Study]:
    """Return some shown studies of a clinic by their numbers."""
    if not nct_ids:
        return {}
    rows = session.scalars(
        sa.select(Study).where(
            Study.clinic_id == clinic_id, Study.is_shown, Study.nct_id.in_(nct_ids)
        )
    )
    return {row.nct_id: row for row in rows}


def study_of(session: Session, clinic_id: UUID, nct_id: str) -> Study:
    """Return one study of a clinic, shown or not.

    Raises:
        NotFound: the clinic has none of this number.
    """
    row = session.get(Study, (clinic_id, nct_id)) if NCT_ID.fullmatch(nct_id) else None
    if row is None:
        raise NotFound
    return row


def digests(session: Session, clinic_id: UUID, nct_ids: Sequence[str]) -> dict[str, str]:
    """Return what is on file of some studies, as digests by their numbers."""
    rows = session.execute(
        sa.select(Study.nct_id, Study.digest).where(
            Study.clinic_id == clinic_id, Study.nct_id.in_(nct_ids)
        )
    )
    return {row.nct_id: row.digest for row in rows}


def running(session: Session, clinic_id: UUID) -> StudyImport | None:
    """Return the reading of a clinic that has not ended, ``None`` if there is none."""
    return session.scalars(
        sa.select(StudyImport)
        .where(StudyImport.clinic_id == clinic_id, StudyImport.state == "running")
        .order_by(StudyImport.started_at.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).one_or_none()


def import_of(session: Session, clinic_id: UUID, import_id: UUID) -> StudyImport:
    """Return one reading of a clinic as the database has it now.

    Raises:
        NotFound: there is none, or it is another clinic's.
    """
    row = session.get(StudyImport, import_id, populate_existing=True)
    if row is None or row.clinic_id != clinic_id:
        raise NotFound
    return row


def imports_of(clinic_id: UUID) -> sa.Select[Any]:
    """Return the question for a clinic's readings."""
    return sa.select(StudyImport).where(StudyImport.clinic_id == clinic_id)


def was_read(session: Session, clinic_id: UUID, sha256: str, way: str) -> StudyImport | None:
    """Return the reading in which a file of this content was read to its end, the same way."""
    rows = session.scalars(
        sa.select(StudyImport)
        .where(StudyImport.clinic_id == clinic_id)
        .order_by(StudyImport.started_at.desc())
        .limit(_LOOKED_BACK)
        .execution_options(populate_existing=True)
    )
    for row in rows:
        for file in row.files:
            if file["sha256"] == sha256 and file["way"] == way and file["state"] == "done":
                return row
    return None


def counts_of(session: Session, clinic_id: UUID) -> list[Any]:
    """Return how many studies a clinic has: rows of ``is_shown, is_phase_1, tab, studies``."""
    return list(
        session.execute(
            sa.select(Study.is_shown, Study.is_phase_1, Study.tab, sa.func.count().label("studies"))
            .where(Study.clinic_id == clinic_id)
            .group_by(Study.is_shown, Study.is_phase_1, Study.tab)
        )
    )
