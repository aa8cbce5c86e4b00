"""Queues: whole, mine, nobody's; my own across all of them; and handing everything over."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.audit.models import AccessLogEntry
from service.db import transaction
from service.support.models import Cascade, SupportRequest
from tests.dashboard.conftest import readable, seen_in


@pytest.fixture
def taken(browse, fever):
    """Nora has taken the fever; returns her browser."""
    nora = browse("nora")
    seen = seen_in(nora.get(f"/alerts/{fever}"))
    assert nora.post(f"/alerts/{fever}/acknowledge", {"seen": seen}).status_code == 303
    return nora


@pytest.fixture
def asked(call):
    """Ana asks for a nurse; returns the request's id."""
    body = {"id": str(uuid4()), "kind": "nurse", "message": "My port hurts.", "contact_by": "phone"}
    assert call("ana", "POST /patients/me/support-requests", body).status_code == 201
    return body["id"]


def alerts_on(answer):
    return re.findall(r'id="alert-([^"]+)"', answer.get_data(as_text=True))


def test_a_queue_is_shown_whole_mine_or_nobodys(browse, taken, fever):
    omar = browse("omar")

    assert alerts_on(taken.get("/queues/nursing")) == [fever]
    assert alerts_on(taken.get("/queues/nursing?show=mine")) == [fever]
    assert alerts_on(taken.get("/queues/nursing?show=nobody")) == []
    assert "Somebody has each of them." in taken.text("/queues/nursing?show=nobody")
    assert alerts_on(omar.get("/queues/nursing?show=mine")) == []
    assert "You have none." in omar.text("/queues/nursing?show=mine")
    assert alerts_on(omar.get("/queues/nursing?show=everything")) == [fever]


def test_the_filter_in_force_is_marked(browse, fever):
    body = browse("nora").get("/queues/nursing?show=nobody").get_data(as_text=True)

    assert re.findall(r'aria-current="true">([^<]+)', body) == ["Nobody&#39;s"]


def test_what_presses_is_counted_apart_from_the_time(browse, fever):
    body = browse("nora").get("/queues/nursing").get_data(as_text=True)
    [live] = re.findall(r'<span role="status" id="counted">(.*?)</span>', body)

    assert live == "1 open alert, 1 urgent, 1 waiting for somebody."
    assert "<title>(1 urgent) Nursing" in body


def test_what_is_mine_stands_before_what_waits_in_my_teams_queue(
    browse, taken, report, call, fever, clock
):
    text = taken.text("/queue")
    assert "Mine" in text
    assert "Nursing · Taken: you" in text
    assert alerts_on(taken.get("/queue")) == [fever]
    assert "Nothing is waiting here." in text

    omar = browse("omar")
    assert alerts_on(omar.get("/queue")) == []
    clock.pass_time(minutes=5)
    report(reported_at="2026-03-02T09:05:00-08:00", red_flags=["seizure"])
    assert alerts_on(omar.get("/queue")) == [fever]
    # What came back to open is still hers: once on the page, not twice.
    assert alerts_on(taken.get("/queue")) == [fever]


def test_what_i_have_in_another_teams_queue_is_mine_too(browse, not_safe):
    nora = browse("nora")
    seen = seen_in(nora.get(f"/alerts/{not_safe}"))
    taken = nora.post(f"/alerts/{not_safe}/acknowledge", {"seen": seen})

    assert taken.status_code == 303
    assert "Social work · Taken: you" in nora.text("/queue")
    assert alerts_on(browse("omar").get("/queue")) == []


@pytest.mark.parametrize(
    ("back", "there"),
    [
        ("queue", "/queues/nursing?taken={}"),
        ("queue.mine", "/queues/nursing?taken={}&show=mine"),
        ("queue.nobody", "/queues/nursing?taken={}&show=mine"),
        ("mine", "/queue?taken={}"),
        ("nonsense", "/alerts/{}?done=take"),
    ],
)
def test_after_taking_it_one_is_where_it_stands_now(browse, fever, back, there):
    nora = browse("nora")
    seen = seen_in(nora.get(f"/alerts/{fever}"))
    answer = nora.post(f"/alerts/{fever}/acknowledge", {"seen": seen, "back": back})

    assert answer.location == there.format(fever)


@pytest.mark.parametrize(
    ("back", "heading"),
    [("queue", "Nursing"), ("queue.nobody", "Nursing"), ("mine", "My queue")],
)
def test_the_second_of_two_reads_it_on_the_page_she_was_on(browse, taken, fever, back, heading):
    omar = browse("omar")
    answer = omar.post(f"/alerts/{fever}/acknowledge", {"seen": "old", "back": back})

    assert answer.status_code == 409
    assert "taken by Nora (nurse) before you" in readable(answer)
    assert f"<h1>{heading}</h1>" in answer.get_data(as_text=True)


