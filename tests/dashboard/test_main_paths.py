"""What each of them does all day, in a real Chromium, and what the patient then sees of it.

Seven stories.  Each begins at the sign-in with password and code and goes on by what a person can
click and press; the patient's side is read by the API, as her app does.
"""

import io
from datetime import datetime
from uuid import uuid4

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.dashboard.chromium import sign_in, tab, tab_to

pytestmark = pytest.mark.browser


def told(call, id_):
    """Return what her app shows became of one thing: an alert, or what she asked for."""
    items = call("ana", "GET /patients/me/replies").json["items"]
    [found] = [item for item in items if id_ in (item["id"], item["alert_id"])]
    return found


def to(page, place):
    """Go to a page of the navigation, through the menu if it is one about the clinic."""
    menu = page.locator("summary").filter(has_text="Clinic pages")
    link = page.get_by_role("navigation").get_by_role("link", name=place, exact=True)
    if menu.count() and not link.is_visible():
        menu.click()
    leads_to = link.get_attribute("href")
    link.click()
    page.wait_for_url(f"**{leads_to}")


def yes(page, question):
    page.get_by_role("group", name=question).get_by_label("Yes").press("Space")


def test_a_nurse_answers_a_fever_from_the_queue_with_the_keyboard(
    chromium, address, can_sign_in, fever, call
):
    assert told(call, fever)["text"] == "Received. It is waiting for the nurses."
    with tab(chromium, address) as page:
        sign_in(page, can_sign_in("nora"))
        tab_to(page, "Nursing")
        page.keyboard.press("Enter")
        page.wait_for_url("**/queues/nursing")
        tab_to(page, "Take it")
        page.keyboard.press("Enter")
        # The focus is on her name in the row that has changed.
        page.wait_for_function("id => document.activeElement.id === id", arg=f"open-{fever}")
        page.keyboard.press("Enter")
        page.wait_for_url("**/alerts/*")
        page.get_by_label("What came of it").press("A")
        page.get_by_label("What was done").fill("Blood count today, antibiotics at hand")
        yes(page, "Did somebody speak with her?")
        page.get_by_label("Reply to Ana").fill("Come to the lab at eleven.")
        tab_to(page, "Close the alert")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Closed").wait_for()

    assert call("nora", f"GET /alerts/{fever}").json["outcome"] == "advice_given"
    reply = told(call, fever)
    assert (reply["state"], reply["reply"]) == ("closed", "Come to the lab at eleven.")
    assert [step["role"] for step in reply["steps"]] == [None, "nurse", "nurse"]
    assert "Nora" not in str(reply)


def test_a_social_worker_closes_a_crisis_with_a_contact_and_a_safety_plan(
    chromium, address, can_sign_in, not_safe, call
):
    with tab(chromium, address) as page:
        sign_in(page, can_sign_in("sol"), "sol")
        tab_to(page, "Social work")
        page.keyboard.press("Enter")
        page.wait_for_url("**/queues/social_work")
        tab_to(page, "Ana")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="She may not be safe").wait_for()
        expect(page.locator(".crisis")).to_contain_text("988")
        tab_to(page, "Take it")
        page.keyboard.press("Enter")
        page.get_by_text("Who is named: you.").wait_for()
        page.get_by_label("Phone").press("Space")
        yes(page, "Did you reach her?")
        tab_to(page, "Save the contact")
        page.keyboard.press("Enter")
        page.get_by_text("She has been reached.").wait_for()
        page.get_by_label("What came of it").select_option("spoken_to")
        page.get_by_label("What was done").fill("We spoke; her sister stays tonight")
        yes(page, "Did somebody speak with her?")
        tab_to(page, "Close the alert")
        page.keyboard.press("Enter")
        # Nothing is sent before she says what became of the plan: the browser asks for it.
        plan = page.get_by_role("group", name="What became of her safety plan?")
        assert plan.get_by_label("Made with her").evaluate("one => one.matches(':invalid')")
        plan.get_by_label("Made with her").press("Space")
        tab_to(page, "Close the alert")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Closed").wait_for()

    assert call("sol", f"GET /alerts/{not_safe}").json["state"] == "closed"
    reply = told(call, not_safe)
    assert reply["state"] == "closed"
    assert [step["role"] for step in reply["steps"]] == [None] + ["social_worker"] * 3


