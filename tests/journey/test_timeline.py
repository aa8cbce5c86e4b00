"""Everything in one line: in order, page by page, and of each kind only for who may see it."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from service.accounts.models import Grant
from service.alerts.models import Alert
from service.care.timeline import KINDS
from service.care.timeline_items import SUMMARIES
from service.db import transaction
from service.journey.models import Event
from service.treatments.models import DosagePeriod, Dose, Treatment
from service.wellbeing.models import QuestionnaireResponse
from tests.conftest import MONDAY_MORNING
from tests.journey.conftest import TREATMENT_ID, dose, period, treatment

TIMELINE = "/patients/me/timeline"
OF_TREATMENTS = {"treatment_started", "treatment_ended", "treatment_changed", "dose"}
EVERY_KIND = set(KINDS)


@pytest.fixture
def line(call):
    def line(query="", name="ana", path=TIMELINE):
        answer = call(name, f"GET {path}{query}")
        assert answer.status_code == 200, answer.json
        return answer.json

    return line


@pytest.fixture
def alert(app, world):
    """A closed alert of Ana's, with what she was answered."""

    def alert(reply="Drink plenty, and call if it goes on.", **more):
        with app.app_context(), transaction() as session:
            row = Alert(
                clinic_id=world.clinic_id, patient_id=world["ana"].patient_id, queue="nursing",
                severity="soon", rank=1, state="closed", opened_at=MONDAY_MORNING,
                raised_at=MONDAY_MORNING, closed_at=MONDAY_MORNING, outcome="advice_given",
                note="STAFF ONLY", action="STAFF ONLY", reply_to_patient=reply,
            )  # fmt: skip
            for name, value in more.items():
                setattr(row, name, value)
            session.add(row)
            session.flush()
            return row.id

    return alert


def place(item):
    return item["at"], item["kind"], UUID(item["id"])


def test_there_is_one_of_every_kind_in_it(line, history, alert):
    history(2)
    alert()

    page = line("?limit=200")

    assert {item["kind"] for item in page["items"]} == EVERY_KIND
    assert page["kinds"] == sorted(EVERY_KIND)
    assert SUMMARIES.keys() == EVERY_KIND


def test_it_holds_no_note_and_no_word_of_the_staff(call, history, alert):
    history(3)
    alert()

    text = call("ana", f"GET {TIMELINE}?limit=200").text

    assert "PRIVATE" not in text
    assert "STAFF ONLY" not in text
    assert "Drink plenty" in text


@pytest.mark.parametrize("limit", [1, 3, 7, 50])
def test_page_by_page_it_is_the_same_line(line, history, alert, limit):
    """Many things of one moment and one day, so that every tie is broken somewhere."""
    history(6, most_treatments=3)
    alert()
    alert(queue="social_work")
    whole = line("?limit=200")["items"]
    assert len(whole) == 6 * 10 + 2 * 3 + 1 + 2

    pages, cursor = [], ""
    while cursor is not None:
        page = line(f"?limit={limit}{cursor and '&cursor=' + cursor}")
        pages += page["items"]
        cursor = page["next_cursor"]
        assert len(page["items"]) == limit or cursor is None

    assert pages == whole
    assert [place(one) for one in whole] == sorted((place(one) for one in whole), reverse=True)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Apia", "Asia/Kathmandu"])
def test_a_page_may_end_anywhere_between_days_and_moments(line, enter, call, zone):
    assert call("ana", "PATCH /patients/me", {"time_zone": zone}).status_code == 200
    for day in (1, 2, 3):
        enter(Treatment, *(treatment(started_on=date(2026, 3, day)) for _ in range(2)))
        for hour in (0, 8, 10, 11, 13, 18, 23):
            starts_at = MONDAY_MORNING.replace(day=day, hour=hour, minute=15 * (hour == 18))
            enter(Event, {"kind": "scan", "title": "Scan", "starts_at": starts_at})
    whole = line("?limit=200")["items"]
    assert len(whole) == 6 + 21

    walked, cursor = [], ""
    while cursor is not None:
        page = line(f"?limit=1{cursor and '&cursor=' + cursor}")
        walked += page["items"]
        cursor = page["next_cursor"]

    assert walked == whole


