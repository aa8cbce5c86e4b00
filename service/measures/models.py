"""Table: what was counted of a clinic's weeks."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Model


class MeasureWeek(Model):
    """One week of a clinic in figures, so that no page counts a year of reports.

    A week runs Monday to Sunday on the clinic's clock.  It is counted anew while what happened
    in it can still change: alerts of it that are not closed, reports that come late.
    """

    __tablename__ = "measure_weeks"

    clinic_id: Mapped[UUID] = mapped_column(sa.ForeignKey("clinics.id"), primary_key=True)
    # The Monday it begins on.
    week: Mapped[date] = mapped_column(primary_key=True)
    figures: Mapped[dict[str, Any]]
    counted_at: Mapped[datetime]
    # When to count it again; ``None`` once nothing in it can change.
    count_again_at: Mapped[datetime | None] = mapped_column(index=True)
