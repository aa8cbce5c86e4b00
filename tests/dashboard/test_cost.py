"""How many statements a page costs: pinned, and the same however many patients there are."""

import re
from uuid import uuid4

import pytest

from service.accounts.models import Patient
from service.alerts.models import Alert, AlertReason, AlertState, Severity
from service.dashboard.views_panel import PAGE
from service.db import transaction
from service.panel import actions as panel
from tests.counting import statements_counted
from tests.lab.conftest import EARLIER, work_off

# Session, viewer, clinic, what nobody has answered, heartbeat; then what the page is about.
FRAME = 5


@pytest.fixture
def many(app, world, clock):
    """Sixty patients more, each with an alert in the nurses' queue."""
    with app.app_context(), transaction() as session:
        now = clock.now()
        for number in range(60):
            patient = Patient(
                clinic_id=world.clinic_id, display_name=f"Patient {number:02}",
                time_zone="America/Los_Angeles", locale="en", joined_at=now,
            )  # fmt: skip
            session.add(patient)
            session.flush()
            panel.open_summary(
                session, patient_id=patient.id, clinic_id=world.clinic_id,
                name=patient.display_name, now=now,
            )  # fmt: skip
            alert = Alert(
                clinic_id=world.clinic_id, patient_id=patient.id, queue="nursing",
                severity=Severity.SOON, rank=2, state=AlertState.OPEN, opened_at=now,
                raised_at=now, acknowledge_by=now if number % 2 else None,
            )  # fmt: skip
            session.add(alert)
            session.flush()
            session.add(
                AlertReason(
                    alert_id=alert.id, patient_id=patient.id, rule="SYM-SEV", rule_version=1,
                    severity=Severity.SOON, text="Nausea", records=[], given={}, added_at=now,
                    clock_started_at=now,
                )
            )  # fmt: skip
            session.flush()
            panel.note_alerts(session, patient.id, now=now)


def cost(app, browser, path):
    browser.get(path)
    with statements_counted(app) as seen:
        assert browser.get(path).status_code == 200
    return [statement for statement in seen if not statement.startswith("BEGIN")]


# The panel: how queues stand, its rows, who does not share, and the saved views.  One statement
# of a queue's writes the access log, of everybody in it.
@pytest.mark.parametrize(("path", "own"), [("/", 4), ("/queues/nursing", 5), ("/queue", 7)])
def test_a_page_costs_the_same_for_one_patient_and_for_sixty(
    app, browse, fever, request, path, own
):
    nora = browse("nora")
    assert len(cost(app, nora, path)) == FRAME + own
    request.getfixturevalue("many")

    assert len(cost(app, nora, path)) == FRAME + own


def test_an_alerts_page_costs_what_it_shows(app, browse, fever):
    # Alert, patient, her number, steps, reasons, her name, holds; colleagues, who is on duty.
    reads = [
        one for one in cost(app, browse("nora"), f"/alerts/{fever}") if "access_log" not in one
    ]
    assert len(reads) == FRAME + 10


def test_a_patients_page_costs_what_it_shows(app, browse, fever, world):
    path = f"/patients/{world['ana'].patient_id}"

    # What is logged of the look is counted where logging is tested.
    reads = [one for one in cost(app, browse("nora"), path) if "access_log" not in one]
    assert len(reads) == FRAME + 23


@pytest.fixture
def lab(app, call, clock, fever):
    """Twenty versions of a rule, and one try of the last with what it found."""
    for _ in range(20):
        draft = call("eva", "POST /rules", {"id": str(uuid4()), "text": EARLIER}).json["id"]
    run = call("nora", f"POST /rules/{draft}/replay", {}).json["id"]
    while work_off(app, clock.now()):
        pass
    return {"draft": draft, "run": run}


# Versions, runs, names of writers; the version, its runs, versions of the rule, names; the run,
# its findings, who asked, names of patients.
@pytest.mark.parametrize(
    ("path", "own"), [("/lab", 3), ("/lab/{draft}", 4), ("/lab/runs/{run}", 4), ("/rules", 0)]
)
def test_pages_of_the_laboratory_cost_the_same_for_one_version_and_for_twenty(
    app, browse, lab, path, own
):
    reads = cost(app, browse("nora"), path.format(**lab))
    assert len([one for one in reads if "access_log" not in one]) == FRAME + own


@pytest.mark.parametrize(
    ("path", "link"),
    [("/", r'href="(/\?[^"]*after=[^"]+)"'), ("/?sort=name", r'href="(/\?[^"]*after=[^"]+)"'),
     ("/?sort=last_report", r'href="(/\?[^"]*after=[^"]+)"'),
     ("/queues/nursing", r'href="(/queues/nursing\?after=[^"]+)"'),
     ("/queues/nursing?show=nobody", r'href="(/queues/nursing\?after=[^"]+)"')],
)  # fmt: skip
def test_every_patient_is_on_one_page_or_the_next_and_none_on_both(browse, many, path, link):
    nora = browse("nora")
    first = nora.get(path).get_data(as_text=True)
    more = re.search(link, first)[1].replace("&amp;", "&")
    second = nora.get(more).get_data(as_text=True)
    names = [set(re.findall(r"Patient \d\d(?=<)", page)) for page in (first, second)]

    assert not names[0] & names[1]
    assert len(names[0] | names[1]) == 60
    assert len(names[0]) <= PAGE
