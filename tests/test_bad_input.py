"""Whatever a caller sends, to whatever route: a plain answer, nothing half-written, never a 5xx.

The routes come from the application itself.  A route with a body that has no valid example in
``BODIES`` fails the first test, so a route added later is walked too.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from service.accounts.access import COLUMNS, TABLE, Do
from service.accounts.models import Account, Grant, Role
from service.db import db, transaction
from service.notify.unsubscribing import address_for
from service.tables import metadata
from tests.conftest import API, databases

# Stands in everything that is sent, and must stand in no error.
MARK = "Zebra-Quokka"
NOW = "2026-03-02T09:00:00-08:00"
NEW = "a new id"
# Two nurses and a caregiver more, whose ids can stand in an example.
WANDA = "00000000-0000-7000-8000-000000000001"
WINNIE = "00000000-0000-7000-8000-000000000002"
FELIX = "00000000-0000-7000-8000-00000000fe11"
_PLACE = re.compile(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>")
_A_BODY_TOO_MANY = b" " * (1024 * 1024 + 1)

REPORT = {
    "id": NEW, "reported_at": NOW, "answers": [{"symptom": "nausea", "frequency": 1, "severity": 1}],
    "temperature_c": 37.0, "stools_over_baseline": 1, "glucose_mg_dl": 100.0,
    "red_flags": ["rigors"], "body_sites": [MARK], "note": MARK, "reported_by": "patient",
    "corrects": None,
}  # fmt: skip
TREATMENT = {
    "id": NEW, "code": "ribociclib", "name": MARK, "modality": "targeted", "body_site": MARK,
    "line": 1, "started_on": "2026-02-02", "ended_on": "2026-03-02", "status": "active",
    "stop_reason": MARK, "dose": MARK, "notes": MARK,
    "schedule": {
        "type": "cycle", "cycle_days": 28, "dose_days": [1, 2], "times": ["10:00"],
        "day_one": "2026-02-02",
    },
}  # fmt: skip
REMINDER = {
    "id": NEW, "kind": "custom", "title": MARK, "recurrence": "FREQ=DAILY;COUNT=2",
    "local_start": "2026-03-03T09:00", "time_zone": None, "until": "2026-03-09",
    "treatment_id": None, "nag_after_minutes": 5, "discreet": True,
    "exdates": ["2026-03-04T09:00"], "dose_days_only": False, "rings_in_quiet_hours": False,
}  # fmt: skip
DIAGNOSIS = {
    "recurrence": "distant", "stage_iv_at_diagnosis": False, "diagnosed_on": "2020-01-01",
    "recurred_on": "2026-01-01", "initial_surgery": "lumpectomy", "metastatic_sites": ["bone"],
    "er": "positive", "pr": "positive", "her2": "low", "mutations": [MARK],
    "menopausal_status": "post",
}  # fmt: skip
PROFILE = {
    "display_name": MARK, "birth_year": 1970, "sex": "female", "time_zone": "America/Los_Angeles",
    "locale": "en", "information_preferences": {"prognosis": True}, "home": {"lat": 1, "lon": 2},
    "ecog": 1, "what_matters": MARK,
}  # fmt: skip
CHECK = {
    "id": NEW, "checked_at": NOW, "distress": 3, "mood": 3, "topics": ["body"],
    "contact_wanted": ["nurse"], "safe_now": True, "note": MARK, "note_is_private": True,
}  # fmt: skip
RESPONSE = {
    "id": NEW, "questionnaire": "phq-2", "answers": {"1": 0, "2": None}, "status": "in-progress",
    "answered_at": NOW,
}  # fmt: skip
# As an editor writes one: valid, and of a new id.
RULE = """\
id: OWN-NAUSEA
about: Nausea that our nurses want to know of
when: {symptom: nausea, attribute: severity, at_least: 2}
then:
  alert: {severity: soon, queue: nursing, contact_within: 48 h, patient_can_snooze: true}
