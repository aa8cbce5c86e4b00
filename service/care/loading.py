"""Fetching what a picture is made of: one statement, bounded however long her history.

Nine kinds of records come back as rows of one shape (``UNION ALL`` of index scans), because
what costs in a request is the way to the database and back, not the rows.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Patient
from service.accounts.patient_ref import PatientRef
from service.care import copies
from service.care.records import Answer, Record, Records
from service.db import Json, UtcDateTime, each_value
from service.hot import HotStatement
from service.journey.models import Diagnosis
from service.studies.models import StudyImport, StudyMark
from service.symptoms.models import Measurement, SymptomReport
from service.symptoms.rules import CAREGIVER
from service.treatments.models import Dose, Treatment
from service.wellbeing.models import QuestionnaireResponse, WellbeingCheck

# Longer than every window a rule may ask for; more rows than anybody enters in that time.
REPORT_WINDOW = timedelta(days=30)
DOSE_WINDOW = timedelta(days=60)
# A dose answered before it is due is known already; no phone has one further ahead.
DOSES_AHEAD = timedelta(days=14)
MOST_REPORTS = 60
MOST_TREATMENTS = 100
MOST_MEASUREMENTS = 60
MOST_CHECKS = 10
MOST_RESPONSES = 20
MOST_STUDIES = 500
# Three weeks of four drugs a day.
MOST_DOSES = 90
# More than a body of sixteen mebibytes can bring beside what is there.
_NO_LIMIT = 1_000_000

_SHAPE: Mapping[str, Any] = {
    "s1": sa.String(), "s2": sa.String(), "s3": sa.String(), "s4": sa.String(),
    "s5": sa.String(), "s6": sa.String(), "n1": sa.Float(), "n2": sa.Float(), "n3": sa.Float(),
    "j1": Json, "j2": Json, "d1": sa.Date(), "d2": sa.Date(),
}  # fmt: skip


def _newest(kind: str, table: Any, at: Any, most: int, *where: Any, **columns: Any) -> Any:
    """Select one kind of record, newest first, at most ``most``, with the columns it fills.

    What never changes is written into the statement, so that few values are sent with it.
    """
    patient = sa.bindparam("patient_id", type_=sa.Uuid())
    return (
        sa.select(table.c.id, at.label("at"), *(c.label(name) for name, c in columns.items()))
        .where(table.c.patient_id == patient, *where)
        # Phones round to the minute: of two records of one moment the later to arrive is newer.
        .order_by(at.desc(), table.c.change_no.desc())
        .limit(sa.literal_column(str(most)))
        .subquery(kind)
    )


def _in_common_shape(newest: Any, *, is_first: bool) -> Any:
    """Fill up the columns a kind of record has not.  The first of a union says the types."""
    columns = [
        newest.c[name] if name in newest.c else sa.cast(sa.null(), of) if is_first else sa.null()
        for name, of in _SHAPE.items()
    ]
    return sa.select(
        sa.literal_column(f"'{newest.name}'", sa.String()).label("kind"),
        newest.c.id,
        newest.c.at,
        *(column.label(name) for column, name in zip(columns, _SHAPE, strict=True)),
    )


def _truth(column: Any) -> Any:
    one: Any = sa.literal_column("1")
    nought: Any = sa.literal_column("0")
    return sa.case((column.is_(sa.true()), one), (column.is_(sa.false()), nought))


def _is_there(column: Any) -> Any:
    one: Any = sa.literal_column("1")
    nought: Any = sa.literal_column("0")
    return sa.case((column.is_not(None), one), else_=nought)


def _sources(most_reports: int, most_measurements: int) -> dict[str, Any]:
    as_of = sa.bindparam("as_of", type_=UtcDateTime())
    since = sa.bindparam("since", type_=UtcDateTime())
    doses_since = sa.bindparam("doses_since", type_=UtcDateTime())
    doses_before = sa.bindparam("doses_before", type_=UtcDateTime())
    report, treatment = SymptomReport.__table__, Treatment.__table__
    diagnosis, measured = Diagnosis.__table__, Measurement.__table__
    check, response = WellbeingCheck.__table__, QuestionnaireResponse.__table__
    dose = Dose.__table__
    r, t, d, m, c, q = report.c, treatment.c, diagnosis.c, measured.c, check.c, response.c
    o = dose.c
    mark = StudyMark.__table__
    s = mark.c
    found = (
        _newest(
            "report", report, r.at, most_reports,
            r.at <= as_of, r.at >= since, r.deleted_at.is_(None), r.corrected_by.is_(None),
            s1=r.reported_by, n1=r.temperature_c, n2=r.stools_over_baseline, n3=r.glucose_mg_dl,
            j1=r.answers, j2=r.red_flags,
        ),
        _newest(
            "treatment", treatment, t.facts_changed_at, MOST_TREATMENTS, t.deleted_at.is_(None),
            s1=t.code, s2=t.name, s3=t.modality, s4=t.status, s5=t.body_site, n1=t.line,
            d1=t.started_on, d2=t.ended_on,
        ),
        _newest(
            "diagnosis", diagnosis, d.received_at, 1,
            s1=d.recurrence, s2=d.er, s3=d.pr, s4=d.her2, s5=d.menopausal_status,
            s6=d.initial_surgery, n1=_truth(d.stage_iv_at_diagnosis), j1=d.metastatic_sites,
            j2=d.mutations, d1=d.diagnosed_on, d2=d.recurred_on,
        ),
        _newest(
            "measurement", measured, m.at, most_measurements,
            m.at <= as_of, m.at >= since, m.deleted_at.is_(None),
            s1=m.code, s2=m.unit, n1=m.standard_value,
        ),
        _newest(
            "check", check, c.at, MOST_CHECKS, c.at <= as_of, c.deleted_at.is_(None),
            n1=c.distress, n2=c.mood, n3=_truth(c.safe_now), j1=c.topics, j2=c.contact_wanted,
        ),
        _newest(
            "response", response, q.at, MOST_RESPONSES, q.at <= as_of, q.deleted_at.is_(None),
            s1=q.questionnaire, s2=q.status, n1=q.total, j1=q.answers,
        ),
        _newest(
            "dose", dose, o.due_at, MOST_DOSES,
            o.due_at >= doses_since, o.due_at <= doses_before,
            sa.or_(o.due_at <= as_of, o.answered_at <= as_of),
            o.status != sa.literal_column("'expected'"), o.deleted_at.is_(None),
            t.id == o.treatment_id, t.deleted_at.is_(None),
            s1=t.code, s2=t.name, s3=o.status, s4=o.reason, s5=sa.cast(o.treatment_id, sa.String),
        ),
        _newest(
            "study", mark, sa.func.coalesce(s.saved_at, s.dismissed_at, s.received_at),
            MOST_STUDIES, s.deleted_at.is_(None),
            s1=s.nct_id, n1=_is_there(s.saved_at), n2=_is_there(s.dismissed_at),
        ),
        _offered(),
    )  # fmt: skip
    return {one.name: one for one in found}


def _offered() -> Any:
    """Select the newest finished reading of her clinic's studies, and where she lives."""
    read, her = StudyImport.__table__.c, Patient.__table__.c
    return (
        sa.select(read.id, read.ended_at.label("at"), her.home.label("j1"))
        .where(
            her.id == sa.bindparam("patient_id", type_=sa.Uuid()),
            read.clinic_id == her.clinic_id,
            read.ended_at.is_not(None),
        )
        .order_by(read.ended_at.desc(), read.id.desc())
        .limit(sa.literal_column("1"))
        .subquery("offered")
    )


