"""The time axis: what is drawn from known data, for whom, in words too, and at what cost."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from service import dashboard
from service.accounts.access import Topic
from service.accounts.models import Queue
from service.accounts.queries import patient_ref
from service.care.axis import AHEAD, MOST_DOSE_DAYS, MOST_REPORTS, axis_of
from service.dashboard.axis_drawing import Scale
from service.dashboard.axis_lanes import HEIGHTS
from service.db import transaction
from service.symptoms.models import SymptomReport
from service.treatments.models import Dose
from service.wellbeing.models import WellbeingCheck
from tests.conftest import MONDAY_MORNING
from tests.counting import statements_counted
from tests.dashboard.conftest import readable

# Ninety days, today the last of them, and two weeks ahead.
DAYS = 90 + AHEAD[90]
FIRST = date(2025, 12, 3)
HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'"


@pytest.fixture
def page(browse, world):
    """Return the page of Ana's, as somebody sees it, with her axis taken out of it."""

    def page(who="nora", days=90):
        answer = browse(who).get(f"/patients/{world['ana'].patient_id}?days={days}")
        assert answer.status_code == 200
        body = answer.get_data(as_text=True)
        found = re.search(r'<section class="panel-box axis".*?</section>', body, re.DOTALL)
        return found[0]

    return page


@pytest.fixture
def course(call, clock):
    """Capecitabine since 2 February, 1500 mg; held on the 16th, and at 1000 mg since the 23rd."""
    clock.moment = datetime(2026, 2, 2, 14, 0, tzinfo=UTC)
    body = {
        "id": str(uuid4()), "code": "capecitabine", "started_on": "2026-02-02",
        "status": "active", "dose": "1500 mg",
        "schedule": {"type": "on_off", "on_days": 7, "off_days": 7, "times": ["08:00"]},
    }  # fmt: skip
    assert call("ana", "POST /patients/me/treatments", body).status_code == 201
    path = f"/patients/me/treatments/{body['id']}"
    for day, change in ((16, {"status": "held"}), (23, {"status": "active", "dose": "1000 mg"})):
        clock.moment = datetime(2026, 2, day, 8, 0, tzinfo=UTC)
        assert call("ana", f"PATCH {path}", change).status_code == 200
    clock.moment = MONDAY_MORNING
    return path


def answer(call, course, day, status, reason=None):
    listed = call("ana", f"GET {course}/doses?from={day}&to={day}").json["items"]
    body = {"status": status, "reason": reason, "taken_at": None}
    assert call("ana", f"PUT {course}/doses/{listed[0]['id']}", body).status_code == 200


def at(day, part=0.0):
    """Return where a day of the axis of 90 days stands, in percent."""
    return f"{((day - FIRST).days + part) * 100 / DAYS:.2f}".rstrip("0").rstrip(".")


def test_a_treatment_is_a_bar_with_its_doses_its_hold_and_its_days_off(call, page, course):
    drawn = page()

    assert f'<rect class="axis-on" x="{at(date(2026, 2, 2))}%" y="5" width="13.46%"' in drawn
    assert ">1500 mg</text>" in drawn
    assert f'<rect class="axis-held" x="{at(date(2026, 2, 16))}%"' in drawn
    assert "<title>held, 16 February to 22 February</title>" in drawn
    # Seven days on from the 2nd, seven off; they are counted on when it goes on.
    assert f'<rect class="axis-off" x="{at(date(2026, 2, 9))}%" y="5" width="6.73%"' in drawn
    assert drawn.count('class="axis-guide"') == 3


def test_doses_are_marked_day_by_day_and_missed_ones_with_their_reason(call, page, course):
    for day, status, reason in (
        ("2026-02-02", "taken", None), ("2026-02-03", "missed", "side_effects"),
        ("2026-02-04", "missed", "cost"), ("2026-02-05", "held", None),
    ):  # fmt: skip
        answer(call, course, day, status, reason)
    drawn = page()

    assert "<title>2 February: taken</title>" in drawn
    assert "<title>3 February: missed (side effects)</title>" in drawn
    assert re.findall(r'class="axis-reason"[^>]*>(\w)<', drawn) == ["S", "C"]
    assert "<title>5 February: held back</title>" in drawn
    assert "<title>6 February: not answered</title>" in drawn


def test_taken_days_are_one_bar_where_days_are_narrow(call, page, course):
    for day in (2, 3, 4):
        answer(call, course, f"2026-02-{day:02}", "taken")

    assert "<title>2 February to 4 February: taken</title>" in page(days=365)


def test_missed_doses_of_four_weeks_are_counted_by_reason(call, browse, world, course):
    for day, reason in (("2026-02-03", "side_effects"), ("2026-02-04", "forgot"),
                        ("2026-02-05", "forgot"), ("2026-02-06", None)):  # fmt: skip
        answer(call, course, day, "missed", reason)
    text = browse("nora").text(f"/patients/{world['ana'].patient_id}")

    assert "Why: forgotten: 2, side effects: 1 and no reason said: 1" in text


