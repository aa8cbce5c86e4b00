"""Olga, a nurse of Hilltop, and Ana, a patient of Harbor, who lies unconscious in Hilltop."""

from typing import Any

import pytest
import sqlalchemy as sa

from service.accounts.session_models import DeviceSession
from service.db import transaction
from tests.dashboard.conftest import (  # noqa: F401 - browsers, and what Ana reports
    address,
    browse,
    can_sign_in,
    chromium,
    report,
)
from tests.family.conftest import answer_consent  # noqa: F401 - Ana says yes or no
from tests.test_races import at_once  # noqa: F401 - calls at the same moment
from tests.test_statement_counts import counted, dialect  # noqa: F401 - the statements of a block

REASON = "Found unconscious in the waiting room; zephyrreason."


@pytest.fixture
def open_glass(call: Any, world: Any) -> Any:
    """Open somebody's record as somebody; return the answer."""

    def open_glass(who: str = "olga", whose: str = "ana", reason: Any = REASON) -> Any:
        body = {} if reason is None else {"reason": reason}
        return call(who, f"POST /patients/{world[whose].patient_id}/break-glass", body)

    return open_glass


@pytest.fixture
def sign_in_anew(app: Any, world: Any, clock: Any) -> Any:
    """Let somebody have proved herself just now."""

    def sign_in_anew(name: str) -> None:
        with app.app_context(), transaction() as session:
            session.execute(
                sa.update(DeviceSession)
                .where(DeviceSession.account_id == world[name].account_id)
                .values(proved_at=clock.now())
            )

    return sign_in_anew
