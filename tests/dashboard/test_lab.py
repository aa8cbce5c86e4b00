"""The laboratory's pages: a threshold changed, seen on history, in shadow, and in force."""

import re

import pytest

from service.care.lab.texts import text_of
from service.care.rules import rule_set
from tests.lab.conftest import EARLIER, drafted, found, replayed, report, step, work_off  # noqa: F401

SAVED = re.compile(r"/lab/(?!runs)([0-9a-f-]{36})")


@pytest.fixture
def saved(browse):
    """Save a draft as the editor; returns the path of its page."""

    def saved(text=EARLIER, who="eva"):
        answer = browse(who).post(
            "/lab/new", {"text": text, "why": "We see too little.", "key": text[:40]}
        )
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"].partition("?")[0]

    return saved


def test_a_version_begins_with_the_text_of_the_rule_in_force(browse):
    page = browse("eva").get("/lab/new?rule=SYM-SEV").text
    assert "id: SYM-SEV" in page
    assert "severe: true" in page


def test_a_wrong_word_is_said_with_its_line_and_what_was_typed_stays(browse):
    wrong = EARLIER.replace("queue: nursing", "queue: nursery")

    answer = browse("eva").post("/lab/new", {"text": wrong, "why": ""})

    assert answer.status_code == 422
    assert "Line 15" in answer.text
    assert "did you mean &#39;nursing&#39;?" in answer.text
    assert "queue: nursery" in answer.text


def test_the_page_of_a_draft_says_it_in_words_and_what_differs(browse, saved):
    page = browse("nora").text(saved())

    assert "In plain words: when it speaks" in page
    assert "Added: at_least: 2" in page.replace("\n", " ") or "at_least: 2" in page
    assert "Bring it into force" in page
    assert "Bring it into force" not in browse("eva").text(saved())


def test_its_writer_is_refused_and_a_second_person_brings_it_into_force(browse, saved):
    path = saved(who="nora")

    own = browse("nora").post(f"{path}/activate", {"seen": "1"})
    stale = browse("omar").post(f"{path}/activate", {"seen": "9"})
    done = browse("omar").post(f"{path}/activate", {"seen": "1"})

    assert (own.status_code, stale.status_code, done.status_code) == (409, 409, 303)
    assert "Somebody else has to activate" in own.text
    rules = browse("cora").text("/rules?origin=clinic")
    assert "SYM-SEV, version 1001, your clinic's own" in rules
    assert "in force" in browse("cora").text("/rules/SYM-SEV")


def test_it_is_tried_on_history_and_the_page_shows_both_sides(app, clock, browse, saved, report):  # noqa: F811
    report(nausea=2)
    clock.pass_time(days=8)
    report(nausea=3)
    path = saved()

    begun = browse("nora").post(f"{path}/replay", {"days": "30", "key": "k"})
    waiting = browse("nora").text(begun.headers["Location"])
    while work_off(app, clock.now()):
        pass
    page = browse("nora").text(begun.headers["Location"])
    by_editor = browse("eva").text(begun.headers["Location"])

    assert "0 of 1 patients are done" in waiting
    assert "Alerts, repeats included" in page
    assert "Only the draft" in page
    assert "Ana" in page
    assert "Ana" not in by_editor
    assert "under 5" in by_editor
    assert "<svg" in browse("nora").get(begun.headers["Location"]).text


def test_who_looked_at_findings_is_in_her_log(app, call, clock, browse, saved, report):  # noqa: F811
    report(nausea=3)
    begun = browse("nora").post(f"{saved()}/replay", {"days": "30", "key": "k"})
    while work_off(app, clock.now()):
        pass
    browse("nora").get(begun.headers["Location"])

    log = call("ana", "GET /patients/me/access-log").json["items"]
    assert ("lab", "read") in {(entry["topic"], entry["action"]) for entry in log}


def test_another_clinic_finds_nothing(browse, saved, app, clock):
    path = saved()
    begun = browse("nora").post(f"{path}/replay", {"days": "30", "key": "k"}).headers["Location"]

    for address in (path, begun):
        assert browse("olga").get(address).status_code == 404
    for address in (f"{path}/activate", f"{path}/replay", f"{begun}/stop"):
        assert browse("olga").post(address, {"days": "9"}).status_code == 404


def test_shadow_and_light_and_putting_away(browse, saved, report):  # noqa: F811
    path = saved()
    assert browse("nora").post(f"{path}/shadow", {"seen": "1"}).status_code == 303
    report(nausea=2)
    page = browse("nora").text(path)
    assert "In shadow" in page
    assert "it would have raised 1" in page
    assert browse("nora").post(f"{path}/light", {"seen": "2"}).status_code == 303
    assert browse("eva").post(f"{path}/retire", {"seen": "3"}).status_code == 303


def test_a_rule_is_proposed_to_be_off_from_its_page(browse):
    answer = browse("nora").post("/lab/off", {"rule": "SYM-SEV", "key": "k"})
    assert answer.status_code == 303
    assert "switches SYM-SEV" in browse("nora").text(answer.headers["Location"])
    assert browse("nora").post("/lab/off", {"rule": "EM-FEVER", "key": "m"}).status_code == 409
    assert "Propose to switch it off" not in browse("nora").text("/rules/EM-FEVER")


def test_silence_is_not_tried(browse, saved):
    path = saved(text_of(rule_set().by_id["SYM-MISS"]))
    assert "every morning" in browse("nora").text(path)
    assert browse("nora").post(f"{path}/replay", {"days": "30"}).status_code == 409
    assert browse("nora").post(f"{path}/shadow", {"seen": "1"}).status_code == 409


@pytest.mark.parametrize("days", ["", "0", "367", "x", "99999"])
def test_odd_days_are_refused(browse, saved, days):
    answer = browse("nora").post(f"{saved()}/replay", {"days": days, "key": "k"})
    assert answer.status_code == 422
