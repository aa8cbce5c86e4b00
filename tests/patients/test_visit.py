"""The two-minute page: what stands on it, in which order, for whom, and what is left out."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from service.accounts import queries
from service.accounts.access import Topic
from service.care.visit.page import visit_summary
from service.care.visit.words import cut
from service.db import transaction
from tests.conftest import MONDAY_MORNING

TITLES = [
    "What matters to her", "Her questions", "Symptoms at their worst", "Alerts and what was done",
    "Doses missed", "Treatments", "How she is", "What comes next", "Not known",
]  # fmt: skip


@pytest.fixture
def enter(call):
    """Enter something of Ana's: ``enter("symptom-reports", ...)``."""

    def enter(what, **body):
        answer = call("ana", f"POST /patients/me/{what}", {"id": str(uuid4())} | body)
        assert answer.status_code == 201, answer.json
        return answer.json

    return enter


@pytest.fixture
def report(enter):
    """Report symptoms some days ago: ``report(3, nausea=3)`` is severe nausea three days ago."""

    def report(days, *, family=False, flags=(), **severities):
        answers = [
            {"symptom": name, "severity": value, "frequency": value}
            for name, value in severities.items()
        ]
        at = MONDAY_MORNING - timedelta(days=days)
        return enter(
            "symptom-reports", reported_at=at.isoformat(), answers=answers, red_flags=list(flags),
            reported_by="caregiver" if family else None,
        )  # fmt: skip

    return report


@pytest.fixture
def page(call, world):
    def page(who="omar", since="2026-01-20"):
        answer = call(
            who, f"GET /patients/{world['ana'].patient_id}/visit-summary?since={since}"
        )  # fmt: skip
        assert answer.status_code == 200, answer.json
        return answer.json

    return page


def lines(page, title):
    [section] = [one for one in page["sections"] if one["title"] == title]
    return [one["text"] for one in section["lines"]]


def test_what_matters_to_her_comes_first_then_her_questions(call, enter, page):
    call("ana", "PATCH /patients/me", {"what_matters": "To dance\nat Lena's wedding."})
    for number in range(7):
        at = (MONDAY_MORNING - timedelta(days=number)).isoformat()
        enter("questions", text=f"Question {number}", asked_at=at)
    done = enter("questions", text="Answered already")
    call("ana", f"PATCH /patients/me/questions/{done['id']}", {"answer": "Yes."})

    found = page()

    assert [one["title"] for one in found["sections"]] == TITLES
    assert lines(found, "What matters to her") == ["To dance at Lena's wedding."]
    assert lines(found, "Her questions") == [
        *(f"Question {number}" for number in range(5)),
        "And 2 questions, asked before 26 February.",
    ]
    [first, *_] = found["sections"][1]["lines"]
    assert first["records"][0]["type"] == "question"


def test_a_symptom_says_its_worst_its_latest_its_way_and_since_what(enter, report, page):
    enter("treatments", code="ribociclib", started_on="2026-02-02", status="active")
    report(30, nausea=1)  # 31 January
    report(20, nausea=3)  # 10 February, eight days after the start
    report(10, nausea=3)
    sent = report(0, nausea=2)

    [line] = lines(page(), "Symptoms at their worst")

    assert line == (
        "Nausea: severe on 20 February and 1 time before, moderate on 2 March. "
        "Worse than on 31 January (mild). First severe 8 days after this change: ribociclib started."
    )
    [section] = [one for one in page()["sections"] if one["title"].startswith("Symptoms")]
    assert sent["id"] in [record["id"] for record in section["lines"][0]["records"]]


def test_nobody_knows_since_when_it_was_bad_before_the_first_report(enter, report, page):
    enter("treatments", code="ribociclib", started_on="2026-02-02", status="active")
    report(5, nausea=3)
    report(1, nausea=1)

    assert lines(page(), "Symptoms at their worst") == [
        "Nausea: severe on 25 February, mild on 1 March. Better than on 25 February (severe)."
    ]


def test_the_worst_six_stand_there_and_the_rest_is_counted(report, page):
    report(
        2, nausea=3, vomiting=3, heartburn=2, bloating=2, hiccups=2, chills=2, nosebleed=1,
        hot_flashes=1, heart_palpitations=0,
    )  # fmt: skip

    found = lines(page(), "Symptoms at their worst")

    assert len(found) == 7
    assert [line.split(":")[1].split()[0] for line in found[:2]] == ["severe", "severe"]
    assert found[-1] == "And 2 more symptoms, none worse than mild."


def test_warning_signs_and_what_her_family_reported_stand_apart(report, page):
    report(4, flags=["rigors"])
    for days in (3, 2, 1, 0):
        report(days, family=True, nausea=2)

    found = page()

    assert lines(found, "Symptoms at their worst")[-1].startswith("Warning signs she ticked: ")
    family = lines(found, "What her family reported")
    assert family[0].startswith("2 March, 09:00: nausea ")
    assert (len(family), family[-1]) == (4, "And 1 report before.")