def test_grades_have_a_height_a_number_and_a_word(call, page, report):
    for day, level in ((1, 0), (8, 1), (15, 4)):
        answers = [{"symptom": "nausea", "frequency": level, "severity": level}]
        report(reported_at=f"2026-02-{day:02}T09:00:00-08:00", answers=answers)
    drawn = page()

    heights = re.findall(r'class="axis-grade axis-grade-(\d)"[^>]*height="(\d+)">', drawn)
    assert heights[:3] == [("0", "3"), ("1", "9"), ("3", "21")]
    assert re.findall(r'class="axis-number"[^>]*>(\d)<', drawn) == ["0", "1", "3"]
    assert "<title>15 February: severe</title>" in drawn
    assert "<b>Nausea</b><span>last: severe</span>" in drawn


def test_distress_is_a_line_broken_where_too_long_nothing_was_said(page, check_in):
    for day, value in (("2025-12-10", 3), ("2026-02-01", 5), ("2026-02-08", 8)):
        check_in(distress=value, checked_at=f"{day}T09:00:00-08:00")
    drawn = page()

    assert drawn.count('class="axis-distress"') == 1
    assert re.findall(r'class="axis-number"[^>]*>(\d+)<', drawn) == ["3", "5", "8"]


def test_alerts_and_events_are_numbered_and_listed(call, page, fever):
    body = {"id": str(uuid4()), "kind": "scan", "title": "CT of the chest",
            "starts_at": "2026-03-09T09:00:00-07:00"}  # fmt: skip
    assert call("ana", "POST /patients/me/events", body).status_code == 201
    drawn = page()

    assert 'class="axis-mark axis-mark-urgent"' in drawn
    assert re.search(
        r'<span class="mark-number">1</span> <a href="/alerts/[^"]+">Temperature', drawn
    )
    assert (
        '<span class="mark-number">2</span> CT of the chest <span class="quiet">scan, 9 March'
        in drawn
    )


def test_today_is_marked_where_the_future_begins(page, fever):
    drawn = page()
    assert f'<line class="axis-today" x1="{at(date(2026, 3, 3))}%"' in drawn
    assert ">today</text>" in drawn


@pytest.mark.parametrize(
    ("who", "sees", "not_hers"),
    [
        ("nora", {"Ribociclib", "Nausea", "Distress", "Alerts", "Events"}, set()),
        ("sol", {"Ribociclib", "Nausea", "Distress", "Alerts", "Events"}, {"Temperature"}),
        ("chaya", {"Distress", "Alerts"}, {"Ribociclib", "Nausea", "Events", "Temperature"}),
        ("cora", {"Ribociclib", "Nausea", "Alerts", "Events"}, {"Distress"}),
    ],
)
def test_each_role_sees_its_lanes(page, fever, check_in, who, sees, not_hers):
    check_in(distress=3)
    drawn = page(who)

    assert {lane for lane in sees if f"<b>{lane}</b>" not in drawn} == set()
    assert {word for word in not_hers if word in drawn} == set()


def test_the_drawing_is_told_in_words_and_tables(page, fever, check_in):
    check_in(distress=6)
    drawn = page()
    [told] = re.findall(r'<desc id="axis-desc">(.*?)</desc>', drawn)

    assert "Treatments: Ribociclib since 2 February." in told
    assert "Symptoms: Nausea up to severe, last severe." in told
    assert "Distress between 6 and 6, last 6 of 10." in told
    assert re.search(r"\d alerts?\. 0 events\.$", told)
    assert 'role="img" aria-labelledby="axis-title axis-desc"' in drawn
    assert '<div class="axis-scroll" role="region" tabindex="0"' in drawn
    assert "<caption>Treatments</caption>" in drawn


def test_names_from_outside_are_text_and_nothing_else(call, page, course):
    body = {"id": str(uuid4()), "name": HOSTILE, "modality": "supportive", "dose": HOSTILE,
            "started_on": "2026-02-02", "status": "active", "schedule": {"type": "none"}}  # fmt: skip
    assert call("ana", "POST /patients/me/treatments", body).status_code == 201
    event = {
        "id": str(uuid4()),
        "kind": "other",
        "title": HOSTILE,
        "starts_at": "2026-03-01T09:00:00Z",
    }
    assert call("ana", "POST /patients/me/events", event).status_code == 201
    drawn = page()

    assert "<script" not in drawn
    assert "<img" not in drawn
    assert "style=" not in drawn
    assert drawn.count("&lt;script&gt;") >= 4


@pytest.mark.parametrize("asked", ["", "0", "91", "99999", "x", "\u0663\u0660", "-30"])
def test_any_other_length_is_ninety_days(page, asked):
    assert re.search(r'aria-current="true">90 days<', page(days=asked))