def test_a_chaplain_takes_a_request_and_goes_with_her_to_the_follow_up(
    chromium, address, can_sign_in, call, clock
):
    asked = {
        "id": str(uuid4()), "kind": "chaplain", "contact_by": "visit",
        "message": "Could you come by on Thursday?",
    }  # fmt: skip
    with tab(chromium, address) as page:
        sign_in(page, can_sign_in("chaya"), "chaya")
        to(page, "Chaplaincy")
        expect(page.get_by_role("button", name="Take it")).to_have_count(0)
        assert call("ana", "POST /patients/me/support-requests", asked).status_code == 201
        page.get_by_role("link", name="Look again").click()
        waiting = page.get_by_role("region", name="Patients who ask for somebody")
        waiting.get_by_role("button", name="Take it").press("Enter")
        waiting.get_by_role("link", name="Answer").press("Enter")
        expect(page.locator("main")).to_contain_text("Could you come by on Thursday?")
        assert told(call, asked["id"])["text"].endswith("The chaplain is on it.")
        page.get_by_role("button", name="She was reached", exact=True).press("Enter")
        page.get_by_text("Contacted: you").wait_for()
        page.get_by_label("What she needs").fill("Somebody to talk to about faith")
        page.get_by_label("3. Social worker, counseling or chaplain").check()
        page.get_by_label("Follow up on").fill("2026-03-09")
        page.get_by_role("button", name="Save the assessment").press("Enter")
        page.get_by_text("Follow-up on 9 March", exact=True).wait_for()

        clock.pass_time(days=7)
    with tab(chromium, address) as page:
        sign_in(page, can_sign_in("chaya"), "chaya")
        to(page, "Chaplaincy")
        asking = page.get_by_role("region", name="Patients who ask for somebody")
        asking.get_by_role("link", name="Answer").click()
        page.get_by_label("How she is now").fill("At peace with it")
        page.get_by_role("button", name="Save the follow-up").press("Enter")
        page.get_by_text("Follow-up on 9 March", exact=True).wait_for(state="detached")
        page.get_by_label("What came of it").select_option("completed")
        page.get_by_role("button", name="Close the request").press("Enter")
        page.get_by_text("Helped: nothing more is needed").first.wait_for()

    [ended] = call("chaya", "GET /cascade?stage=ended").json["items"]
    assert (ended["stage"], ended["ended_as"]) == ("followed_up", "completed")
    reply = told(call, asked["id"])
    assert reply["text"] == "You asked for a chaplain. It is closed."
    assert [step["role"] for step in reply["steps"]][1:] == ["chaplain"] * 3
    assert "Chaya" not in str(reply)


@pytest.mark.parametrize("has_script", [True, False])
def test_an_editor_publishes_what_a_second_person_signed(
    chromium, address, can_sign_in, report, call, has_script
):
    def card():
        items = call("ana", "GET /patients/me/feed").json["items"]
        return next(item for item in items if item["slug"] == "nausea")

    report(answers=[{"symptom": "nausea", "frequency": 2, "severity": 2}])
    before, ours = card()["title"], "Feeling sick: what we do at Harbor"
    with (
        tab(chromium, address, java_script_enabled=has_script) as eva,
        tab(chromium, address) as nora,
    ):
        sign_in(eva, can_sign_in("eva"), "eva", "/content")
        eva.get_by_role("link", name=before).click()
        eva.get_by_role("button", name="Write our own version").click()
        eva.get_by_label("Title").fill(ours)
        eva.get_by_label("Text").fill("## What helps\n\nEat **tiny** meals.")
        eva.get_by_role("button", name="Preview").click()
        preview = eva.get_by_role("region", name="Preview")
        preview.get_by_role("heading", name="What helps").wait_for()
        eva.get_by_role("button", name="Save the draft").click()
        eva.get_by_text("The draft is saved.").wait_for()
        eva.get_by_role("button", name="Hand it in for review").click()
        eva.get_by_text("It waits for somebody else to review it.").wait_for()
        expect(eva.get_by_role("button", name="Sign it")).to_have_count(0)

        sign_in(nora, can_sign_in("nora"))
        to(nora, "Articles")
        nora.get_by_role("link", name=ours).press("Enter")
        nora.get_by_role("button", name="Sign it: I have reviewed it").press("Enter")
        nora.get_by_text("You have signed it.").wait_for()
        expect(nora.get_by_role("button", name="Publish it")).to_have_count(0)
        assert card()["title"] == before

        eva.reload()
        eva.get_by_role("button", name="Publish it now").click()
        eva.get_by_text("Your patients read it now.").wait_for()

    assert card()["title"] == ours
    read = call("ana", "GET /content/nausea").json
    assert (read["title"], read["reviewer"]) == (ours, "Nora")
    assert "<strong>tiny</strong>" in read["html"]


