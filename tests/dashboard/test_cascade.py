"""The pages of the cascade, of a request, and of the safety plan."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from service.accounts.models import Queue
from service.db import transaction
from service.ids import new_id
from service.support.models import Cascade, SupportRequest
from tests.counting import statements_counted
from tests.dashboard.conftest import readable, seen_in


@pytest.fixture
def asked(call):
    """Ana asks for somebody; returns the id of the request."""

    def asked(kind="chaplain", **more):
        body = {"id": str(uuid4()), "kind": kind, "contact_by": "visit", **more}
        assert call("ana", "POST /patients/me/support-requests", body).status_code == 201
        return body["id"]

    return asked


@pytest.fixture
def need(call, check_in):
    """Ana is in distress: a need on its way; returns its id."""
    check_in(distress=8)
    [one] = call("sol", "GET /cascade").json["items"]
    return one["id"]


def seen_now(browser, path):
    return seen_in(browser.get(path))


def test_the_chaplain_takes_contacts_assesses_and_closes(browse, asked, call, clock):
    path = f"/support-requests/{asked(message='Could you come by?')}"
    chaya = browse("chaya")
    assert "Could you come by?" in chaya.text(path)
    assert chaya.post(f"{path}/claim").headers["Location"] == f"{path}?done=claim"
    assert chaya.post(f"{path}/contact-attempts", {"reached": "yes"}).status_code == 303

    [cascade] = call("chaya", "GET /cascade").json["items"]
    assess = {
        "seen": seen_now(chaya, path), "back": "request", "need": "Talks about faith", "step": "3",
        "follow_up_on": "2026-03-09", "note": "",
    }  # fmt: skip
    answer = chaya.post(f"/cascade/{cascade['id']}/assess", assess)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{path}?done=saved")
    shown = chaya.text(path)
    assert "Talks about faith" in shown
    assert "Follow-up on 9 March" in shown

    assert chaya.post(f"{path}/close", {"outcome": "completed"}).status_code == 303
    clock.pass_time(days=7)
    chaya = browse("chaya")
    follow = {"seen": seen_now(chaya, path), "back": "request", "outcome": "At peace"}
    assert chaya.post(f"/cascade/{cascade['id']}/follow-up", follow).status_code == 303
    assert "Helped: nothing more is needed" in chaya.text(f"/cascade/{cascade['id']}")


def test_a_request_is_handed_to_a_colleague_who_is_told_of_it(browse, asked, world, call):
    path = f"/support-requests/{asked('nurse')}"
    nora = browse("nora")
    assert "Omar, physician" in nora.text(path)
    form = {"assignee": str(world["omar"].account_id)}
    assert nora.post(f"{path}/assign", form).status_code == 303
    assert "Taken: Omar (physician)" in nora.text(path)
    assert "Handed on by you" in nora.text(path)


@pytest.mark.parametrize("whom", ["", "nobody", "chaya", "olga"])
def test_a_request_goes_only_to_who_works_on_its_queue(browse, asked, world, whom):
    path = f"/support-requests/{asked('nurse')}"
    someone = str(world[whom].account_id) if whom in world.people else whom
    answer = browse("nora").post(f"{path}/assign", {"assignee": someone})
    assert answer.status_code == 422
    assert "Choose a colleague" in readable(answer)


def test_closing_says_what_came_of_it(browse, asked, call):
    path = f"/support-requests/{asked('nurse')}"
    browse("nora").post(f"{path}/close", {"outcome": "referred", "note": "To the ward"})
    [ended] = call("nora", "GET /cascade?stage=ended").json["items"]
    assert ended["ended_as"] == "referred"


def test_the_list_says_step_stage_and_who_has_it(browse, need):
    shown = browse("sol").text("/cascade")
    assert "Distress" in shown
    assert "Offered help" in shown
    assert "Step 3 of 4: Social worker, counseling or chaplain" in shown
    assert "nobody has it yet" in shown


def test_the_chart_and_its_table_say_the_same_and_hide_what_is_small(browse, need):
    answer = browse("sol").get("/cascade")
    page = answer.get_data(as_text=True)
    assert re.search(r'<svg class="chart funnel".*?role="img"', page)
    assert "<desc" in page
    assert "1 to 4" in readable(answer)
    assert "Social work, found by a screen" in readable(answer)


def test_without_anybody_the_page_says_so(browse, world):
    shown = browse("sol").text("/cascade")
    assert "need was found or told in these days." in shown
    assert "Nobody is waiting for support." in shown


@pytest.mark.parametrize("query", ["from=2026-03-02&to=2026-03-01", "from=2020-01-01"])
def test_days_that_make_no_sense_are_said_on_the_page(browse, need, query):
    answer = browse("sol").get(f"/cascade?{query}")
    assert answer.status_code == 422
    assert "at most 366" in readable(answer)


def test_who_is_second_reads_it_and_finds_what_she_wrote(browse, need):
    sol, nora = browse("sol"), browse("nora")
    path = f"/cascade/{need}"
    form = {"seen": seen_now(sol, path), "need": "Talking", "step": "3"}
    assert sol.post(f"{path}/assess", form).status_code == 303
    late = nora.post(f"{path}/assess", {**form, "need": "What I had written"})
    assert late.status_code == 409
    assert "A colleague has done something here" in readable(late)
    assert "What I had written" in readable(late)

    end = {"seen": seen_now(sol, path), "ended_as": "declined"}
    assert sol.post(f"{path}/end", end).status_code == 303
    ended = nora.post(f"{path}/end", end)
    assert ended.status_code == 409
    assert "ended in the meantime" in readable(ended)


@pytest.mark.parametrize(
    ("act", "form", "said"),
    [("assess", {"step": "3"}, "Say what she needs."), ("assess", {"need": "x"}, "how much help"),
     ("assess", {"need": "x", "step": "9"}, "how much help"),
     ("assess", {"need": "x", "step": "3", "follow_up_on": "2020-01-01"}, "Choose a day"),
     ("assess", {"need": "x", "step": "3", "follow_up_on": "soon"}, "Choose a day"),
     ("offer", {}, "what was offered"), ("end", {"ended_as": "deceased"}, "Choose how it ended."),
     ("follow-up", {"next_on": "2020-01-01"}, "Choose a day")],
)  # fmt: skip
def test_what_is_missing_in_a_form_is_said(browse, need, act, form, said):
    sol = browse("sol")
    answer = sol.post(f"/cascade/{need}/{act}", {"seen": seen_now(sol, f"/cascade/{need}"), **form})
    assert answer.status_code == 422
    assert said in readable(answer)


@pytest.mark.parametrize("act", ["delete", "opened"])
def test_there_is_nothing_else_to_do(browse, need, act):
    assert browse("sol").post(f"/cascade/{need}/{act}").status_code == 404


@pytest.mark.parametrize(
    ("who", "status"), [("nora", 200), ("chaya", 404), ("cora", 404), ("ada", 403), ("eva", 403)]
)
def test_a_need_is_shown_to_who_works_on_its_queue(browse, need, who, status):
    assert browse(who).get(f"/cascade/{need}").status_code == status


@pytest.fixture
def many(app, world, clock):
    """Sixty needs of Ana's more."""
    with app.app_context(), transaction() as session:
        for number in range(60):
            at = clock.now() - timedelta(minutes=number)
            request = SupportRequest(
                id=new_id(), patient_id=world["ana"].patient_id, created_change_no=1, change_no=1,
                entered_by=world["ana"].account_id, received_at=at, content_hash=b"",
                clinic_id=world.clinic_id, kind="social_worker", queue=Queue.SOCIAL_WORK,
                state="received", requested_at=at,
            )  # fmt: skip
            session.add(request)
            session.flush()
            session.add(
                Cascade(
                    clinic_id=world.clinic_id, patient_id=world["ana"].patient_id,
                    queue=Queue.SOCIAL_WORK, kind="social_worker", step=3, request_id=request.id,
                    opened_at=at, assignee_id=world["sol"].account_id,
                )
            )  # fmt: skip