def test_an_alert_says_who_answered_how_fast_and_what_was_done(call, report, page, clock):
    report(0, nausea=4)
    [alert] = call("nora", "GET /alerts?queue=nursing").json["items"]
    assert lines(page(), "Alerts and what was done")[0].endswith(
        "Nobody has taken it for less than a minute."
    )
    clock.pass_time(minutes=12)
    call("nora", f"POST /alerts/{alert['id']}/acknowledge", {})
    clock.pass_time(minutes=28)
    call("nora", f"POST /alerts/{alert['id']}/contact-attempts", {"how": "phone", "reached": True})
    clock.pass_time(hours=2)
    body = {"outcome": "advice_given", "action": "Antiemetic changed", "contact_made": True,
            "reply_to_patient": "Take the new tablet at night."}  # fmt: skip
    assert call("omar", f"POST /alerts/{alert['id']}/close", body).status_code == 200

    [line] = lines(page(), "Alerts and what was done")

    assert line.startswith("Soon, 2 March, 09:00: A severe symptom (")
    assert line.endswith(
        "Taken by the nurse after 12 min, she was reached after 40 min, closed by the physician "
        "after 2 h (advice given). Done: Antiemetic changed"
    )


def test_what_staff_write_for_each_other_is_not_told_to_her(call, report, page, clock):
    report(0, nausea=4)
    [alert] = call("nora", "GET /alerts?queue=nursing").json["items"]
    body = {"outcome": "advice_given", "action": "Zebra", "contact_made": True,
            "reply_to_patient": "Take the new tablet at night."}  # fmt: skip
    call("nora", f"POST /alerts/{alert['id']}/close", body)

    for who in ("ana", "sol"):
        # The nurses' queue is none of the social worker's.
        [section] = [one for one in page(who)["sections"] if one["title"].startswith("Alerts")]
        assert "Zebra" not in str(section)
        assert "She was told: Take the new tablet at night." in section["lines"][0]["text"]
        assert "alert" not in {one["type"] for one in section["lines"][0]["records"]}
    assert "Zebra" in str(page("nora"))


def test_an_old_alert_nobody_closed_stands_there_still(report, page, clock):
    report(0, nausea=4)
    clock.pass_time(days=60)

    [line] = lines(page(since="2026-04-20"), "Alerts and what was done")

    assert "Nobody has taken it for 60 days." in line


def test_treatments_say_what_changed_and_what_is_left_out(call, enter, page, clock):
    # Past courses first: a new one may close none of them.
    for year in (2020, 2021):
        enter("treatments", code="tamoxifen", started_on=f"{year}-01-01", ended_on=f"{year}-06-01",
              status="completed")  # fmt: skip
    now = enter("treatments", code="ribociclib", started_on="2026-02-02", status="active",
                dose="600 mg")  # fmt: skip
    clock.pass_time(days=2)
    path = f"PATCH /patients/me/treatments/{now['id']}"
    assert call("ana", path, {"dose": "400 mg"}).status_code == 200

    assert lines(page(), "Treatments") == [
        "ribociclib: active, begun 2 February, 400 mg. In this time: dose changed to 400 mg on "
        "4 March.",
        "And 2 treatments earlier, nothing changed in this time.",
    ]


def test_how_she_is_says_the_way_and_what_she_asked_for(enter, page):
    for days, distress in ((20, 3), (10, 8), (1, 6)):
        at = (MONDAY_MORNING - timedelta(days=days)).isoformat()
        enter("wellbeing-checks", checked_at=at, distress=distress, topics=["feelings"],
              contact_wanted=["chaplain"] if days == 1 else [])  # fmt: skip
    for days, answer in ((20, 0), (1, 3)):
        at = (MONDAY_MORNING - timedelta(days=days)).isoformat()
        enter("questionnaire-responses", questionnaire="phq-2", answers={"1": answer, "2": answer},
              status="completed", answered_at=at)  # fmt: skip

    assert lines(page(), "How she is") == [
        "Distress: 6 of 10 on 1 March, up from 3 on 10 February, highest 8 on 20 February.",
        "Weighs on her: feelings (3 times).",
        "PHQ-2: 6 of 6 (positive) on 1 March, before it 0 of 6 (negative) on 10 February.",
        "Asked for a chaplain on 2 March: waiting for somebody.",
    ]


def test_what_clinicians_enter_for_each_other_is_not_shown_to_her(call, world, page):
    body = {"id": str(uuid4()), "questionnaire": "c-ssrs", "answers": {"1": True},
            "status": "completed", "answered_at": MONDAY_MORNING.isoformat()}  # fmt: skip
    path = f"POST /patients/{world['ana'].patient_id}/questionnaire-responses"
    assert call("nora", path, body).status_code == 201

    assert any("Columbia" in line for line in lines(page(), "How she is"))
    assert not any("Columbia" in line for line in lines(page("ana"), "How she is"))


