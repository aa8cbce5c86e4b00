"""A patient as requests know her."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from service.accounts.models import CareStatus


class PatientRef(NamedTuple):
    """The patient a request is about: what every action may need to know of her."""

    id: UUID
    clinic_id: UUID
    account_id: UUID | None
    display_name: str
    time_zone: str
    locale: str
    care_status: CareStatus
    information_preferences: Mapping[str, Any]
    birth_year: int | None
    sex: str | None
    ecog: int | None
    joined_at: datetime
    is_drill: bool
    change_no: int
    rules_release: int
    # Her care team may see her record (``accounts/sharing.py``).
    is_shared: bool = True

    def local_date(self, now: datetime) -> date:
        """Return the day it is for her."""
        return now.astimezone(ZoneInfo(self.time_zone)).date()