source: our nurses' handbook
status: project choice
"""
EVENT = {
    "id": NEW, "kind": "scan", "title": MARK, "starts_at": NOW, "place": MARK, "notes": MARK,
}  # fmt: skip
QUESTION = {"id": NEW, "text": MARK, "asked_at": NOW}
AWAY = {
    "id": NEW, "kind": "inpatient", "starts_on": "2026-03-02", "ends_on": "2026-03-09", "note": MARK,
}  # fmt: skip

ARTICLE = {
    "slug": "nausea", "language": "en", "title": MARK, "kind": "article",
    "audience": ["patient"], "tags": [MARK], "summary": MARK, "sources": [MARK],
    "needs": ["side_effects"], "expires_on": "2027-03-02", "body": MARK,
}  # fmt: skip
ENTRY = {
    "slug": "zebras", "kind": "support_group", "name": MARK, "about": MARK,
    "languages": ["en", "zh-Hant"], "phone": "206-555-0100", "url": "https://example.org/",
    "when": MARK,
}  # fmt: skip
PASSKEY = {"id": MARK, "rawId": MARK, "type": "public-key"}

# A valid body for every route that takes one.
BODIES: dict[str, dict[str, Any]] = {
    "POST /webhooks": {
        "url": "https://hooks.example.org/", "description": MARK, "types": ["alert.opened"],
        "with_content": False,
    },
    "PATCH /webhooks/{webhook_id}": {"description": MARK, "disabled": True},
    "POST /webhooks/{webhook_id}/replay": {"since": "2026-03-01T00:00:00Z"},
    "POST /auth/register": {
        "invitation_code": MARK, "email": "zed@example.org", "password": MARK,
        "display_name": MARK, "time_zone": "UTC", "locale": "en",
    },
    "POST /auth/login": {"email": "zed@example.org", "password": MARK, "totp_code": None,
                         "device_name": MARK},
    "POST /auth/refresh": {"refresh_token": MARK},
    "POST /auth/password/forgot": {"email": "zed@example.org"},
    "POST /auth/password/reset": {"code": MARK, "password": MARK},
    "POST /auth/login/link": {"email": "zed@example.org"},
    "POST /auth/login/link/redeem": {"request": MARK, "code": MARK, "totp_code": None,
                                     "device_name": MARK},
    "POST /auth/password/change": {"password": MARK, "current_password": MARK, "totp_code": None},
    "POST /auth/address": {"email": "zed@example.org"},
    "POST /auth/address/confirm": {"request": MARK, "code": MARK},
    "POST /auth/step-up": {"password": MARK, "totp_code": None},
    "POST /auth/totp/confirm": {"totp_code": "000000"},
    "POST /auth/passkeys": {"name": MARK, "credential": PASSKEY | {"response": {
        "clientDataJSON": MARK, "attestationObject": MARK}}},
    "PATCH /auth/passkeys/{passkey_id}": {"name": MARK},
    "POST /auth/login/passkey": {"device_name": MARK, "credential": PASSKEY | {"response": {
        "clientDataJSON": MARK, "authenticatorData": MARK, "signature": MARK, "userHandle": MARK}}},
    "PATCH /me": {
        "display_name": MARK, "time_zone": "UTC", "locale": "en",
        "quiet_hours": {"start": "22:00", "end": "07:00"}, "channels": {"push": True, "email": True, "most_a_day": 6,
                     "off": {"push": ["reply"], "email": []}},
    },
    "PUT /me/devices/{device_id}": {"platform": "fcm", "token": MARK},
    "POST /invitations": {
        "role": "caregiver", "email": "zed@example.org", "display_name": MARK,
        "topics": ["calendar"],
    },
    "POST /drills": {"scenario": "fever"},
    "POST /drills/{drill_id}/end": {},
    "POST /staff": {
        "email": "zed@example.org", "display_name": MARK, "role": "nurse", "duties": ["nursing"],
    },
    "PATCH /staff/{staff_id}": {"display_name": MARK, "role": "nurse", "disabled": False},
    "PATCH /clinics/{clinic_id}": {
        "name": MARK, "time_zone": "America/Los_Angeles", "hours": {"mon": ["08:00", "17:00"]},
        "holidays": ["2026-12-25"],
        "phones": {"oncology_line": "555 0101", "crisis_line": "988"},
    },
    "POST /rosters": {
        "duty": "nursing", "account_id": WANDA, "position": 0, "starts_at": NOW,
        "ends_at": "2026-04-02T09:00:00-07:00", "days": ["mon"], "from_time": "19:00",
        "to_time": "07:00",
    },
    "PATCH /rosters/{entry_id}": {
        "account_id": WANDA, "position": 0, "starts_at": None, "ends_at": None,
        "days": ["tue"], "from_time": "08:00", "to_time": "12:00",
    },
    "POST /absences": {
        "account_id": WANDA, "starts_at": NOW, "ends_at": "2026-03-09T09:00:00-07:00",
        "stand_in_id": WINNIE,
    },
    "POST /rules": {"id": NEW, "text": RULE, "off": None, "why": MARK},
    "POST /studies/import": {"studies": [], "nextPageToken": None, "totalCount": 0},
    "PATCH /rules/drafts/{draft_id}": {"text": RULE, "why": MARK},
    "POST /rules/{draft_id}/shadow": {"on": True},
    "POST /rules/{draft_id}/replay": {
        "first": "2026-02-02", "last": "2026-03-02", "as_of": "2026-03-02T08:00:00-08:00",
    },
    "PATCH /patients/{pid}": PROFILE,
    "PUT /patients/{pid}/diagnosis": DIAGNOSIS,
    "PUT /patients/{pid}/consents/{purpose}": {"given": True, "text_version": 1},
    "POST /patients/{pid}/treatments": TREATMENT,
    "PATCH /patients/{pid}/treatments/{treatment_id}": {
        name: value for name, value in TREATMENT.items() if name != "id"
    },
    "PUT /patients/{pid}/treatments/{treatment_id}/doses/{dose_id}": {
        "status": "missed", "reason": "cost", "taken_at": None,
    },
    "POST /patients/{pid}/symptom-reports": REPORT,
    "POST /patients/{pid}/measurements": {
        "id": NEW, "code": "weight", "value": 60.0, "unit": "kg", "measured_at": NOW,
    },
    "POST /patients/{pid}/wellbeing-checks": CHECK,
    "POST /patients/{pid}/questionnaire-responses": RESPONSE,
    "PATCH /patients/{pid}/questionnaire-responses/{response_id}": {
        "answers": {"1": 1}, "status": "in-progress", "answered_at": NOW,
    },
    "POST /patients/{pid}/reminders": REMINDER,
    "PATCH /patients/{pid}/reminders/{reminder_id}": {
        **{name: value for name, value in REMINDER.items() if name != "id"}, "status": "active",
    },
    "POST /patients/{pid}/reminder-occurrences/{occurrence_id}/snooze": {"minutes": 10},
    "POST /patients/{pid}/events": EVENT,
    "PATCH /patients/{pid}/events/{event_id}": {
        name: value for name, value in EVENT.items() if name != "id"
    },
    "POST /patients/{pid}/questions": QUESTION,
    "PATCH /patients/{pid}/questions/{question_id}": {
        "text": MARK, "answer": MARK, "answered_at": NOW,
    },
    "POST /patients/{pid}/notes": {"id": NEW, "text": MARK},
    "POST /patients/{pid}/grants": {
        "id": NEW, "account_id": FELIX, "topics": ["symptoms", "calendar"], "until": "2026-12-31",
    },
    "POST /patients/{pid}/away": AWAY,
    "PATCH /patients/{pid}/away/{away_id}": {
        name: value for name, value in AWAY.items() if name != "id"
    },
    "POST /patients/{pid}/support-requests": {
        "id": NEW, "kind": "nurse", "message": MARK, "contact_by": "phone",
    },
    "POST /alerts/{alert_id}/acknowledge": {"reply_to_patient": MARK},
    "POST /alerts/{alert_id}/assign": {"assignee": "00000000-0000-7000-8000-000000000000"},
    "POST /alerts/{alert_id}/contact-attempts": {
        "how": "phone", "reached": True, "note": MARK, "reply_to_patient": MARK,
    },
    "POST /alerts/{alert_id}/snooze": {"days": 7, "reason": MARK},
    "POST /alerts/hand-over": {"to": "00000000-0000-7000-8000-000000000000", "queue": "nursing"},
    "POST /patients/{pid}/alerts/{alert_id}/decline": {"reason": MARK},
    "POST /alerts/{alert_id}/close": {
        "outcome": "seen", "action": MARK, "contact_made": True, "note": MARK,
        "reply_to_patient": MARK, "safety_plan": "made",
    },
    "POST /alerts/{alert_id}/reopen": {},
    "POST /support-requests/{request_id}/claim": {},
    "POST /support-requests/{request_id}/contact-attempts": {"reached": True, "note": MARK},
    "POST /views": {"name": MARK, "query": {"sort": "risk", "filter": None, "q": None}},
    "POST /support-requests/{request_id}/close": {"note": MARK, "outcome": "completed"},
    "POST /support-requests/{request_id}/assign": {
        "assignee": "00000000-0000-7000-8000-000000000000",
    },
    "POST /cascade/{cascade_id}/offer": {"what": MARK, "note": MARK},
    "POST /cascade/{cascade_id}/assess": {
        "need": MARK, "step": 2, "follow_up_on": "2026-03-09", "note": MARK,
    },
    "POST /cascade/{cascade_id}/follow-up": {
        "outcome": MARK, "note": MARK, "next_on": "2026-03-09",
    },
    "POST /cascade/{cascade_id}/end": {"as": "completed", "note": MARK},
    "PUT /patients/{pid}/safety-plan": {"sections": {"signs": MARK, "alone": None}},
    "POST /articles": ARTICLE,
    "POST /articles/{article_id}/schedule": {"publish_on": "2026-03-09"},
    "PATCH /articles/{article_id}": {
        name: value for name, value in ARTICLE.items() if name not in {"slug", "language"}
    },
    "POST /support-entries": ENTRY,
    "POST /patients/{pid}/exports": {"format": "all"},
    "POST /patients/{pid}/exports/{export_id}.zip": {"download_key": MARK},
    "POST /patients/{pid}/erasure": {"stop_messages": False},
    "POST /patients/me/sync": {
        "events": {
            "created": [{"id": NEW, "kind": "scan", "title": MARK, "starts_at": 1772470800000}],
            "updated": [], "deleted": [],
        },
    },
    "POST /patients/{pid}/break-glass": {"reason": f"{MARK}: unconscious"},
    "POST /break-glass/{glass_id}/review": {"finding": "justified", "note": MARK},
    "PATCH /support-entries/{entry_id}": {
        name: value for name, value in ENTRY.items() if name != "slug"
    },
}  # fmt: skip

# What a query needs besides the name under test, so that it is not refused for its absence.
QUERIES = {"GET /patients/{pid}/trends": {"measure": "nausea"}}

# As JSON text: what no schema asks for anywhere, apart from the one that happens to fit.
# What may get as far as a database, and may mean something else to each.
TELLING_VALUES = (
    b"-1", b"1.5", b"1e308", b"9223372036854775807", b"18446744073709551615", b"1" + b"0" * 40,
    b'" "', b'"\\u0000"', b'"a\\u0000b"', b'"%s"' % MARK.encode(), b'"0001-01-01T00:00:00+23:59"',
    b'"9999-12-31T23:59:59-23:59"', b'"9999-12-31"', b'"0001-01-01"',
    b'"%s"' % ("\N{LATIN SMALL LETTER SHARP S}" * 200).encode(), b'"%s"' % (b"x" * 20_000),
)  # fmt: skip
# And what no schema lets that far: refused over one database as over another.
BAD_VALUES = (
    *TELLING_VALUES,
    b"{}", b"[]", b"[[]]", b'[{"x": null}]', b"true", b"1e999", b"NaN", b"-Infinity", b'""',
    b'"\\ud800"', b'"\xed\xa0\x80"', b'"2026-03-02T09:00:00"', b'"2026-02-30"',
    b'"2026-03-02T09:00:00+99:99"', b'{"%s": {"a": [1]}}' % MARK.encode(),
    b"[" * 500 + b"]" * 500, b'{"a":' * 500 + b"1" + b"}" * 500,
)  # fmt: skip
BAD_QUERY = (
    "", " ", "0", "201", "-1", "1e3", "999999999999999999999999", "\u0663", "null", "x", MARK, "\x00", "a\x00b",
    "0001-01-01", "9999-12-31", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "W10", "e30", "bnVsbA",
    "WzAsICIyMDI2LTAxLTAxVDAwOjAwOjAwIiwgIngiXQ", "%", "_", "x" * 5000,
)  # fmt: skip


@dataclass(frozen=True)
class Route:
    """One method of one route, and somebody who may call it."""

    rule: Rule
    method: str
    who: str | None

    @property
    def name(self) -> str:
        path = _PLACE.sub(r"{\1}", self.rule.rule.removeprefix(API))
        return f"{self.method} {path}"

    def path(self, ids: dict[str, str]) -> str:
        return _PLACE.sub(lambda found: ids[found[1]], self.rule.rule)


def routes(app: Flask) -> Iterator[Route]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if not rule.rule.startswith(API) or rule.endpoint.startswith("api-docs"):
            continue
        allowed = getattr(app.view_functions[rule.endpoint], "allowed", None)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(rule, method, somebody(rule, *allowed) if allowed else None)


def somebody(rule: Rule, topic: Any, do: Do) -> str:
    """Name somebody whom the table lets do this: the patient herself where she may."""
    names = {
        "patient": "ana", "nurse": "nora", "administrator": "ada", "privacy_officer": "per",
        "social_worker": "sol",
    }  # fmt: skip
    roles = [role for role in COLUMNS if do in TABLE[topic][role] and role.value in names]
    return names[roles[0].value]


@pytest.fixture
def ids(call, app, world, clock):
    """One of everything of Ana's that a path can name."""
    made = {name: str(uuid4()) for name in ("treatment_id", "report_id", "check_id", "response_id")}
    made |= {"reminder_id": str(uuid4()), "request_id": str(uuid4()), "device_id": str(uuid4())}
    made |= {name: str(uuid4()) for name in ("event_id", "question_id", "note_id")}
    made |= {"event_id": str(uuid4()), "away_id": str(uuid4())}
    made |= {"event_id": str(uuid4()), "clinic_id": str(world.clinic_id), "rule_id": "EM-FEVER"}
    made |= hired(app, call, world, clock) | let_in(app, world, clock)
    made["draft_id"] = call("nora", "POST /rules", {"id": str(uuid4()), "text": RULE}).json["id"]
    made["run_id"] = call("nora", f"POST /rules/{made['draft_id']}/replay", {}).json["id"]
    post("treatments", call, TREATMENT, made["treatment_id"])
    post("symptom-reports", call, {**REPORT, "temperature_c": 39.5}, made["report_id"])
    post("wellbeing-checks", call, CHECK, made["check_id"])
    post("questionnaire-responses", call, RESPONSE, made["response_id"])
    post("reminders", call, REMINDER, made["reminder_id"])
    post("events", call, EVENT, made["event_id"])
    post("questions", call, QUESTION, made["question_id"])
    post("away", call, AWAY, made["away_id"])
    post("support-requests", call, {"kind": "nurse", "contact_by": "phone"}, made["request_id"])
    [occurrence, *_] = call("ana", "GET /patients/me/reminder-occurrences").json["items"]
    [alert, *_] = call("nora", "GET /alerts").json["items"]
    [cascade, *_] = call("nora", "GET /cascade").json["items"]
    path = f"GET /patients/me/treatments/{made['treatment_id']}/doses?from=2026-03-02&to=2026-03-02"
    [dose] = call("ana", path).json["items"]
    article = call("nora", "POST /articles", ARTICLE).json
    entry = call("sol", "POST /support-entries", ENTRY).json
    link = address_for(
        app.extensions["tokens"], "", world["ana"].account_id, channel="email", kind="reply"
    )
    token = link.rpartition("/")[2]
    made["export_id"] = call("ana", "POST /patients/me/exports", {}).json["id"]
    made["receipt_id"] = call("ana", "POST /patients/me/erasure", {}).json["id"]
    return made | {
        "article_id": article["id"], "entry_id": entry["id"],
        "dose_id": dose["id"], "occurrence_id": occurrence["id"], "alert_id": alert["id"], "pid": "me",
        "session_id": str(uuid4()), "slug": "nausea", "act": "read", "code": "phq-9",
        "purpose": "messages", "message_id": str(uuid4()), "unsubscribe_token": token,
        "drill_id": call("ada", "POST /drills", {"scenario": "chaplain"}).json["id"],
        "view_id": str(uuid4()), "passkey_id": str(uuid4()), "glass_id": _opened(call, world),
        "webhook_id": call("ada", "POST /webhooks", BODIES["POST /webhooks"]).json["id"],
        "cascade_id": cascade["id"], "nct_id": "NCT99000001",
        "token": call("ana", "POST /patients/me/calendar-link").json["url"].split("/")[-1][:-4],
    }  # fmt: skip