T = TypeVar("T")
_SOURCES = _sources(MOST_REPORTS, MOST_MEASUREMENTS)
KINDS = frozenset(_SOURCES)


@cache
def statement(kinds: frozenset[str], *, of_a_stretch: bool = False) -> HotStatement:
    """Return what fetches some kinds of records; of a stretch, all reports and measurements."""
    sources = _sources(_NO_LIMIT, _NO_LIMIT) if of_a_stretch else _SOURCES
    chosen = [source for kind, source in sources.items() if kind in kinds]
    return HotStatement(
        sa.union_all(
            *(
                _in_common_shape(source, is_first=number == 0)
                for number, source in enumerate(chosen)
            )
        )
    )


def values_of(patient: PatientRef, *, since: datetime, until: datetime) -> dict[str, Any]:
    """Return what the statement asks for: pictures of a patient from one moment until another."""
    return {
        "patient_id": patient.id, "as_of": until, "since": since - REPORT_WINDOW,
        "doses_since": since - DOSE_WINDOW, "doses_before": until + DOSES_AHEAD,
    }  # fmt: skip


def load(
    session: Session, patient: PatientRef, *, as_of: datetime, kinds: frozenset[str] = KINDS
) -> Records:
    """Return what a picture of the patient is made of, as far as it was known at a moment.

    ``kinds`` leaves out records that nobody will ask about; see ``care.reading``.
    """
    found: dict[str, list[Any]] = {}
    found_rows = (
        statement(kinds).rows(session, values_of(patient, since=as_of, until=as_of))
        if kinds
        else ()
    )
    for kind, *row in found_rows:
        found.setdefault(kind, []).append(row)
    reports = _made(found, "report", copies.report)
    return Records(
        **said_of(patient, as_of),
        diagnosis=next(iter(_made(found, "diagnosis", partial(copies.diagnosis, as_of))), None),
        treatments=_made(found, "treatment", partial(copies.treatment, as_of)),
        symptom_reports=reports,
        measurements=_made(found, "measurement", copies.measurement),
        wellbeing_checks=_made(found, "check", copies.check),
        questionnaire_responses=_made(found, "response", copies.response),
        doses=_made(found, "dose", partial(copies.dose, as_of)),
        studies=_made(found, "study", copies.study),
        studies_offered=next(iter(_made(found, "offered", copies.offered)), None),
        last_report_at=reports[0].at if reports else None,
    )