def test_what_has_only_a_day_stands_at_its_beginning_where_she_is(line, enter):
    enter(Treatment, treatment(started_on=date(2026, 2, 2), ended_on=date(2026, 3, 1)))

    ended, started = line()["items"]

    assert (started["at"], started["summary"]["on"]) == ("2026-02-02T08:00:00Z", "2026-02-02")
    assert (ended["at"], ended["title"]) == ("2026-03-01T08:00:00Z", "A course ended")
    assert started["id"] == ended["id"]
    assert started["type"] == "treatment"


@pytest.mark.parametrize("day", [date.min, date.max])
@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Tokyo"])
def test_no_day_is_too_far_for_it(line, enter, call, day, zone):
    assert call("ana", "PATCH /patients/me", {"time_zone": zone}).status_code == 200
    enter(Treatment, *(treatment(started_on=day) for _ in range(3)))

    first = line("?limit=1")
    second = line(f"?limit=1&cursor={first['next_cursor']}")
    third = line(f"?limit=1&cursor={second['next_cursor']}")

    ids = [page["items"][0]["id"] for page in (first, second, third)]
    assert len(set(ids)) == 3
    assert third["next_cursor"] is None


def test_holds_and_changes_of_dose_are_told_and_the_beginning_is_not_told_twice(line, enter):
    enter(Treatment, treatment(id=TREATMENT_ID, code="ribociclib", status="active"))
    begun = MONDAY_MORNING - timedelta(days=50)
    steps = [{}, {"status": "held"}, {"status": "active", "dose": "400 mg"},
             {"dose": "400 mg", "schedule": {"type": "daily", "times": ["20:00"]}}]  # fmt: skip
    for number, step in enumerate(steps):
        at = begun + timedelta(days=number)
        enter(DosagePeriod, period(at, 1, **{"status": "active", **step}))

    items = line()["items"]

    assert [item["title"] for item in items] == [
        "Ribociclib schedule changed", "Ribociclib resumed and dose changed", "Ribociclib held",
        "Ribociclib started",
    ]  # fmt: skip
    resumed = items[1]["summary"]
    assert resumed["changes"] == ["resumed", "dose"]
    assert (resumed["dose_before"], resumed["dose"]) == ("600 mg", "400 mg")
    assert items[1]["at"] == "2026-01-13T17:00:00Z"


def test_a_dose_or_a_reminder_nobody_answered_is_not_in_it(line, enter, history):
    history(1)
    enter(Dose, dose(MONDAY_MORNING, 0) | {"status": "expected", "answered_at": None})

    assert len(line("?kinds=dose")["items"]) == 1


def test_what_was_taken_back_is_not_in_it(line, enter):
    enter(Event, {"kind": "scan", "title": "No", "starts_at": MONDAY_MORNING,
                  "deleted_at": MONDAY_MORNING})  # fmt: skip
    taken_out = treatment(id=TREATMENT_ID, deleted_at=MONDAY_MORNING)
    enter(Treatment, taken_out)
    enter(Dose, dose(MONDAY_MORNING, 0))
    enter(DosagePeriod, *(period(MONDAY_MORNING + timedelta(days=n), 1) for n in (0, 1)))

    assert line()["items"] == []


def test_an_alert_is_in_it_once_it_is_closed_and_not_if_it_was_for_notice_only(line, alert):
    alert(queue="social_work", state="open", closed_at=None, outcome=None)
    alert(severity="info")
    alert(reply=None)

    [reply] = line()["items"]

    assert reply["title"] == "The nurses closed what you reported"
    assert reply["summary"] == {"by": "the nurses", "text": None}


def test_what_clinicians_enter_for_one_another_is_shown_to_them_alone(line, enter, world):
    enter(
        QuestionnaireResponse,
        {"questionnaire": "c-ssrs", "instrument_version": "1", "answers": {"1": True},
         "status": "completed", "answered_at": MONDAY_MORNING, "at": MONDAY_MORNING},
    )  # fmt: skip
    path = f"/patients/{world['ana'].patient_id}/timeline"

    assert line()["items"] == []
    assert [item["summary"]["questionnaire"] for item in line("", "nora", path)["items"]] == [
        "c-ssrs"
    ]