def test_an_administrator_sees_how_a_drill_was_answered(
    chromium, address, can_sign_in, call, clock, count
):
    with tab(chromium, address) as ada, tab(chromium, address) as nora:
        sign_in(ada, can_sign_in("ada"), "ada", "/queues/nursing")
        to(ada, "Drills")
        ada.get_by_label("Fever during chemotherapy").check()
        ada.get_by_role("button", name="Begin").click()
        ada.get_by_text("The drill has begun.").wait_for()

        clock.pass_time(minutes=12)
        sign_in(nora, can_sign_in("nora"))
        to(nora, "Nursing")
        row = nora.get_by_role("listitem").filter(has=nora.get_by_role("button"))
        expect(row).to_contain_text("Drill")
        row.get_by_role("button", name="Take it").click()
        nora.get_by_role("link", name="Answer").click()
        expect(nora.locator(".facts")).to_contain_text("Drill")
        nora.get_by_label("What came of it").select_option("advice_given")
        nora.get_by_label("What was done").fill("The number was called")
        yes(nora, "Did somebody speak with her?")
        nora.get_by_role("button", name="Close the alert").click()
        nora.get_by_role("heading", name="Closed").wait_for()
        # Nobody is counted among the patients for it.
        to(nora, "Patients")
        expect(nora.locator("tbody tr")).to_have_count(1)

        to(ada, "Drills")
        scored = ada.get_by_role("row", name="Fever during chemotherapy")
        expect(scored.get_by_role("cell").nth(1)).to_contain_text("12 min by Nora (nurse)")
        expect(scored.get_by_role("cell").nth(4)).to_have_text("Yes")
        count()
        to(ada, "Measures")
        expect(ada.locator("main")).to_contain_text("No alert with a clock was opened")
        apart = ada.get_by_role("region", name="Drills")
        expect(apart.get_by_role("row").nth(1)).to_contain_text("Nursing")

    assert call("ana", "GET /patients/me/replies").json["items"] == []


def test_a_physician_reads_and_prints_two_minutes_before_a_visit(
    chromium, address, can_sign_in, fever, call
):
    question = {"id": str(uuid4()), "text": "May I fly in June?"}
    call("ana", "PATCH /patients/me", {"what_matters": "To dance at Lena's wedding."})
    assert call("ana", "POST /patients/me/questions", question).status_code == 201
    with tab(chromium, address) as page:
        sign_in(page, can_sign_in("omar"), "omar")
        page.get_by_role("link", name="Ana").press("Enter")
        page.get_by_role("link", name="Visit page").press("Enter")
        page.get_by_role("heading", name="Before the visit: Ana").wait_for()
        seen = page.inner_text("main")
        with page.expect_response("**/visit.pdf?*") as answer:
            page.get_by_role("link", name="PDF, to print").click()
        # The browser keeps what it shows in its own reader: her session asks for the same again.
        printed = PdfReader(io.BytesIO(page.context.request.get(answer.value.url).body()))

    paper = " ".join(leaf.extract_text() for leaf in printed.pages)
    for words in ("May I fly in June?", "To dance at Lena", "Nausea"):
        assert words in seen
        assert words in paper
    looks = call("ana", "GET /patients/me/access-log").json["items"]
    assert "physician" in {look["role"] for look in looks}


def test_a_coordinator_works_off_the_welfare_checks(
    chromium, address, can_sign_in, silent, call, clock
):
    with tab(chromium, address) as page:
        sign_in(page, can_sign_in("cora"), "cora")
        to(page, "Welfare checks")
        expect(page.locator(".welfare h2")).to_have_text(["Ana", "Bea"])
        page.get_by_text("I called her: Ana").press("Enter")
        page.get_by_label("What was said").first.fill("Her phone rings and rings.")
        page.get_by_role("button", name="I called: not reached").first.press("Enter")
        page.get_by_text("She stays on this list.").wait_for()
        page.get_by_text("I called her: Ana").press("Enter")
        page.get_by_role("button", name="I called: reached").first.press("Enter")
        page.get_by_text("Ana").wait_for(state="detached")
        page.get_by_text("She is away: Bea").press("Enter")
        page.get_by_label("Why").select_option("holiday")
        page.get_by_role("button", name="Note that she is away").press("Enter")
        page.get_by_text("Nobody is silent").wait_for()

    [away] = call("bea", "GET /patients/me/away").json["items"]
    assert away["kind"] == "holiday"
    assert datetime.fromisoformat(away["starts_on"]).date() == clock.now().date()