def test_the_page_costs_the_same_for_one_and_for_many_and_leads_to_the_rest(
    app, browse, call, need, request
):
    sol = browse("sol")
    [one] = call("sol", "GET /cascade").json["items"]
    call("sol", f"POST /alerts/{one['alert_id']}/acknowledge", {})

    def cost():
        with statements_counted(app) as seen:
            assert sol.get("/cascade").status_code == 200
        return len([one for one in seen if not one.startswith("BEGIN")])

    sol.get("/cascade")
    little = cost()
    request.getfixturevalue("many")
    # The frame's five; the numbers, the list, the names, the log.
    assert little == cost() == 9

    first = sol.get("/cascade").get_data(as_text=True)
    more = re.search(r'href="(/cascade\?[^"]*after=[^"]+)"', first)[1].replace("&amp;", "&")
    second = sol.get(more).get_data(as_text=True)
    pages = [set(re.findall(r'<h3><a href="/cascade/([^"]+)"', page)) for page in (first, second)]
    assert not pages[0] & pages[1]
    assert len(pages[0] | pages[1]) == 61


def plan_path(world):
    return f"/patients/{world['ana'].patient_id}/safety-plan"


def test_a_safety_plan_is_written_with_her_and_read_by_her(browse, world, call):
    sol, path = browse("sol"), plan_path(world)
    assert "No safety plan has been written with her yet." in sol.text(path)
    form = {"seen": "0", "signs": "I stop\r\nsleeping", "people": "Hugo"}
    assert sol.post(path, form).status_code == 303
    shown = sol.text(path)
    assert "Version 1, written 09:00 by a social worker." in shown
    assert "988" in shown
    assert "911" in shown
    assert call("ana", "GET /patients/me/safety-plan").json["sections"]["people"] == "Hugo"


def test_a_plan_nobody_has_seen_is_not_written_over(browse, world):
    sol, path = browse("sol"), plan_path(world)
    sol.post(path, {"seen": "0", "signs": "First"})
    late = browse("nora").post(path, {"seen": "0", "signs": "Mine, too"})
    assert late.status_code == 409
    assert "Somebody has written a newer plan" in readable(late)
    assert "Mine, too" in readable(late)
    assert "First" in readable(late)


@pytest.mark.parametrize("form", [{}, {"signs": "  "}, {"signs": "x" * 4001}])
def test_a_plan_that_cannot_be_kept_is_not(browse, world, form, call):
    assert browse("sol").post(plan_path(world), {"seen": "0", **form}).status_code == 422
    assert call("ana", "GET /patients/me/safety-plan").json["number"] == 0


@pytest.mark.parametrize(("who", "status"), [("chaya", 403), ("cora", 403), ("olga", 404)])
def test_a_plan_is_seen_by_those_who_act_on_it(browse, world, who, status):
    assert browse(who).get(plan_path(world)).status_code == status