def _opened(call: Any, world: Any) -> str:
    """Let Olga, of the other clinic, open Ana's record in an emergency; return its id."""
    path = f"POST /patients/{world['ana'].patient_id}/break-glass"
    return str(call("olga", path, BODIES["POST /patients/{pid}/break-glass"]).json["id"])


def hired(app: Flask, call: Any, world: Any, clock: Any) -> dict[str, str]:
    """Let two nurses work for Harbor, one on a roster, the other away; return their ids."""
    with app.app_context(), transaction() as session:
        for name, id in (("wanda", WANDA), ("winnie", WINNIE)):
            session.add(
                Account(
                    id=UUID(id), clinic_id=world.clinic_id, role=Role.NURSE, locale="en",
                    email=f"{name}@example.org", email_key=f"{name}@example.org", password_hash="!",
                    display_name=name.title(), time_zone="UTC", created_at=clock.now(),
                )
            )  # fmt: skip
    entry = call("ada", "POST /rosters", {"duty": "nursing", "account_id": WANDA})
    absence = call(
        "ada",
        "POST /absences",
        BODIES["POST /absences"] | {"account_id": WINNIE, "stand_in_id": None},
    )
    return {"staff_id": WANDA, "entry_id": entry.json["id"], "absence_id": absence.json["id"]}