def test_nothing_entered_is_said(page):
    assert "none in this time" in page()


def test_heights_of_lanes_are_the_same_in_the_stylesheet():
    css = (Path(dashboard.__file__).parent / "static" / "patient.css").read_text()
    said = {kind: int(height) for kind, height in
            re.findall(r"\.axis-label-([\w-]+) \{ height: (\d+)px", css)}  # fmt: skip
    assert said == HEIGHTS


@pytest.mark.parametrize(
    ("days", "ticks"),
    [(30, 5), (90, 7), (180, 7), (365, 13)],
)
def test_a_scale_has_few_dates(days, ticks):
    last = date(2026, 3, 2) + timedelta(days=AHEAD[days])
    scale = Scale(date(2026, 3, 2) - timedelta(days=days - 1), last)
    assert abs(len(list(scale.ticks())) - ticks) <= 1


@pytest.fixture
def five_years(app, world, call):
    """Five years of a report, a check and two doses each day."""
    body = {"id": str(uuid4()), "code": "letrozole", "started_on": "2021-01-01", "status": "active",
            "schedule": {"type": "daily", "times": ["08:00", "20:00"]}}  # fmt: skip
    assert call("ana", "POST /patients/me/treatments", body).status_code == 201
    whole = {"patient_id": world["ana"].patient_id, "entered_by": world["ana"].account_id,
             "version": 1, "created_change_no": 1, "change_no": 1, "content_hash": b"x" * 32}  # fmt: skip
    reports, checks, doses = [], [], []
    for day in range(1, 5 * 365):
        moment = MONDAY_MORNING - timedelta(days=day)
        own = {**whole, "received_at": moment}
        reports.append({
            **own, "id": uuid4(), "reported_at": moment, "at": moment, "grading_version": "1",
            "answers": [{"symptom": "nausea", "grade": day % 4}, {"symptom": "vomiting", "grade": 1}],
            "red_flags": [], "body_sites": [],
        })  # fmt: skip
        checks.append({
            **own, "id": uuid4(), "checked_at": moment, "at": moment, "distress": day % 11,
            "topics": [], "contact_wanted": [], "note_is_private": False,
        })  # fmt: skip
        doses += [
            {**own, "id": uuid4(), "treatment_id": UUID(body["id"]), "due_at": moment, "cycle": 1,
             "local_at": f"{moment:%Y-%m-%d}T{hour}:00", "status": ("taken", "missed")[day % 9 == 0]}
            for hour in ("08", "20")
        ]  # fmt: skip
    with app.app_context(), transaction() as session:
        session.execute(sa.insert(SymptomReport), reports)
        session.execute(sa.insert(WellbeingCheck), checks)
        session.execute(sa.insert(Dose), doses)


def test_five_years_of_every_day_cost_no_more_statements_and_no_long_page(
    app, world, five_years, browse, clock
):
    with statements_counted(app) as seen, app.app_context(), transaction() as session:
        patient = patient_ref(session, world["ana"].patient_id)
        before = len(seen)
        axis = axis_of(session, patient, days=365, may_see=list(Topic), queues=list(Queue),
                       now=clock.now())  # fmt: skip
        # Her reasons are not asked for where there is no alert.
        assert len(seen) - before <= 7
    assert len(axis.reports) <= MOST_REPORTS
    assert sum(len(course.doses) for course in axis.courses) <= MOST_DOSE_DAYS
    answer = browse("nora").get(f"/patients/{world['ana'].patient_id}?days=365")
    assert answer.status_code == 200
    assert len(answer.data) < 400_000


def test_what_was_too_much_is_said(app, world, five_years, page, clock):
    with app.app_context(), transaction() as session:
        session.execute(
            sa.insert(SymptomReport),
            [
                {
                    "id": uuid4(), "patient_id": world["ana"].patient_id,
                    "entered_by": world["ana"].account_id, "version": 1, "created_change_no": 1,
                    "change_no": 1, "content_hash": b"x" * 32, "received_at": clock.now(),
                    "reported_at": clock.now(), "at": clock.now() - timedelta(minutes=number),
                    "grading_version": "1", "answers": [{"symptom": "vomiting", "grade": 2}],
                    "red_flags": [], "body_sites": [],
                }
                for number in range(120)
            ],
        )  # fmt: skip
    assert f"There was more: only the latest {MOST_REPORTS} symptom reports" in page(days=365)
    assert "There was more" not in page(days=30)


def test_the_first_screen_is_how_she_is_and_what_waits(browse, world, fever):
    text = readable(browse("nora").get(f"/patients/{world['ana'].patient_id}"))
    # The links above name the axis too.
    text = text[text.index("Open alerts") :]
    places = [text.index(words) for words in
              ("Open alerts", "Latest report", "What happened when", "Treatments now")]  # fmt: skip
    assert places == sorted(places)
