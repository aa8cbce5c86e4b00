"""A clinic's own systems are told: signed, retried, replayed, ids only, and consent holds."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from service.audit.models import AccessLogEntry
from service.db import transaction
from service.notify.models import OutboxMessage
from service.notify.webhooks.event_types import EVENT_TYPES
from tests.webhooks.conftest import HOST, URL, is_signed


def outbox(app):
    with app.app_context(), transaction() as session:
        return session.scalars(
            sa.select(OutboxMessage).where(OutboxMessage.channel == "webhook")
        ).all()


def test_an_event_arrives_signed_with_ids_and_nothing_else(
    app, call, world, clock, add, report, round_, peer, got
):
    hook = add("report.created", "alert.opened", "alert.acknowledged", "alert.closed")
    assert "secret" not in json.dumps(call("ada", "GET /webhooks").json)
    report_id = report(severity=3, temperature=39.2)
    round_()
    patient = str(world["ana"].patient_id)
    [alert] = call("nora", "GET /alerts").json["items"]
    assert sorted(got(), key=lambda one: one[0], reverse=True) == [
        ("report.created", {"patient_id": patient, "report_id": report_id}),
        ("alert.opened", {"patient_id": patient, "alert_id": alert["id"]}),
    ]
    for seen in peer.seen:
        assert (seen.host, seen.path) == (HOST, "/waymark")
        assert is_signed(seen, hook["secret"])
        assert not is_signed(seen, "whsec_" + "A" * 44)
        assert json.loads(seen.body).keys() == {"type", "timestamp", "data"}
        assert seen.headers["webhook-timestamp"] == str(int(clock.now().timestamp()))
    assert call("nora", f"POST /alerts/{alert['id']}/acknowledge", {}).status_code == 200
    closing = {"outcome": "spoken_to", "action": "called", "contact_made": True}
    assert call("nora", f"POST /alerts/{alert['id']}/close", closing).status_code == 200
    round_(seconds=1)
    assert {one for one, _ in got()[2:]} == {"alert.acknowledged", "alert.closed"}


def test_codes_go_only_where_they_were_chosen_and_words_nowhere(app, add, report, round_, peer):
    add("alert.opened", "report.created")
    add("alert.opened", "report.created", with_content=True)
    report(severity=3, temperature=39.2)
    kept = json.dumps([one.body for one in outbox(app)])
    assert "soon" not in kept  # sealed while it waits
    assert "symptom_report" not in kept
    round_()
    opened = [json.loads(s.body)["data"] for s in peer.seen if b"alert.opened" in s.body]
    assert sorted(map(len, opened)) == [2, 4]
    full = max(opened, key=len)
    assert (full["severity"], full["queue"]) == ("soon", "nursing")
    assert b"canary" not in b"".join(seen.body for seen in peer.seen)
    # The same event has one id, wherever it goes.
    ids = {seen.headers["webhook-id"] for seen in peer.seen}
    assert (len(peer.seen), len(ids)) == (4, 2)


def test_with_a_new_secret_both_sign_for_a_day(call, add, report, round_, peer, clock):
    hook = add("report.created")
    new = call("ada", f"POST /webhooks/{hook['id']}/rotate").json["secret"]
    report()
    round_()
    assert is_signed(peer.seen[-1], new)
    assert is_signed(peer.seen[-1], hook["secret"])
    clock.moment += timedelta(hours=25)
    report()
    round_()
    assert is_signed(peer.seen[-1], new)
    assert not is_signed(peer.seen[-1], hook["secret"])


def test_p25_it_is_tried_ten_times_over_days_with_one_id(
    call, add, report, round_, peer, receiver, clock
):
    hook = add("report.created")
    receiver.status = 500
    report()
    began, moments = clock.now(), []
    for wait in ("0:0:0", "0:0:6", "0:5:0", "0:30:0", "2:0:0", "5:0:0", "10:0:0", "14:0:0",
                 "20:0:0", "24:0:0", "24:0:0"):  # fmt: skip
        hours, minutes, seconds = map(int, wait.split(":"))
        before = len(peer.seen)
        # The breaker may turn a try away first: then it comes when its rest is over.
        round_(hours=hours, minutes=minutes, seconds=seconds)
        if len(peer.seen) > before:
            moments.append(clock.now())
    [delivery] = call("ada", f"GET /webhooks/{hook['id']}/deliveries").json["items"]
    assert len(moments) >= 8
    assert moments[-1] - began >= timedelta(hours=24)
    assert len({seen.headers["webhook-id"] for seen in peer.seen}) == 1
    assert len({seen.headers["webhook-timestamp"] for seen in peer.seen}) == len(peer.seen)
    assert "a word of the answer" not in json.dumps(delivery)


def test_410_ends_the_endpoint_and_administrators_hear_of_it(
    call, add, report, round_, peer, receiver, mail
):
    hook = add("report.created")
    receiver.status = 410
    report()
    round_()
    shown = call("ada", f"GET /webhooks/{hook['id']}").json
    assert shown["disabled_because"] == "gone"
    round_(seconds=1)
    assert "switched off" in mail.sent[-1].title
    report()
    round_(seconds=1)
    assert len(peer.seen) == 1


def test_five_days_of_failing_end_it_and_switched_on_again_it_is_sent_what_it_missed(
    call, add, report, round_, peer, receiver, mail, clock, prove_anew
):
    hook = add("report.created")
    since = clock.now().isoformat()
    receiver.status = 500
    for _ in range(7):
        report()
        round_(days=1)
    assert call("ada", f"GET /webhooks/{hook['id']}").json["disabled_because"] == "failing"
    round_(seconds=1)
    assert len([one for one in mail.sent if "switched off" in one.title]) == 1
    receiver.status, before = 200, len(peer.seen)
    prove_anew("ada")
    on = call("ada", f"PATCH /webhooks/{hook['id']}", {"disabled": False})
    assert on.json["disabled_at"] is None
    again = call("ada", f"POST /webhooks/{hook['id']}/replay", {"since": since}).json["replayed"]
    round_(minutes=5)  # one to see whether it is back
    round_(minutes=5)
    assert len(peer.seen) - before >= again >= 1
    assert call("ada", f"GET /webhooks/{hook['id']}").json["failing_since"] is None


def test_replay_of_one_and_of_all_since_brings_the_ids_they_had(
    call, add, report, round_, peer, clock
):
    hook = add("report.created")
    since = clock.now().isoformat()
    report()
    report()
    round_()
    items = call("ada", f"GET /webhooks/{hook['id']}/deliveries").json["items"]
    assert {one["state"] for one in items} == {"sent"}
    path = f"POST /webhooks/{hook['id']}/replay"
    assert call("ada", path, {"delivery_id": items[0]["id"]}).json == {"replayed": 1}
    round_(seconds=1)
    assert peer.seen[2].headers["webhook-id"] == items[0]["webhook_id"]
    assert call("ada", path, {"since": since}).json == {"replayed": 2}
    round_(seconds=1)
    assert {s.headers["webhook-id"] for s in peer.seen[3:]} == {o["webhook_id"] for o in items}


def test_s55_of_her_who_shares_no_more_only_that_goes_out(call, add, report, round_, got):
    add("report.created", "consent.withdrawn")
    report()  # waits when she withdraws
    consent = {"given": False, "text_version": 1}
    assert call("ana", "PUT /patients/me/consents/care_team", consent).status_code in {200, 204}
    report()
    round_()
    [(type, data)] = got()
    assert (type, data["purpose"]) == ("consent.withdrawn", "care_team")


def test_s60_each_delivery_is_an_entry_of_her_access_log(app, world, add, report, round_):
    add("report.created")
    report()
    round_()
    with app.app_context(), transaction() as session:
        [entry] = session.scalars(
            sa.select(AccessLogEntry).where(AccessLogEntry.action == "disclosed")
        ).all()
    assert entry.patient_id == world["ana"].patient_id
    assert (entry.route, entry.topic) == (f"to {HOST}", "webhooks")


def test_what_is_rolled_back_was_never_told(app, call, add, report, clock):
    add("report.created")
    assert call("ana", "POST /patients/me/symptom-reports", {"id": "x"}).status_code == 422
    assert outbox(app) == []


def test_nobody_else_s_clinic_and_no_drill_and_no_other_type_is_told(app, call, add, report):
    add("alert.closed")
    report()
    call("ben", "POST /patients/me/symptom-reports", {})
    assert outbox(app) == []


@pytest.mark.parametrize(
    "url",
    ["http://hooks.harbor.example/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/",
     "https://hooks.harbor.example:5432/", "https://a@hooks.harbor.example/",
     "https://printer.local/", "https://metadata.google.internal/", "https://0x7f.1/"],
)  # fmt: skip
def test_s37_no_address_that_leads_inside_is_taken(call, url):
    answer = call("ada", "POST /webhooks", {"url": url, "types": ["alert.opened"]})
    assert answer.status_code == 422, answer.json
    assert answer.json["type"].endswith("webhook-address-unusable")


def test_s37_a_redirect_is_not_followed(call, add, report, round_, peer, receiver):
    hook = add("report.created")
    receiver.status, receiver.headers = 302, {"Location": f"https://127.0.0.1:{peer.port}/inside"}
    report()
    round_()
    assert [seen.path for seen in peer.seen] == ["/waymark"]
    [one] = call("ada", f"GET /webhooks/{hook['id']}/deliveries").json["items"]
    assert (one["state"], one["last_error"]) == ("pending", "TryAgain: webhook: 302")


def test_adding_changing_and_removing_need_a_fresh_sign_in(call, clock, add):
    hook = add("alert.opened")
    clock.moment += timedelta(minutes=6)
    body = {"url": URL, "types": ["alert.opened"]}
    for what, given in (("POST /webhooks", body), (f"PATCH /webhooks/{hook['id']}", {"disabled": True}),
                        (f"DELETE /webhooks/{hook['id']}", None),
                        (f"POST /webhooks/{hook['id']}/rotate", None)):  # fmt: skip
        answer = call("ada", what, given)
        assert answer.status_code == 403, what
        assert answer.json["type"].endswith("step-up-needed")


def test_what_is_removed_or_switched_off_gets_nothing_more(call, add, report, round_, peer):
    hook = add("report.created")
    report()
    off = call("ada", f"PATCH /webhooks/{hook['id']}", {"disabled": True}).json
    assert off["disabled_because"] == "by_hand"
    round_()
    assert call("ada", f"DELETE /webhooks/{hook['id']}").status_code == 204
    assert call("ada", f"GET /webhooks/{hook['id']}").status_code == 404
    report()
    round_(seconds=1)
    assert peer.seen == []


def test_every_type_that_can_be_chosen_is_taken(add):
    assert add(*EVENT_TYPES)["types"] == list(EVENT_TYPES)