def let_in(app: Flask, world: Any, clock: Any) -> dict[str, str]:
    """Let Felix be of Ana's family; return the id of what she has granted."""
    with app.app_context(), transaction() as session:
        session.add(
            Account(
                id=UUID(FELIX), clinic_id=world.clinic_id, role=Role.CAREGIVER, locale="en",
                email="felix@example.org", email_key="felix@example.org", password_hash="!",
                display_name="Felix", time_zone="UTC", created_at=clock.now(),
            )
        )  # fmt: skip
        session.flush()
        given = Grant(
            patient_id=world["ana"].patient_id, account_id=UUID(FELIX), topics=["calendar"],
            granted_at=clock.now(),
        )  # fmt: skip
        session.add(given)
        session.flush()
        return {"grant_id": str(given.id)}


def post(what: str, call: Any, body: dict[str, Any], id: str) -> None:
    answer = call("ana", f"POST /patients/me/{what}", {**body, "id": id})
    assert answer.status_code == 201, answer.json


@pytest.fixture
def send(client, world, ids, clock):
    """Send anything to a route, as somebody who may call it."""

    def send(route: Route, data: bytes | None = None, **kwargs: Any) -> Any:
        if "/auth/" in route.rule.rule:
            clock.pass_time(seconds=61)  # each minute has its own count of attempts
        headers = {**(world[route.who].headers if route.who else {}), **kwargs.pop("headers", {})}
        if data is not None:
            kwargs.setdefault("content_type", "application/json")
        named = kwargs.pop("ids", ids)
        if named["pid"] == "me" and route.who not in {"ana", None}:
            # What the patient herself may not do is done by staff, to whom "me" is nobody.
            named = named | {"pid": str(world["ana"].patient_id)}
        return client.open(
            route.path(named), method=kwargs.pop("method", route.method),
            headers=headers, data=data, **kwargs,
        )  # fmt: skip

    return send


