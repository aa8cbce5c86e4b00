"""A clinic's own rules: written, refused with line and word, activated by a second person."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.care.lab.texts import text_of
from service.care.rules import rule_set
from service.care.rules_in_force import compiled_draft
from service.clinical.reading import BadKnowledge
from service.db import transaction
from service.rulebook.models import RuleDraft, RuleText
from tests.lab.conftest import EARLIER, LATER


def test_a_draft_is_numbered_by_the_server_above_everything_known_and_yet_to_come(drafted):
    ours = rule_set().by_id["SYM-SEV"].version

    first, second = drafted(), drafted()

    assert (first["rule"], first["based_on"], first["status"]) == ("SYM-SEV", ours, "draft")
    assert [first["rule_version"], second["rule_version"]] == [1001, 1002]


def test_every_rule_of_ours_can_be_begun_from_its_own_text():
    for rule in rule_set().rules:
        again = compiled_draft(text_of(rule), version=rule.version)
        assert (again.id, again.tests, again.reads) == (rule.id, rule.tests, rule.reads)
        assert [case.outcome for case in again.cases] == [case.outcome for case in rule.cases]


def test_the_same_draft_again_is_answered_and_another_under_its_id_refused(call):
    body = {"id": str(uuid4()), "text": EARLIER}

    first, again = call("eva", "POST /rules", body), call("eva", "POST /rules", body)
    other = call("eva", "POST /rules", body | {"text": LATER})

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert (other.status_code, other.json["type"].rpartition("/")[2]) == (409, "id-conflict")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (EARLIER.replace("answer: frequency", "answr: frequency"), 9, "did you mean 'answer'?"),
        (EARLIER.replace("queue: nursing", "queue: nursery"), 15, "did you mean 'nursing'?"),
        (EARLIER.replace("soon", "[soon"), None, ""),
        ("id: SYM-X\nid: SYM-Y", 2, "stands twice"),
        ("id: SYM-X\nversion: 1", 1, "is missing"),
        ("- {id: A}\n- {id: B}", 1, "one rule is written at a time"),
        ("just words", 1, ""),
        ("id: SYM-X\nwhen: &a {all: [*a]}", 2, "alias"),
        ("when: " + "{not: " * 5000, None, ""),
        ("when: " + "[" * 60 + "]" * 60, 1, "nested too deep"),
        (EARLIER.replace("id: SYM-SEV", "id: sym_sev"), 1, "sym_sev"),
        (EARLIER.replace("id: SYM-SEV", "id: " + "A" * 41), None, "at most 40"),
        ("id: \ufffe", None, "characters"),
    ],
)  # fmt: skip
def test_a_wrong_text_is_refused_with_line_and_word(call, text, line, words):
    answer = call("eva", "POST /rules", {"id": str(uuid4()), "text": text})

    assert answer.status_code == 422, answer.json
    [error] = answer.json["errors"]
    assert error["pointer"] == "/text"
    assert words in error["detail"]
    if line is not None:
        assert f"Line {line}" in error["detail"], error
        assert answer.json["line"] == line


def test_a_draft_is_changed_by_its_writer_alone_and_stays_the_same_rule(call, drafted):
    id = drafted()["id"]
    at = f"PATCH /rules/drafts/{id}"

    changed = call("eva", at, {"text": LATER}, headers={"If-Match": '"1"'})
    outdated = call("eva", at, {"text": EARLIER}, headers={"If-Match": '"1"'})
    by_another = call("omar", at, {"text": EARLIER})
    other_rule = call("eva", at, {"text": text_of(rule_set().by_id["SYM-WORSE"])})

    assert (changed.status_code, changed.json["version"], changed.json["text"]) == (200, 2, LATER)
    assert outdated.status_code == 412
    assert by_another.json["type"].endswith("rule-draft-of-another")
    assert other_rule.status_code == 422


def test_a_second_person_who_answers_alerts_activates(app, call, drafted, step, report):
    draft = drafted(by="nora")

    own = step("nora", "activate", draft["id"])
    by_editor = step("eva", "activate", draft["id"])
    by_doctor = step("omar", "activate", draft["id"])
    again = step("omar", "activate", draft["id"])

    assert (own.status_code, own.json["type"].rpartition("/")[2]) == (409, "own-rule")
    assert by_editor.status_code == 403
    assert (by_doctor.status_code, by_doctor.json["status"]) == (200, "active")
    assert again.json["type"].endswith("rule-not-draft")
    with app.app_context(), transaction() as session:
        [kept] = session.scalars(sa.select(RuleText))
    assert (kept.rule, kept.version, kept.origin) == ("SYM-SEV", draft["rule_version"], "clinic")


def test_what_is_active_holds_for_the_next_report_and_for_this_clinic_alone(
    call, drafted, step, report
):
    report(nausea=2)
    before = reasons(call)
    draft = drafted()
    step("nora", "activate", draft["id"])
    report(fatigue=2)
    report(who="ben", fatigue=2)

    assert "SYM-SEV" not in before
    assert reasons(call)["SYM-SEV"] == draft["rule_version"]
    assert "SYM-SEV" not in reasons(call, "olga")
    assert call("nora", "GET /rules/SYM-SEV").json["origin"] == "clinic"
    assert call("olga", "GET /rules/SYM-SEV").json["origin"] == "waymark"
    assert call("olga", f"GET /rules/drafts/{draft['id']}").status_code == 404
    assert call("olga", "GET /rules/drafts").json["items"] == []


def test_retiring_it_goes_back_to_ours(call, drafted, step, report):
    id = drafted(LATER)["id"]
    step("nora", "activate", id)
    report(nausea=3)
    assert "SYM-SEV" not in reasons(call)

    assert step("nora", "retire", id).json["status"] == "retired"
    report(fatigue=3)

    assert reasons(call)["SYM-SEV"] == rule_set().by_id["SYM-SEV"].version
    assert step("nora", "retire", id).json["type"].endswith("rule-retired")
    assert call("nora", "GET /rules/SYM-SEV").json["own"] is None


def test_the_next_version_takes_the_place_of_the_one_before(call, drafted, step):
    first, second = drafted(), drafted(LATER)
    step("nora", "activate", first["id"])
    step("nora", "activate", second["id"])

    assert call("nora", f"GET /rules/drafts/{first['id']}").json["status"] == "retired"
    own = call("nora", "GET /rules/SYM-SEV").json["own"]
    assert (own["draft_id"], own["version"]) == (second["id"], second["rule_version"])


def test_a_rule_can_be_switched_off_but_no_emergency(call, drafted, step, report):
    draft = drafted(None, off="SYM-SEV")
    step("nora", "activate", draft["id"])
    report(nausea=3)

    shown = call("cora", "GET /rules").json
    assert "SYM-SEV" not in reasons(call)
    assert [one["id"] for one in shown["switched_off"]] == ["SYM-SEV"]
    assert "SYM-SEV" not in {rule["id"] for rule in shown["items"]}
    for rule in ("EM-FEVER", "SI-9"):
        answer = call("eva", "POST /rules", {"id": str(uuid4()), "off": rule})
        assert (answer.status_code, answer.json["type"].rpartition("/")[2]) == (
            409, "rule-never-off",
        )  # fmt: skip
    nowhere = call("eva", "POST /rules", {"id": str(uuid4()), "off": "SYM-NOWHERE"})
    assert nowhere.status_code == 422


def test_an_emergency_rule_keeps_calling_for_a_person(call):
    quiet = text_of(rule_set().by_id["EM-RESP"]).replace("severity: urgent", "severity: soon")

    answer = call("eva", "POST /rules", {"id": str(uuid4()), "text": quiet})

    assert answer.json["type"].endswith("rule-never-off")


def test_a_rule_that_no_longer_compiles_breaks_no_report_and_is_shown(
    app, call, client, drafted, step, report
):
    draft = drafted()
    with app.app_context(), transaction() as session:
        # As after an upgrade that knows a word no more.
        gone = "id: SYM-SEV\nwhen: {gone: 1}"
        session.execute(sa.update(RuleDraft).values(status="active", text=gone))
        session.execute(sa.text("UPDATE clinics SET rules_release = 7"))

    report(nausea=3)

    assert reasons(call)["SYM-SEV"] == rule_set().by_id["SYM-SEV"].version
    [broken] = call("nora", "GET /rules").json["broken"]
    assert (broken["rule"], broken["draft_id"]) == ("SYM-SEV", draft["id"])
    assert "line" in broken["complaint"] or "missing" in broken["complaint"]
    ready = client.get("/readyz")
    assert (ready.json["status"], ready.json["checks"]["rules"]) == ("degraded", "broken")


def test_only_a_text_that_is_whole_is_read(app):
    with pytest.raises(BadKnowledge):
        compiled_draft("")


def reasons(call, who: str = "nora") -> dict[str, int]:
    """Rules of all unclosed alerts, with their versions."""
    found = {}
    for alert in call(who, "GET /alerts").json["items"]:
        whole = call(who, f"GET /alerts/{alert['id']}").json
        for reason in whole["reasons"]:
            found[reason["rule"]] = reason["rule_version"]
    return found


def test_it_is_said_when_ours_has_changed_since(app, call, drafted, step):
    draft = drafted()
    step("nora", "activate", draft["id"])
    assert call("nora", "GET /rules/SYM-SEV").json["own"]["is_outdated"] is False
    with app.app_context(), transaction() as session:
        # As if it had been begun under an older release.
        session.execute(sa.update(RuleDraft).values(based_on=RuleDraft.based_on - 1))
        session.execute(sa.text("UPDATE clinics SET rules_release = rules_release + 1"))

    assert call("nora", "GET /rules/SYM-SEV").json["own"]["is_outdated"] is True


def test_a_rule_that_is_off_can_be_written_anew(call, drafted, step, report):
    off = drafted(None, off="SYM-SEV")
    step("nora", "activate", off["id"])
    anew = drafted()
    step("nora", "activate", anew["id"])
    report(nausea=3)

    assert anew["based_on"] == rule_set().by_id["SYM-SEV"].version
    assert reasons(call)["SYM-SEV"] == anew["rule_version"]
    assert call("nora", "GET /rules").json["switched_off"] == []
