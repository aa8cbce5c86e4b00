"""Each event from what somebody really does to what the clinic's own system gets, signed."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from service.notify.webhooks.event_types import EVENT_TYPES
from tests.accounts.conftest import newcomer
from tests.her_data.conftest import exported, worker  # noqa: F401 - fixtures
from tests.her_data.test_exports import read_csv
from tests.webhooks.conftest import HOST, is_signed

CLOSING = {"outcome": "spoken_to", "action": "called", "contact_made": True}
DEATH = {"care_status": "deceased", "died_on": "2026-03-01", "confirm": True}


class Clinic:
    """What people do; each act returns the ids its event has to bring."""

    def __init__(self, call, world, clock, round_):
        self._call, self._clock, self._round = call, clock, round_
        self._ana = str(world["ana"].patient_id)
        self._hers = {"patient_id": self._ana}

    def _done(self, who, what, body=None):
        answer = self._call(who, what, body)
        assert answer.status_code < 300, answer.json
        return answer.json

    def _report(self, **more):
        moment = self._clock.now().isoformat()
        body = {"id": str(uuid4()), "reported_at": moment, "answers": [], **more}
        self._done("ana", "POST /patients/me/symptom-reports", body)
        return body["id"]

    def _alert(self):
        self._report(red_flags=["chest_pain"])
        return self._done("nora", "GET /alerts")["items"][0]["id"]

    def _ask(self):
        body = {"id": str(uuid4()), "kind": "chaplain", "contact_by": "phone"}
        self._done("ana", "POST /patients/me/support-requests", body)
        return body["id"]

    def reports(self):
        return self._hers | {"report_id": self._report(temperature_c=36.6)}

    def raises_an_alert(self):
        return self._hers | {"alert_id": self._alert()}

    def leaves_an_alert_alone(self):
        alert = self._alert()
        self._round(minutes=30)
        return self._hers | {"alert_id": alert}

    def acknowledges(self):
        alert = self._alert()
        self._done("nora", f"POST /alerts/{alert}/acknowledge", {})
        return self._hers | {"alert_id": alert}

    def closes_an_alert(self):
        alert = self.acknowledges()["alert_id"]
        self._done("nora", f"POST /alerts/{alert}/close", CLOSING)
        return self._hers | {"alert_id": alert}

    def asks_for_a_chaplain(self):
        return self._hers | {"request_id": self._ask()}

    def closes_a_request(self):
        request = self._ask()
        self._done("chaya", f"POST /support-requests/{request}/close", {})
        return self._hers | {"request_id": request}

    def joins(self):
        code = self._done("nora", "POST /invitations", {"role": "patient"})["code"]
        made = self._done(None, "POST /auth/register", newcomer(invitation_code=code))
        return {"patient_id": made["account"]["patient_id"]}

    def enters_a_death(self):
        self._done("nora", f"PATCH /patients/{self._ana}", DEATH)
        return self._hers

    def withdraws_consent(self):
        consent = {"given": False, "text_version": 1}
        self._done("ana", "PUT /patients/me/consents/care_team", consent)
        return self._hers | {"purpose": "care_team"}

    def has_herself_erased(self):
        self._done("ana", "POST /patients/me/erasure", {})
        self._round(days=30)
        return self._hers


ACTS = {
    "alert.opened": Clinic.raises_an_alert,
    "alert.escalated": Clinic.leaves_an_alert_alone,
    "alert.acknowledged": Clinic.acknowledges,
    "alert.closed": Clinic.closes_an_alert,
    "support_request.opened": Clinic.asks_for_a_chaplain,
    "support_request.closed": Clinic.closes_a_request,
    "patient.joined": Clinic.joins,
    "patient.died": Clinic.enters_a_death,
    "patient.deleted": Clinic.has_herself_erased,
    "report.created": Clinic.reports,
    "consent.withdrawn": Clinic.withdraws_consent,
}


@pytest.fixture
def clinic(call, world, clock, round_):
    return Clinic(call, world, clock, round_)


def test_every_type_is_acted_out():
    assert ACTS.keys() == EVENT_TYPES.keys()


@pytest.mark.parametrize("type", ACTS)
def test_what_is_done_arrives_signed_with_its_ids_at_its_moment(
    clinic, clock, add, round_, peer, type
):
    hook = add(type)

    ids = ACTS[type](clinic)

    happened_at = clock.now()
    round_(seconds=1)
    seen = peer.seen[0]
    assert [json.loads(one.body) for one in peer.seen] == [
        {"type": type, "timestamp": happened_at.strftime("%Y-%m-%dT%H:%M:%SZ"), "data": ids}
    ]
    assert is_signed(seen, hook["secret"])
    assert not is_signed(replace(seen, body=seen.body + b" "), hook["secret"])


def test_s58_who_is_erased_is_told_of_to_every_system_whatever_it_chose(
    clinic, add, round_, got, peer
):
    hooks = [add("alert.opened"), add("report.created")]
    clinic.reports()
    round_()
    before = len(peer.seen)

    ids = clinic.has_herself_erased()

    assert got()[before:] == [("patient.deleted", ids)] * len(hooks)
    assert all(any(is_signed(one, hook["secret"]) for one in peer.seen[before:]) for hook in hooks)


def test_s60_the_systems_that_were_told_stand_in_her_list_of_recipients(
    call, clinic, clock, add, round_, exported  # noqa: F811
):  # fmt: skip
    hook = add("report.created")
    add("patient.joined")
    first = clock.now()
    clinic.reports()
    round_()
    clinic.reports()
    round_(minutes=1)
    # It stays in the list when it is gone, and who set it up has not looked at her record.
    assert call("ada", f"DELETE /webhooks/{hook['id']}").status_code == 204

    [names, *lines] = read_csv(exported("ana")["recipients.csv"])

    found = [dict(zip(names, line, strict=True)) for line in lines]
    assert [one["name"] for one in found] == ["Harbor Cancer Care", HOST]
    system = found[1]
    assert (system["what_they_are"], system["times"]) == ("a system your clinic uses", "2")
    assert "206-555-0100" in system["contact"]
    assert [system["first_at"], system["last_at"]] == [
        moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (first, first + timedelta(minutes=1))
    ]