def test_what_is_not_known_is_said(report, enter, page, clock):
    assert lines(page(), "Not known") == [
        "No symptom report yet.", "No wellbeing check in this time.",
        "No questionnaire in this time.",
    ]  # fmt: skip
    report(0, nausea=1)
    enter("wellbeing-checks", checked_at=MONDAY_MORNING.isoformat(), distress=1)
    assert lines(page(), "Not known") == ["No questionnaire in this time."]
    clock.pass_time(days=9)
    assert lines(page(), "Not known")[0] == "No symptom report since 2 March, 9 days ago."
    assert lines(page(since="2026-03-05"), "Not known")[0] == (
        "No symptom report since 2 March, 9 days ago."
    )


def test_what_comes_next_is_the_soonest_by_her_clock(enter, page):
    for days in range(-1, 7):
        at = (MONDAY_MORNING + timedelta(days=days, minutes=30)).isoformat()
        enter("events", kind="scan", title=f"scan {days}", starts_at=at, place="Level 2")

    assert lines(page(), "What comes next") == [
        "2 March, 09:30: Scan 0, Level 2.", "3 March, 09:30: Scan 1, Level 2.",
        "4 March, 09:30: Scan 2, Level 2.", "5 March, 09:30: Scan 3, Level 2.",
        "And more after that.",
    ]  # fmt: skip


def test_a_day_is_hers(report, page, clock):
    # Eleven in the evening of the 1st in Los Angeles is the 2nd in UTC.
    clock.moment = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
    report(10 / 24, nausea=2)

    assert lines(page(since="2026-03-01"), "Symptoms at their worst")[0].startswith(
        "Nausea: moderate on 1 March"
    )
    assert lines(page(since="2026-03-02"), "Symptoms at their worst") == []


def test_every_line_but_a_count_stands_on_records(enter, report, page):
    enter("treatments", code="ribociclib", started_on="2026-02-02", status="active")
    report(1, nausea=4, vomiting=1)
    enter("wellbeing-checks", checked_at=MONDAY_MORNING.isoformat(), distress=8)

    for section in page()["sections"]:
        if section["title"] != "Not known":
            assert all(line["records"] for line in section["lines"]), section
            assert all(
                record["at"].endswith("Z") for one in section["lines"] for record in one["records"]
            )


@pytest.mark.parametrize(
    ("without", "titles"),
    [
        ({Topic.PROFILE}, {"What matters to her"}), ({Topic.QUESTIONS}, {"Her questions"}),
        ({Topic.SYMPTOMS}, {"Symptoms at their worst"}),
        ({Topic.ALERTS}, set()), ({Topic.ALERTS, Topic.REPLIES}, {"Alerts and what was done"}),
        ({Topic.TREATMENTS}, {"Doses missed", "Treatments"}), ({Topic.WELLBEING}, set()),
        ({Topic.WELLBEING, Topic.QUESTIONNAIRES, Topic.SUPPORT}, {"How she is"}),
        ({Topic.EVENTS}, {"What comes next"}),
    ],
)  # fmt: skip
def test_a_reader_gets_the_sections_of_what_she_may_read(app, call, world, without, titles):
    call("ana", "PATCH /patients/me", {"what_matters": "Zebra"})
    with app.app_context(), transaction() as session:
        patient = queries.patient_ref(session, world["ana"].patient_id)
        made = visit_summary(
            session, patient, topics=set(Topic) - without, queues=(), for_staff=True, since=None,
            now=MONDAY_MORNING,
        )  # fmt: skip

    assert {one["title"] for one in made["sections"]} == set(TITLES) - titles
    assert ("Zebra" in str(made["sections"])) == (Topic.PROFILE not in without)


@pytest.mark.parametrize(
    ("who", "status"),
    [("ana", 200), ("nora", 200), ("sol", 200), ("chaya", 403), ("cora", 403), ("hugo", 403),
     ("ada", 403), ("olga", 404), ("ben", 404)],
)  # fmt: skip
def test_who_may_read_the_page(call, world, who, status):
    for ending in ("", ".html", ".pdf"):
        path = f"/patients/{world['ana'].patient_id}/visit-summary{ending}"
        assert call(who, f"GET {path}").status_code == status


def test_the_first_day_is_never_after_the_last(page):
    found = page(since="2026-04-01")

    assert (found["since"], found["until"]) == ("2026-03-02", "2026-03-02")


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("a  b\n\tc", 10, "a b c"),
        ("abcdef", 4, "abc…"),
        ("abcd", 4, "abcd"),
        ("a\u202eb\x07c\ue000\ufffe", 10, "ab c"),
        ("x" * 10_000, 5, "xxxx…"),
        (" " * 10_000 + "late", 5, "…"),
        ("\U0001f469\u200d\U0001f467 ok", 10, "\U0001f469\u200d\U0001f467 ok"),
    ],
)
def test_text_is_cut_to_measure_and_cleaned(text, most, expected):
    assert cut(text, most) == expected