def test_kinds_narrow_it(line, history):
    history(2)

    page = line("?kinds=event,dose")

    assert {item["kind"] for item in page["items"]} == {"event", "dose"}
    assert page["kinds"] == ["dose", "event"]


@pytest.mark.parametrize(
    "query", ["kinds=party", "kinds=event,", "kinds=", "kinds=event;dose", "limit=201", "cursor=x"]
)
def test_what_it_cannot_be_asked_for_is_422(call, query):
    assert call("ana", f"GET {TIMELINE}?{query}").status_code == 422


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ana", EVERY_KIND),
        ("nora", EVERY_KIND),
        ("omar", EVERY_KIND),
        ("sol", EVERY_KIND - {"measurement"}),
        # They may not read the line at all.
        ("chaya", None),
        ("cora", None),
        ("eva", None),
        ("ada", None),
        ("per", None),
    ],
)
def test_each_role_sees_the_kinds_it_may_read_anyway(call, history, alert, world, name, shown):
    history(1)
    alert()

    answer = call(name, f"GET /patients/{world['ana'].patient_id}/timeline?limit=200")

    if shown is None:
        assert answer.status_code == 403
    else:
        kinds = {item["kind"] for item in answer.json["items"]}
        assert kinds == shown - {"treatment_changed"} | ({"treatment_changed"} & kinds)
        assert set(answer.json["kinds"]) == shown


@pytest.mark.parametrize(
    ("topics", "shown"),
    [
        (["calendar"], {"event", "reminder"}),
        (["symptoms"], {"symptom_report", "measurement"}),
        (["treatments"], {"diagnosis"} | OF_TREATMENTS),
        (["wellbeing"], {"wellbeing_check"}),
        (["calendar", "symptoms"], {"event", "reminder", "symptom_report", "measurement"}),
        (["journal"], set()),
    ],
)
def test_her_family_sees_what_she_has_granted(
    app, call, history, alert, world, clock, topics, shown
):
    history(2)
    alert()
    with app.app_context(), transaction() as session:
        session.add(
            Grant(
                patient_id=world["ana"].patient_id, account_id=world["hugo"].account_id,
                topics=topics, granted_at=clock.now(),
            )
        )  # fmt: skip
    path = f"/patients/{world['ana'].patient_id}/timeline"

    answer = call("hugo", f"GET {path}?limit=200")
    everything = call("hugo", f"GET {path}?limit=200&kinds={','.join(KINDS)}")

    assert {item["kind"] for item in answer.json["items"]} == shown
    assert set(answer.json["kinds"]) == shown
    assert everything.json == answer.json


def test_strangers_see_nothing(call, world):
    for name, status in (("hugo", 404), ("ben", 404), ("olga", 404)):
        answer = call(name, f"GET /patients/{world['ana'].patient_id}/timeline")
        assert answer.status_code == status, name


def test_it_says_what_she_logged_herself(call, line):
    """Through the front door: what the other routes take in comes out here."""
    body = {"id": str(uuid4()), "code": "ribociclib", "started_on": "2026-02-02",
            "status": "active", "dose": "600 mg"}  # fmt: skip
    assert call("ana", "POST /patients/me/treatments", body).status_code == 201
    report = {"id": str(uuid4()), "reported_at": "2026-03-01T08:00:00Z",
              "answers": [{"symptom": "nausea", "frequency": 1, "severity": 1}]}  # fmt: skip
    assert call("ana", "POST /patients/me/symptom-reports", report).status_code == 201
    diagnosis = {"recurrence": "distant", "metastatic_sites": ["bone"]}
    assert call("ana", "PUT /patients/me/diagnosis", diagnosis).status_code == 200

    found = {item["kind"]: item for item in line()["items"]}

    assert found["symptom_report"]["id"] == report["id"]
    assert found["symptom_report"]["summary"]["answers"] == [{"symptom": "nausea", "grade": 1}]
    assert found["treatment_started"]["summary"]["dose"] == "600 mg"
    assert found["diagnosis"]["summary"]["metastatic_sites"] == ["bone"]
    assert found["diagnosis"]["summary"]["confirmed"] is False