def test_every_route_with_a_body_has_an_example_here(app):
    with_body = {
        f"{method.upper()} {path.removeprefix(API)}"
        for path, item in app.extensions["contract"].to_dict()["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict) and "requestBody" in operation
    }
    assert with_body == set(BODIES)


def test_the_examples_are_taken(app, send, ids):
    for route in with_body(app):
        answer = send(route, written(BODIES[route.name]))
        assert answer.status_code < 500, route.name
        # Signing in with what nobody has is refused; an alert is acknowledged only once.
        assert answer.status_code not in {400, 415, 422} or "/auth/" in route.name, (
            route.name, answer.json,
        )  # fmt: skip


def test_no_value_breaks_a_field(app, send, database_url):
    is_first = database_url.startswith(databases()[0])
    wrong = []
    for route in with_body(app):
        example = BODIES[route.name]
        for field in [*places(example), ("unknown",)]:
            rows = all_rows(app)
            for value in BAD_VALUES if is_first else TELLING_VALUES:
                answer = send(route, with_value(example, field, value))
                wrong += complaints(answer, f"{route.name} {field} {value[:40]!r}")
                if answer.status_code < 400:
                    rows = all_rows(app)
            if all_rows(app) != rows:
                wrong.append(f"{route.name} {field}: a refused request left something behind")
    assert wrong == []


def test_no_body_breaks_a_route(app, send):
    wrong = []
    bodies = (
        b"", b"null", b"[]", b"1", b'"x"', b"{", b"{]", b"\xff\xfe", b'{"id": 1, "id": 2}',
        b'{"\\ud800": 1}', b'{"a": NaN}', b"[" * 5000, b'{"a":' * 5000, b"\x00",
    )  # fmt: skip
    for route in with_body(app):
        for body in bodies:
            wrong += complaints(send(route, body), f"{route.name} {body[:20]!r}")
    assert wrong == []


def test_broken_json_is_400(app, send):
    for route in with_body(app):
        for body in (b"{", b'{"a": 01}', b"\xff", b'{"a": NaN}', b'"\\ud800"'):
            assert send(route, body).status_code == 400, (route.name, body)


def test_another_type_than_json_is_415(app, send):
    for route in with_body(app):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
            answer = send(route, b"a=1", content_type=kind)
            assert (answer.status_code, answer.content_type) == (415, "application/problem+json")


def test_a_body_over_one_mebibyte_is_413(app, send):
    rows = all_rows(app)
    for route in with_body(app):
        # A phone's push may be sixteen times as long.
        times = 16 if route.name == "POST /patients/me/sync" else 1
        answer = send(route, _A_BODY_TOO_MANY * times)
        assert answer.status_code == 413, (route.name, answer.status_code)
        assert answer.content_type == "application/problem+json"
    assert all_rows(app) == rows


def test_an_unknown_field_is_422_and_named(app, send):
    for route in with_body(app):
        answer = send(route, written(BODIES[route.name] | {"surprise": MARK}))
        assert answer.status_code == 422, route.name
        assert "/surprise" in [error["pointer"] for error in answer.json["errors"]], route.name


def test_no_query_breaks_a_route(app, send):
    wrong = []
    names = query_names(app)
    for route in routes(app):
        for name in names.get(route.name, []):
            for value in BAD_QUERY:
                answer = send(route, query_string=QUERIES.get(route.name, {}) | {name: value})
                wrong += complaints(answer, f"{route.name}?{name}={value[:30]!r}")
    assert wrong == []


def test_no_forged_cursor_breaks_a_list(app, send):
    wrong = []
    places_in_lists = (
        ["2026-03-02T17:00:00", str(uuid4())], ["0001-01-01T00:00:00+23:59", str(uuid4())],
        ["2026-03-02T17:00:00+00:00", "x"], [1, 2], {}, None, [], "x",
        [0, "2026-03-02T17:00:00", str(uuid4())], [2**63, None, str(uuid4())],
        [2**31, None, str(uuid4())], [-1, "0001-01-01T00:00:00+23:59", str(uuid4())], ["1", None, str(uuid4())],
        [1.5, None, str(uuid4())], [0, 7, str(uuid4())], [None, None, None],
        ["risk", 2**63, str(uuid4())], ["risk", 2**31, str(uuid4())], ["risk", [], str(uuid4())],
        ["risk", None, str(uuid4())], ["name", "\x00", str(uuid4())], ["name", {}, str(uuid4())],
        ["last_report", "2026-03-02T17:00:00", str(uuid4())], ["last_report", 5, str(uuid4())],
        ["last_report", "9999-12-31T23:59:59-23:59", str(uuid4())], ["last_report", None, 5],
    )  # fmt: skip
    cursors = [base64.urlsafe_b64encode(orjson.dumps(one)).decode() for one in places_in_lists]
    names = query_names(app)
    for route in routes(app):
        if "cursor" not in names.get(route.name, []):
            continue
        for place, cursor in zip(places_in_lists, cursors, strict=True):
            for sort in ("risk", "last_report", "name") if "/panel" in route.name else ("",):
                answer = send(
                    route,
                    query_string={"cursor": cursor, "sort": sort} if sort else {"cursor": cursor},
                )
                wrong += complaints(answer, f"{route.name} {sort} {place}")
    assert wrong == []


def test_a_limit_outside_1_to_200_is_422(app, send):
    names = query_names(app)
    lists = [route for route in routes(app) if "limit" in names.get(route.name, [])]
    assert len(lists) >= 9
    for route in lists:
        for limit in ("0", "201", "-1", "x", "1.5", "", "99999999999999"):
            assert send(route, query_string={"limit": limit}).status_code == 422, (
                route.name,
                limit,
            )
        for limit in ("1", "200"):
            query = {"limit": limit} | ({"q": "fever"} if "q" in names[route.name] else {})
            assert send(route, query_string=query).status_code == 200, route.name


def test_another_method_is_405_and_says_which_may(app, send):
    by_path: dict[str, list[Route]] = {}
    for route in routes(app):
        by_path.setdefault(route.rule.rule, []).append(route)
    for same in by_path.values():
        missing = {"GET", "POST", "PUT", "PATCH", "DELETE"} - {route.method for route in same}
        for method in missing:
            answer = send(same[0], method=method)
            assert answer.status_code == 405, (same[0].name, method)
            assert is_problem(answer), same[0].name
            assert {route.method for route in same} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize(
    "path",
    [f"{API}/", f"{API}/patients/not-an-id", f"{API}/nothing", f"{API}/patients/me/treatments/7",
     f"{API}/alerts/%00", f"{API}/patients/%F0%28%8C%28/feed", f"{API}/content/%00",
     f"{API}/content/..%2F..%2Fetc%2Fpasswd", f"{API}/catalog/questionnaires/%ED%A0%80"],
)  # fmt: skip
def test_an_unknown_route_is_a_404_like_any_other(client, world, path):
    answer = client.get(path, headers=world["ana"].headers)
    assert answer.status_code == 404
    assert is_problem(answer)


def test_ids_of_somebody_else_are_not_there(app, send, call, world, ids):
    """Ben names Ana's own records, in her paths and in his."""
    pid = str(world["ana"].patient_id)
    for route in routes(app):
        if "pid" not in route.rule.arguments:
            continue
        body = written(BODIES[route.name]) if route.name in BODIES else None
        as_ben = {**world["ben"].headers}
        hers = send(route, body, ids=ids | {"pid": pid}, headers=as_ben)
        assert hers.status_code in {403, 404}, route.name
        own_things = route.rule.arguments - {"pid", "slug", "act", "purpose"}
        if own_things and route.name not in {"POST /patients/{pid}/feed/{slug}/{act}"}:
            his = send(route, body, headers=as_ben)
            # Patients write no notes at all, so he is told nothing of whose note it is.
            expected = 404 if route.who == "ana" else 403
            assert his.status_code == expected, (route.name, his.status_code)


@pytest.mark.parametrize(
    ("what", "body", "made"),
    [("treatments", TREATMENT, "treatment_id"), ("symptom-reports", REPORT, "report_id"),
     ("wellbeing-checks", CHECK, "check_id"), ("reminders", REMINDER, "reminder_id"),
     ("events", EVENT, "event_id"),
     ("questionnaire-responses", RESPONSE, "response_id"),
     ("support-requests", {"kind": "nurse", "contact_by": "phone"}, "request_id")],
)  # fmt: skip
def test_an_id_another_patient_uses_is_taken(app, call, ids, what, body, made):
    rows = all_rows(app)
    answer = call("ben", f"POST /patients/me/{what}", {**body, "id": ids[made]})
    assert answer.status_code == 409
    assert answer.json["type"].endswith("/id-conflict")
    assert all_rows(app) == rows


def with_body(app: Flask) -> list[Route]:
    return [route for route in routes(app) if route.name in BODIES]


def query_names(app: Flask) -> dict[str, list[str]]:
    """Return the names a route reads from the query string, as the contract says."""
    return {
        f"{method.upper()} {path.removeprefix(API)}": [
            one["name"] for one in operation.get("parameters", []) if one.get("in") == "query"
        ]
        for path, item in app.extensions["contract"].to_dict()["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict)
    }


def places(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value inside an example."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for name, one in inside:
        yield (*before, name)
        if isinstance(one, dict | list):
            yield from places(one, (*before, name))


def with_value(example: Any, place: tuple[Any, ...], value: bytes) -> bytes:
    """Write an example with one value replaced by raw text."""
    stand_in = "the value under test"
    changed = orjson.loads(orjson.dumps(example))
    inside = changed
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = stand_in
    return written(changed).replace(b'"%s"' % stand_in.encode(), value)


def written(body: dict[str, Any]) -> bytes:
    """Write a body, with an id of its own where it needs a new one."""
    return orjson.dumps({**body, "id": str(uuid4())} if body.get("id") == NEW else body)


def complaints(answer: Any, what: str) -> list[str]:
    """Say what is wrong with an answer."""
    if answer.status_code >= 500:
        return [f"{what}: {answer.status_code}"]
    if answer.status_code < 400:
        return []
    if not is_problem(answer):
        return [f"{what}: {answer.status_code} is no problem document"]
    if MARK.encode() in b"".join(told(answer)):
        return [f"{what}: repeats what was sent"]
    return []


def told(answer: Any) -> list[bytes]:
    """Return what an error says, apart from the pointers: those name the caller's own fields."""
    body = dict(answer.json)
    errors = body.pop("errors", [])
    return [orjson.dumps(body), *(error["detail"].encode() for error in errors)]


def is_problem(answer: Any) -> bool:
    if answer.content_type != "application/problem+json":
        return False
    body = answer.json
    says_all = {"type", "title", "status", "instance"} <= body.keys()
    return says_all and body["status"] == answer.status_code and UUID(body["instance"]) is not None


@cache
def _counting() -> sa.TextClause:
    told = {"access_log", "attempt_windows"}
    return sa.text(
        " UNION ALL ".join(
            f"SELECT '{table.name}' AS name, count(*) AS rows FROM {table.name}"
            for table in metadata.sorted_tables
            if table.name not in told
        )
    )


def all_rows(app: Flask) -> dict[str, int]:
    """Count the rows of every table but those that tell of what was refused."""
    with app.app_context(), db.engine.connect() as connection:
        return {row.name: row.rows for row in connection.execute(_counting())}
