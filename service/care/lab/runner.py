"""Working runs off: a slice at a time, each in a transaction of its own.

Figures, findings and the last patient done are saved together: who is killed in a slice has done
none of it, and the next one does it again.  Two schedulers never work on the same run.
"""

import copy
import hashlib
import logging
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.consent_texts import CARE_TEAM
from service.accounts.models import Patient
from service.accounts.sharing import consented_to
from service.care.lab.kinds import KINDS
from service.care.lab.question import Figures
from service.clinical.reading import BadKnowledge
from service.db import skip_locked
from service.rulebook.models import LabFinding, LabRun
from service.rulebook.queries import UNFINISHED

logger = logging.getLogger(__name__)

# The table itself: the mapped class would send rows with an empty column apart.
_FINDINGS: sa.Table = LabFinding.__table__  # type: ignore[assignment]
_ROWS_AT_ONCE = 500
_LONGEST_ERROR = 300


def go_on(session: Session, *, now: datetime, until: float, limit: int = 50) -> int:
    """Do a slice of the run that has waited longest; return how much, 0 if nothing waits.

    Args:
        session: in a transaction of its own.
        now: when the run ends, if it ends here.
        until: after this reading of ``time.monotonic`` no other patient is begun.
        limit: so many patients at most.
    """
    run = session.scalars(
        skip_locked(
            sa.select(LabRun)
            .where(UNFINISHED)
            .order_by(LabRun.asked_at, LabRun.id)
            .limit(1)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    if run is None:
        return 0
    try:
        _slice(session, run, now=now, until=until, limit=limit)
    except SQLAlchemyError:
        raise  # the database is away or somebody was first: the next round does it again
    except BadKnowledge as bad:
        _fail(run, str(bad), now)
    except Exception as error:
        logger.exception("run %s of the laboratory failed", run.id)
        _fail(run, f"The run stopped with a fault of ours: {type(error).__name__}.", now)
    return 1


def bytes_of(report: Mapping[str, Any]) -> bytes:
    """Write a report: the same report is the same bytes."""
    return orjson.dumps(report, option=orjson.OPT_SORT_KEYS)


def _slice(session: Session, run: LabRun, *, now: datetime, until: float, limit: int) -> None:
    question = KINDS[run.kind].begin(session, run)
    figures: Figures = copy.deepcopy(run.figures)
    run.state = "running"
    waiting = _next_patients(session, run, limit)
    for patient_id in waiting:
        found = question.look(session, people.patient_ref(session, patient_id), figures)
        _save(session, run, figures, found)
        run.after, run.done = patient_id, run.done + 1
        if time.monotonic() >= until:
            break
    run.figures = figures
    if not waiting or (run.after == waiting[-1] and len(waiting) < limit):
        run.state, run.ended_at = "done", now
        report = question.report(figures)
        run.figures = {**figures, "report": report}
        run.digest = hashlib.sha256(bytes_of(report)).hexdigest()


def _next_patients(session: Session, run: LabRun, limit: int) -> list[UUID]:
    asked = sa.select(Patient.id).where(
        Patient.clinic_id == run.clinic_id, Patient.is_drill.is_(False),
        Patient.joined_at <= run.as_of, consented_to(CARE_TEAM),
    )  # fmt: skip
    if run.after is not None:
        asked = asked.where(Patient.id > run.after)
    return list(session.scalars(asked.order_by(Patient.id).limit(limit)))


def _save(session: Session, run: LabRun, figures: Figures, found: Any) -> None:
    first = figures.get("findings", 0)
    rows = [
        {"run_id": run.id, "number": first + place, **one}
        for place, one in enumerate(found, start=1)
    ]
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        session.execute(sa.insert(_FINDINGS), rows[start : start + _ROWS_AT_ONCE])
    figures["findings"] = first + len(rows)


def _fail(run: LabRun, why: str, now: datetime) -> None:
    run.state, run.ended_at, run.error = "failed", now, why[:_LONGEST_ERROR]