def test_requests_say_how_far_they_have_come(browse, app, asked, clock, world):
    nora = browse("nora")
    assert "Waiting for somebody" in nora.text("/queues/nursing")
    assert nora.post(f"/support-requests/{asked}/claim").status_code == 303
    assert "Taken by you" in nora.text("/queue")
    with app.app_context(), transaction() as session:
        [id] = session.scalars(sa.select(SupportRequest.id))
        session.execute(
            sa.update(Cascade)
            .where(Cascade.request_id == id)
            .values(
                offered_at=clock.now(), contacted_at=clock.now(), assessed_at=clock.now(),
                follow_up_on=clock.now().date(),
            )
        )  # fmt: skip

    for path in ("/queue", "/queues/nursing", "/queues/nursing?show=mine"):
        assert "Assessed by you · follow up on 2 March" in nora.text(path)
    assert "My port hurts." not in nora.text("/queues/nursing?show=nobody")


def test_silence_is_marked_as_a_welfare_check(browse, app, call, report, clock):
    nora = browse("nora")
    report(temperature_c=39)
    with app.app_context(), transaction() as session:
        session.execute(sa.text("UPDATE alert_reasons SET rule = 'SYM-MISS'"))
        session.execute(sa.text("UPDATE alerts SET queue = 'coordination'"))

    assert "Welfare check" in nora.text("/queues/coordination")
    assert 'href="/welfare"' in nora.get("/queues/coordination").get_data(as_text=True)


def test_everything_i_have_is_handed_to_a_colleague_at_once(
    browse, app, taken, asked, world, fever
):
    assert taken.post(f"/support-requests/{asked}/claim").status_code == 303
    text = taken.text("/queue/hand-over")
    assert "Ana" in text
    assert "Omar, physician (on duty)" in text
    form = {"to": str(world["omar"].account_id), "confirm": "yes"}
    answer = taken.post("/queue/hand-over", form)

    assert answer.location == "/queue?handed=2"
    assert "Handed over: 2." in taken.text(answer.location)
    assert alerts_on(taken.get("/queue")) == []
    assert "Taken: you" in browse("omar").text("/queue")
    assert "Handed over to Omar by you" in taken.text(f"/alerts/{fever}")
    with app.app_context(), transaction() as session:
        logged = session.scalars(
            sa.select(AccessLogEntry.patient_id).where(
                AccessLogEntry.action == "write",
                AccessLogEntry.route == "dashboard.hand_over",
            )
        ).all()
    assert logged == [world["ana"].patient_id]


def test_one_queue_alone_is_handed_over(taken, world, fever):
    form = {"to": str(world["omar"].account_id), "confirm": "yes"}
    other = taken.post("/queue/hand-over", {**form, "queue": "social_work"})
    assert other.location == "/queues/social_work?handed=0"
    assert "You had nothing to hand over." in taken.text(other.location)
    assert alerts_on(taken.get("/queue")) == [fever]

    assert taken.post("/queue/hand-over", {**form, "queue": "nursing"}).status_code == 303
    assert alerts_on(taken.get("/queue")) == []


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"confirm": "yes"}, "Choose a colleague."),
        ({"to": "chaya", "confirm": "yes"}, "Choose a colleague."),
        ({"to": "olga", "confirm": "yes"}, "Choose a colleague."),
        ({"to": "nora", "confirm": "yes"}, "Choose a colleague."),
        ({"to": "omar"}, "Say that your colleague knows."),
    ],
)
def test_nothing_is_handed_over_by_half(taken, world, fever, form, said):
    to = str(world[form["to"]].account_id) if "to" in form else ""
    answer = taken.post("/queue/hand-over", {**form, "to": to})

    assert answer.status_code == 422
    assert said in readable(answer)
    assert alerts_on(taken.get("/queue")) == [fever]


@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        ("nora", "/queue/hand-over?queue=chaplaincy", 404),
        ("nora", "/queue/hand-over?queue=kitchen", 404),
        ("eva", "/queue", 403), ("per", "/queue/hand-over", 403), ("ada", "/queue", 200),
        ("ada", "/queue/hand-over", 200),
    ],
)  # fmt: skip
def test_nobody_sees_a_queue_that_is_not_hers(browse, name, path, status):
    assert browse(name).get(path).status_code == status


def test_of_two_who_take_it_over_at_once_one_wins_and_the_other_is_told(
    app, browse, call, taken, world, fever
):
    together, answers = Barrier(2), []
    for name in ("omar", "ada"):
        browser = browse(name)
        form = {"seen": seen_in(browser.get(f"/alerts/{fever}")), "confirm": "yes",
                "assignee": str(world[name].account_id)}  # fmt: skip
        answers.append((browser, form))

    def take_over(one):
        browser, form = one
        together.wait()
        return browser.post(f"/alerts/{fever}/assign", form)

    with ThreadPoolExecutor(2) as threads:
        made = list(threads.map(take_over, answers))

    assert sorted(answer.status_code for answer in made) == [303, 409]
    [told] = [answer for answer in made if answer.status_code == 409]
    holder = call("nora", f"GET /alerts/{fever}").json["assignee"]["display_name"]
    assert f"has gone to {holder}" in readable(told)
