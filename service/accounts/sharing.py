"""Whom a patient lets see her record: what her consents come to, as conditions of a query.

``care_team`` is kept as ``Patient.is_shared`` (``consent_actions``), because every request asks
it: ``access.check_relation`` of one patient, ``seen_by_team`` of everybody in a list.  What holds
before she has said anything, and the exceptions, are in decision 0040.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from service.accounts.consent_models import Consent
from service.accounts.consent_texts import CARE_TEAM, MESSAGES, RESEARCH_EXPORT
from service.accounts.models import Patient
from service.errors import NotAllowed

# What a purpose counts as before she has said anything.  ``care_team`` is not here: it depends on
# how she came, and is kept with her.
BEFORE_ANSWERING: Mapping[str, bool] = {MESSAGES: True, RESEARCH_EXPORT: False}
# In the words of the partial index.
_NOT_SHARED = sa.literal_column("NOT patients.is_shared", sa.Boolean())


class NotShared(NotAllowed):
    """She has not let her care team see her record, or no longer does."""

    slug = "not-shared"
    title = "She does not share her record with the care team."


def seen_by_team(patient_id: Any, clinic_id: UUID | None) -> sa.ColumnElement[bool]:
    """Return the condition that a clinic's team may see a patient in a list.

    Of the clinic those who do not share are looked up, not everybody in the list: they are few.

    Args:
        patient_id: the column of the list that says whom a row is about.
        clinic_id: whose list it is; ``None`` finds nobody who does not share.
    """
    hidden = sa.select(Patient.id).where(Patient.clinic_id == clinic_id, _NOT_SHARED)
    condition: sa.ColumnElement[bool] = patient_id.not_in(hidden)
    return condition


def not_shared(clinic_id: UUID) -> sa.Select[int]:
    """Count the patients of a clinic whose record its team does not see."""
    return sa.select(sa.func.count()).where(Patient.clinic_id == clinic_id, _NOT_SHARED)


def consented_to(purpose: str, patient_id: Any = Patient.id) -> sa.ColumnElement[bool]:
    """Return the condition that a patient has agreed to a purpose, as of now.

    Args:
        purpose: one of ``consent_texts``.
        patient_id: the column that says whom a row is about.
    """
    if purpose == CARE_TEAM:
        hers = sa.alias(Patient.__table__)
        return sa.exists().where(hers.c.id == patient_id, hers.c.is_shared)
    given = BEFORE_ANSWERING[purpose]
    said_otherwise = sa.exists().where(
        Consent.patient_id == patient_id, Consent.purpose == purpose,
        Consent.superseded_at.is_(None), Consent.given.is_(not given),
    )  # fmt: skip
    return ~said_otherwise if given else said_otherwise
