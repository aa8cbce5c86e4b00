"""Ana's and Dana's records, full to the last column, and what looks for what is left of them."""

import io
import zipfile
from typing import Any

import pytest
import sqlalchemy as sa

from service.accounts.models import Role
from service.accounts.session_models import DeviceSession
from service.db import transaction
from service.ids import new_id
from service.jobs.erasures import erase_due
from service.jobs.files import make_files
from service.tables import metadata
from tests.conftest import _add
from tests.her_data.filling import Filler


@pytest.fixture
def full(app, world, clock) -> Any:
    """Ana, and Dana of the same clinic, each with a row in every table."""
    with app.app_context(), transaction() as session:
        _add(app, session, clock, world, "dana", Role.PATIENT, world.clinic_id)
    with app.app_context(), transaction() as session:
        for name in ("ana", "dana"):
            Filler(
                session, world[name], world.clinic_id, world["nora"].account_id, clock.now()
            ).fill()
        # The filled ones are nobody's to make, nor to carry out.
        session.execute(sa.text("UPDATE exports SET status = 'expired', pieces = NULL"))
        session.execute(sa.text("UPDATE erasure_requests SET state = 'withdrawn', pieces = NULL"))
    return world


@pytest.fixture
def proved_again(app, world, clock) -> Any:
    """Let somebody have proved herself just now."""

    def proved_again(name: str) -> None:
        with app.app_context(), transaction() as session:
            session.get_one(DeviceSession, world[name].session_id).proved_at = clock.now()

    return proved_again


@pytest.fixture
def worker(app, clock) -> Any:
    """Do what the scheduler does with files and with who is to be erased."""

    class Worker:
        owner = new_id()

        def make_files(self) -> int:
            return make_files(app, clock, self.owner)

        def erase(self) -> int:
            return erase_due(app, clock, self.owner)

    return Worker()


@pytest.fixture
def exported(call, worker) -> Any:
    """Ask for a file as somebody, have it made, and return what is in it, by name."""

    def exported(who: str, format: str = "all") -> dict[str, bytes]:
        asked = call(who, "POST /patients/me/exports", {"format": format})
        assert asked.status_code == 202, asked.json
        assert worker.make_files() == 1
        shown = call(who, f"GET /patients/me/exports/{asked.json['id']}").json
        assert (shown["status"], shown["progress"]) == ("ready", 100)
        path = shown["download_url"].removeprefix("/api/v1")
        got = call(who, f"POST {path}", {"download_key": asked.json["download_key"]})
        assert got.status_code == 200, got.json
        with zipfile.ZipFile(io.BytesIO(got.get_data())) as archive:
            assert archive.testzip() is None
            return {name: archive.read(name) for name in archive.namelist()}

    return exported


@pytest.fixture
def rows(app) -> Any:
    """Return every row of every table as text, by table."""

    def rows() -> dict[str, list[str]]:
        with app.app_context(), transaction() as session:
            return {
                table.name: sorted(repr(tuple(row)) for row in session.execute(sa.select(table)))
                for table in metadata.sorted_tables
            }

    return rows
