"""A rule of a clinic's own may ask whether she has saved a study: when it speaks, and in a replay."""

from uuid import uuid4

from tests.studies.conftest import study

OWN = """\
id: OWN-STUDY-NAUSEA
about: Nausea of somebody who is looking at a study
when:
  all:
    - {symptom: nausea, attribute: severity, at_least: 2}
    - {study_saved: true}
then: {alert: {severity: soon, queue: nursing, contact_within: 48 h, patient_can_snooze: true}}
source: the test
status: project choice
"""


def test_a_replay_knows_from_when_on_a_study_was_saved(call, clock, drafted, replayed, found):
    page = {"studies": [study("NCT99000900")]}
    assert call("eva", "POST /studies/import", page).status_code == 201

    def reports():
        answers = [{"symptom": "nausea", "frequency": 1, "severity": 2}]
        body = {"id": str(uuid4()), "reported_at": clock.now().isoformat(), "answers": answers}
        assert call("ana", "POST /patients/me/symptom-reports", body).status_code == 201
        clock.pass_time(days=1)
        return body["id"]

    before = reports()
    assert call("ana", "POST /patients/me/studies/NCT99000900/save").status_code == 200
    clock.pass_time(hours=1)
    after = reports()

    run = replayed(drafted(OWN)["id"])

    assert run["state"] == "done", run
    told = [one["record_id"] for one in found(run["id"])]
    assert (before in told, after in told) == (False, True)
