"""What the gate decides on is read for a whole batch at once, and is what each person has said."""

from datetime import date
from uuid import uuid4

import pytest

from service.accounts.consent_models import Consent
from service.accounts.models import Account, CareStatus, Grant, Patient
from service.notify.queries import standing_of
from service.notify.rules import Leased
from tests.counting import statements_counted


@pytest.fixture
def facts(session_of, world):
    """What the gate is told of a message about Ana, to somebody."""

    def facts(to="ana", about="ana", channel="push", kind="reminder", to_staff=False):
        patient_id = about and world[about].patient_id
        recipient_id = world[to].account_id
        standing = session_of(
            lambda session: standing_of(
                session, patients={patient_id} - {None}, accounts={recipient_id}
            )
        )
        return standing.facts_of(patient_id, recipient_id, channel, kind, to_staff)

    return facts


@pytest.fixture
def family(session_of, world, clock):
    """Hugo is family of somebody's."""

    def family(name, **more):
        grant = Grant(
            patient_id=world[name].patient_id, account_id=world["hugo"].account_id, topics=[],
            granted_at=clock.now(), **more,
        )  # fmt: skip
        session_of(lambda session: session.add(grant))

    return family


@pytest.fixture
def has_died(session_of, world):
    def has_died(name):
        def enter(session):
            patient = session.get_one(Patient, world[name].patient_id)
            patient.died_on, patient.care_status = date(2026, 3, 1), CareStatus.DECEASED

        session_of(enter)

    return has_died


@pytest.fixture
def change(session_of, world):
    def change(name, **values):
        def enter(session):
            account = session.get_one(Account, world[name].account_id)
            for field, value in values.items():
                setattr(account, field, value)

        session_of(enter)

    return change


def test_the_facts_are_what_a_leased_message_holds(facts):
    known = facts()
    assert known.keys() <= set(Leased.__dataclass_fields__)
    assert known == {
        "care_statuses": {CareStatus.ACTIVE}, "is_disabled": False, "is_shared": True, "has_opted_out": False,
        "refuses_messages": False, "quiet_hours": None, "time_zone": "America/Los_Angeles",
        "email": "ana@example.org",
    }  # fmt: skip


def test_quiet_hours_and_choices_are_the_recipients_and_never_staffs(facts, change):
    for name in ("ana", "nora"):
        change(
            name, quiet_hours={"start": "22:00", "end": "07:00"}, time_zone="Europe/Paris",
            channels={"push": False, "off": {"email": ["reply"]}},
        )  # fmt: skip
    hers = facts()
    assert (hers["quiet_hours"], hers["time_zone"]) == (("22:00", "07:00"), "Europe/Paris")
    assert hers["has_opted_out"] is True
    assert facts(channel="email")["has_opted_out"] is False
    assert facts(channel="email", kind="reply")["has_opted_out"] is True
    noras = facts(to="nora", kind="alert", to_staff=True)
    assert (noras["quiet_hours"], noras["has_opted_out"]) == (None, False)


def test_a_closed_account_is_known_as_closed(facts, change, clock):
    change("ana", disabled_at=clock.now())
    assert facts()["is_disabled"] is True


def test_who_has_refused_is_left_alone_and_so_is_her_family(facts, session_of, world, clock):
    def said(given, superseded_at=None):
        return Consent(
            patient_id=world["ana"].patient_id, purpose="messages", given=given, text_version=1,
            locale="en", at=clock.now(), by=world["ana"].account_id, superseded_at=superseded_at,
        )  # fmt: skip

    session_of(lambda session: session.add(said(False, superseded_at=clock.now())))
    assert facts()["refuses_messages"] is False
    session_of(lambda session: session.add(said(False)))
    assert facts()["refuses_messages"] is True
    assert facts(to="hugo")["refuses_messages"] is True
    assert facts(about=None)["refuses_messages"] is True
    assert facts(to="ben", about="ben")["refuses_messages"] is False


def test_nothing_about_nobody_goes_to_the_family_of_who_has_died(facts, family, has_died):
    family("ana")
    assert facts(to="hugo", about=None, kind="account")["care_statuses"] == set()
    has_died("ana")
    assert facts(to="hugo", about=None, kind="account")["care_statuses"] == {CareStatus.DECEASED}
    assert facts(to="hugo")["care_statuses"] == {CareStatus.DECEASED}


def test_who_is_there_for_somebody_else_too_still_hears_of_her(facts, family, has_died):
    family("ana")
    family("ben")
    has_died("ana")
    assert facts(to="hugo", about="ben")["care_statuses"] == {CareStatus.ACTIVE}
    assert facts(to="hugo", about=None, kind="account")["care_statuses"] == set()


def test_who_is_no_family_any_more_is_not_counted_as_such(facts, family, has_died, clock):
    family("ana", revoked_at=clock.now())
    has_died("ana")
    assert facts(to="hugo", about=None, kind="account")["care_statuses"] == set()


def test_many_cost_no_more_statements_than_one(app, session_of, world):
    def count(patients, accounts):
        with statements_counted(app) as seen:
            session_of(lambda session: standing_of(session, patients=patients, accounts=accounts))
        return len([one for one in seen if not one.startswith("BEGIN")])

    ana, ben = world["ana"], world["ben"]
    one = count({ana.patient_id}, {ana.account_id})
    everybody = {person.account_id for person in world.people.values()}
    many = count({ana.patient_id, ben.patient_id, uuid4()}, everybody)
    assert (one, many) == (4, 4)
