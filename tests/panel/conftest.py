"""Clinics with many patients, written straight into the summary rows."""

from collections import defaultdict
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.accounts.models import Patient
from service.db import transaction
from service.panel.models import PatientSummary
from tests.conftest import MONDAY_MORNING


@pytest.fixture
def enter(app: Any, world: Any) -> Any:
    """Put patients of a clinic into the panel as they are described; return their ids by name."""

    def enter(rows: list[dict[str, Any]], clinic_id: Any = None) -> dict[str, Any]:
        clinic_id = clinic_id or world.clinic_id
        named = [{"id": uuid4(), **row} for row in rows]
        with app.app_context(), transaction() as session:
            session.execute(
                sa.insert(Patient),
                [
                    {
                        "id": row["id"], "clinic_id": clinic_id, "display_name": row["name"],
                        "time_zone": "America/Los_Angeles", "locale": "en",
                        "joined_at": MONDAY_MORNING,
                    }
                    for row in named
                ],
            )  # fmt: skip
            by_columns: dict[frozenset[str], list[dict[str, Any]]] = defaultdict(list)
            for row in named:
                by_columns[frozenset(row)].append(row)
            for alike in by_columns.values():
                session.execute(
                    sa.insert(PatientSummary), [summary(row, clinic_id) for row in alike]
                )
        return {row["name"]: row["id"] for row in named}

    return enter


def summary(row: dict[str, Any], clinic_id: Any) -> dict[str, Any]:
    said = {name: value for name, value in row.items() if name not in ("id", "name")}
    return {
        "patient_id": row["id"], "clinic_id": clinic_id, "name_key": row["name"].casefold(),
        "updated_at": MONDAY_MORNING, "silence_check_at": MONDAY_MORNING, **said,
    }  # fmt: skip