def said_of(patient: PatientRef, as_of: datetime) -> dict[str, Any]:
    """Return what ``Records`` hold of the patient herself, by their names."""
    return {
        "patient_id": patient.id,
        "joined_at": patient.joined_at,
        "today": patient.local_date(as_of),
        "time_zone": patient.time_zone,
        "care_status": patient.care_status.value,
        "information_preferences": patient.information_preferences,
        "birth_year": patient.birth_year,
        "sex": patient.sex,
        "ecog": patient.ecog,
    }


def first_answers(
    session: Session, patient_id: UUID, symptoms: Collection[str], *, by_family: bool
) -> dict[str, tuple[Record, Answer]]:
    """Return the first answer a patient, or her family, ever gave about some symptoms.

    Each with the report it is in.

    One statement over all her reports; asked only for symptoms she has not answered for longer
    than a comparison may reach back.
    """
    report = SymptomReport.__table__.c
    symptom = each_value(session, report.answers, "symptom")
    place = sa.func.row_number().over(partition_by=symptom, order_by=(report.at, report.change_no))
    firsts = (
        sa.select(
            report.id, report.at, report.answers, symptom.label("symptom"), place.label("place")
        )
        .where(
            report.patient_id == patient_id,
            report.deleted_at.is_(None),
            report.corrected_by.is_(None),
            sa.func.coalesce(report.reported_by == CAREGIVER, sa.false()).is_(by_family),
            symptom.in_(symptoms),
        )
        .subquery()
    )
    return {
        row.symptom: (
            Record("symptom_report", row.id, row.at),
            next(one for one in row.answers if one["symptom"] == row.symptom),
        )
        for row in session.execute(sa.select(firsts).where(firsts.c.place == 1))
    }


def with_baselines(records: Records, baselines: Mapping[str, tuple[Record, Answer]]) -> Records:
    """Return the same records with the first answers beside them."""
    return replace(records, baselines=baselines)


def _made(found: Mapping[str, list[Any]], kind: str, make: Callable[[Any], T]) -> list[T]:
    return [make(row) for row in found.get(kind, ())]
