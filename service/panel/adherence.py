"""How many of the doses of late she took, in her summary row.

A number for the panel, not for her record: what became of each dose, and the two ratios of the
literature, are in ``treatments.adherence``.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from service.late_writes import LateWrite
from service.panel.models import PatientSummary
from service.treatments.models import Dose, Treatment

# Four weeks: a cycle of most tablets.  A project choice.
LOOKED_BACK = timedelta(days=28)
# A dose nobody has answered counts as not taken from then on: she may tell of it at night.
ANSWERED_WITHIN = timedelta(hours=24)
_SUMMARY = PatientSummary.__table__.c
_DOSE = Dose.__table__.c
_TREATMENT = Treatment.__table__.c


def _moment(name: str) -> sa.BindParameter[datetime]:
    return sa.bindparam(f"adh_{name}", type_=_DOSE.due_at.type)


def _counted() -> sa.Subquery:
    taken = sa.func.count(sa.case((_DOSE.status == sa.text("'taken'"), 1)))
    answered = sa.func.count(sa.case((_DOSE.status != sa.text("'expected'"), 1)))
    everything = sa.func.count()
    percent = sa.case(
        (answered > sa.literal_column("0"), taken * sa.literal_column("100") // everything)
    )
    patient_id = sa.bindparam("adh_of_patient", type_=_SUMMARY.patient_id.type)
    return (
        sa.select(percent.label("percent"))
        .select_from(Dose.__table__)
        .join(Treatment.__table__, _TREATMENT.id == _DOSE.treatment_id)
        .where(
            _DOSE.patient_id == patient_id,
            _DOSE.due_at > _moment("since"),
            _DOSE.due_at <= _moment("until"),
            _DOSE.deleted_at.is_(None),
            _TREATMENT.deleted_at.is_(None),
            _DOSE.status != sa.text("'held'"),
            sa.or_(_DOSE.reason.is_(None), _DOSE.reason != sa.text("'told_to_hold'")),
            sa.or_(
                _DOSE.status != sa.text("'expected'"), _DOSE.due_at <= _moment("answered_until")
            ),
        )
        .subquery("counted")
    )


def _statement() -> sa.Update:
    counted = _counted()
    return (
        sa.update(PatientSummary.__table__)  # type: ignore[arg-type]
        .where(
            _SUMMARY.patient_id == sa.bindparam("adh_of_patient", type_=_SUMMARY.patient_id.type),
            # Most answers leave the number as it is, and are spared the write.
            _SUMMARY.adherence_percent.is_distinct_from(counted.c.percent),
        )
        .values(adherence_percent=counted.c.percent)
    )


NOTE_ADHERENCE = LateWrite(_statement(), "adh_")
