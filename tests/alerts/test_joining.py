"""One unclosed alert a patient and queue: what joins it, what wakes it, what stays silent."""

from tests.alerts.conftest import CLOSING, kinds


def test_everything_of_one_queue_is_one_alert(call, severe, emergency, alert):
    severe("nausea")
    emergency()
    severe("vomiting")

    assert len(call("nora", "GET /alerts?queue=nursing").json["items"]) == 1
    assert {"SYM-SEV", "EM-RESP"} <= set(alert()["rules"])


def test_what_is_for_another_queue_is_another_alert(call, severe, not_safe):
    severe("nausea")
    not_safe()
    queues = [one["queue"] for one in call("nora", "GET /alerts").json["items"]]
    assert sorted(queues) == ["nursing", "social_work"]


def test_a_new_rule_opens_it_again_with_its_own_clock(severe, emergency, alert, do, told, clock):
    severe("nausea")
    assert told() == ["nora"]
    do("omar", alert(), "acknowledge")
    clock.pass_time(hours=3)
    emergency()

    now = alert()
    assert (now["state"], now["acknowledged_by"], told()) == ("open", None, ["nora"])
    assert (now["severity"], now["due_at"]) == ("urgent", "2026-03-02T20:30:00Z")
    clocks = {one["rule"]: one for one in now["reasons"]}
    assert clocks["SYM-SEV"]["acknowledged_at"] == "2026-03-02T17:00:00Z"
    assert clocks["EM-RESP"]["acknowledged_at"] is None
    assert clocks["EM-RESP"]["acknowledge_by"] == "2026-03-02T20:30:00Z"


def test_the_same_rule_on_another_symptom_is_new(severe, alert, do, told, clock):
    severe("nausea")
    do("nora", alert(), "acknowledge")
    told()
    clock.pass_time(hours=1)
    severe("vomiting")
    assert (alert()["state"], told()) == ("open", ["nora"])


def test_the_same_not_worse_joins_silently(severe, alert, do, told, clock):
    severe("nausea")
    do("nora", alert(), "acknowledge")
    before = alert()
    told()
    clock.pass_time(hours=20)
    severe("nausea")

    now = alert()
    assert (now["state"], told()) == ("acknowledged", [])
    assert kinds(now) == kinds(before)
    reasons = {one["rule"]: one["records"] for one in now["reasons"] if one["subject"] == "nausea"}
    assert len(reasons["SYM-SEV"]) == 2


def test_the_same_and_worse_notifies_again(severe, alert, do, told, clock):
    severe("nausea", severity=3)
    do("nora", alert(), "acknowledge")
    told()
    clock.pass_time(hours=20)
    severe("nausea", severity=4)
    assert (alert()["state"], told()) == ("open", ["nora"])


def test_an_emergency_again_always_notifies(emergency, alert, do, told, clock):
    emergency()
    do("nora", alert(), "acknowledge")
    told()
    clock.pass_time(hours=1)
    emergency()
    now = alert()
    assert (now["state"], told(), now["due_at"]) == ("open", ["nora"], "2026-03-02T18:30:00Z")


def test_thoughts_of_suicide_again_always_notify(not_safe, alert, do, told, clock):
    not_safe()
    assert sorted(told()) == ["nora", "sol"]
    do("sol", alert("social_work"), "acknowledge")
    clock.pass_time(hours=1)
    not_safe()
    assert (alert("social_work")["state"], sorted(told())) == ("open", ["nora", "sol"])


def test_an_unanswered_emergency_keeps_its_earlier_clock(emergency, alert, clock):
    emergency()
    clock.pass_time(minutes=20)
    emergency()
    assert alert()["due_at"] == "2026-03-02T17:30:00Z"


def test_information_joins_without_a_sound_and_has_no_clock(report, severe, alert, do, told, clock):
    severe("nausea")
    do("nora", alert(), "acknowledge")
    told()
    clock.pass_time(hours=1)
    report(answers=[{"symptom": "fatigue", "severity": 2, "interference": 2}])

    now = alert()
    assert (now["state"], told()) == ("acknowledged", [])
    [info] = [one for one in now["reasons"] if one["severity"] == "info"]
    assert (info["acknowledge_by"], info["contact_by"]) == (None, None)


def test_an_alert_of_information_alone_tells_nobody_and_never_escalates(
    report, alert, told, clock, tick
):
    report(answers=[{"symptom": "fatigue", "severity": 2, "interference": 2}])
    assert (alert()["severity"], alert()["due_at"], told()) == ("info", None, [])
    clock.pass_time(days=30)
    assert (tick(), told()) == (0, [])


def test_information_wakes_up_when_something_worse_joins(report, severe, alert, told, clock):
    report(answers=[{"symptom": "fatigue", "severity": 2, "interference": 2}])
    first = alert()
    clock.pass_time(hours=1)
    severe("nausea")
    now = alert()
    assert (now["id"], now["severity"], told()) == (first["id"], "soon", ["nora"])


def test_an_unclosed_alert_never_gets_milder(call, report, alert, do, clock):
    diagnosis = {"recurrence": "distant", "metastatic_sites": ["bone"]}
    assert call("ana", "PUT /patients/me/diagnosis", diagnosis).status_code == 200
    high = [
        {"symptom": "constipation", "severity": 2},
        {"symptom": "nausea", "frequency": 2, "severity": 2},
    ]
    report(answers=high, red_flags=["drowsiness"])
    assert alert()["severity"] == "urgent"
    do("nora", alert(), "acknowledge")
    clock.pass_time(days=8)  # the sign is too old by then, and what she reports is due soon
    report(answers=high)

    assert "EM-HCALC" in alert()["rules"]
    assert alert()["severity"] == "urgent"


def test_after_closing_the_next_is_another_alert(severe, alert, do, clock):
    severe("nausea")
    first = alert()
    assert do("nora", first, "close", **CLOSING).status_code == 200
    clock.pass_time(hours=1)
    severe("nausea")
    assert alert()["id"] != first["id"]


def test_deleting_a_report_adds_a_step_and_nothing_else(call, emergency, alert):
    made = emergency()
    before = alert()
    assert call("ana", f"DELETE /patients/me/symptom-reports/{made['id']}").status_code == 204
    now = alert()
    assert kinds(now) == [*kinds(before), "record_deleted"]
    same = ("severity", "state", "due_at", "rules", "contact_by")
    assert [now[name] for name in same] == [before[name] for name in same]


def test_correcting_a_report_adds_a_step_and_lowers_nothing(call, emergency, report, alert):
    made = emergency()
    report(corrects=made["id"], answers=[{"symptom": "nausea", "frequency": 0}])
    assert "record_corrected" in kinds(alert())
    assert (alert()["severity"], alert()["state"]) == ("urgent", "open")
    assert call("ana", f"GET /patients/me/symptom-reports/{made['id']}").json["corrected_by"]
