"""Tables: what she was told, and by which rules."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model


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
    # [{"rule", "version"}], strongest first.
    rules: Mapped[list[Any]]
