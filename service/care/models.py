"""Tables: what she was told and by which rules, and the drills of a clinic."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model
from service.ids import new_id


class GuidanceGiven(Model):
    """What she was told in answer to one record, so that a repeat is told the same.

    A record that called for nothing has no row.
    """

    __tablename__ = "guidance_given"
    __table_args__ = (sa.Index(None, "patient_id", "at"),)

    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    record_type: Mapped[str] = mapped_column(sa.String(30))
    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"))
    at: Mapped[datetime]
    level: Mapped[str] = mapped_column(sa.String(12))
    slug: Mapped[str] = mapped_column(sa.String(60))
    # Nobody was on duty for what she reported: she was told whom to call instead.
    nobody_on_duty: Mapped[bool]
    # She does not share with her care team: nobody was told, and she was told so.
    not_shared: Mapped[bool] = mapped_column(default=False, server_default="0")
    # [{"rule", "version"}], strongest first.
    rules: Mapped[list[Any]]


class Drill(Model):
    """A made-up case that goes the way of a real one, to see whether somebody answers.

    Each drill has a patient of its own (``Patient.is_drill``), so that it meets no open alert.
    """

    __tablename__ = "drills"
    __table_args__ = (sa.Index(None, "clinic_id", "started_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"))
    # A case of ``clinical/drills.yaml``.
    scenario: Mapped[str] = mapped_column(sa.String(40))
    patient_id: Mapped[UUID] = mapped_column(sa.ForeignKey("patients.id"))
    started_by: Mapped[UUID] = mapped_column(sa.ForeignKey("accounts.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("accounts.id"))
