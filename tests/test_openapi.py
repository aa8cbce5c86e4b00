"""The served contract: valid, complete, and what is answered is what it says."""

import re
from html.parser import HTMLParser
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import validate

from tests.conftest import API
from tests.test_bad_input import BODIES, ids, routes, send, written

__all__ = ["ids", "send"]

# What is answered otherwise than in JSON, and how the path says so.
FILES = {"text/calendar": "ics", "text/html": "html", "application/pdf": "pdf",
         "application/zip": "zip"}  # fmt: skip
# What some routes answer beside JSON, to who asks for it.
BESIDE = {"text/event-stream"}
METHODS = ("get", "post", "put", "patch", "delete")
# What the contract of version 1 names and comes with later work: remove a line when it is there.
NOT_YET: set[str] = set()
# What the main job promises: the route table of the contract, as far as it is the main job's.
PROMISED = {
    "GET /patients/me/changes", "GET /alerts/changes",
    "GET /webhooks", "POST /webhooks", "GET /webhooks/{webhook_id}",
    "PATCH /webhooks/{webhook_id}", "DELETE /webhooks/{webhook_id}",
    "POST /webhooks/{webhook_id}/rotate", "GET /webhooks/{webhook_id}/deliveries",
    "POST /webhooks/{webhook_id}/replay",
    "POST /auth/register", "POST /auth/login", "POST /auth/refresh", "POST /auth/logout",
    "GET /auth/sessions", "DELETE /auth/sessions/{session_id}", "POST /auth/password/forgot",
    "POST /auth/password/reset", "POST /auth/totp", "POST /auth/totp/confirm",
    "POST /auth/step-up", "POST /auth/recovery-codes", "GET /me",
    "POST /auth/passkeys/options", "POST /auth/passkeys", "GET /auth/passkeys",
    "PATCH /auth/passkeys/{passkey_id}", "DELETE /auth/passkeys/{passkey_id}",
    "POST /auth/login/passkey/options", "POST /auth/login/passkey",
    "POST /auth/login/link", "POST /auth/login/link/redeem", "POST /auth/password/change",
    "POST /auth/address", "POST /auth/address/confirm",
    "PATCH /me", "GET /me/push-key", "PUT /me/devices/{device_id}", "DELETE /me/devices/{device_id}",
    "GET /staff", "POST /staff", "GET /staff/{staff_id}", "PATCH /staff/{staff_id}",
    "POST /staff/{staff_id}/sign-out", "POST /staff/{staff_id}/second-factor/reset",
    "GET /clinics", "PATCH /clinics/{clinic_id}", "GET /rosters", "POST /rosters",
    "PATCH /rosters/{entry_id}", "DELETE /rosters/{entry_id}", "GET /absences", "POST /absences",
    "DELETE /absences/{absence_id}", "GET /audit", "GET /rules",
    "GET /content", "GET /patients/{pid}/check-in", "GET /patients/{pid}/studies", "POST /patients/{pid}/studies/{nct_id}/{act}",
    "POST /studies/import", "GET /studies/imports",
    "GET /rules/{rule_id}", "POST /rules", "GET /rules/drafts", "GET /rules/drafts/{draft_id}",
    "PATCH /rules/drafts/{draft_id}", "POST /rules/{draft_id}/shadow",
    "GET /rules/{draft_id}/shadow", "POST /rules/{draft_id}/activate",
    "POST /rules/{draft_id}/retire", "POST /rules/{draft_id}/replay", "GET /lab/runs",
    "GET /lab/runs/{run_id}", "GET /lab/runs/{run_id}/report", "POST /lab/runs/{run_id}/stop",
    "GET /lab/runs/{run_id}/findings",
    "POST /invitations", "GET /patients/{pid}", "PATCH /patients/{pid}",
    "GET /patients/{pid}/diagnosis", "PUT /patients/{pid}/diagnosis", "GET /catalog/treatments",
    "GET /catalog/symptoms", "GET /catalog/red-flags", "GET /catalog/questionnaires",
    "GET /catalog/questionnaires/{code}", "GET /catalog/wellbeing-check", "POST /patients/{pid}/treatments",
    "GET /patients/{pid}/treatments", "GET /patients/{pid}/treatments/{treatment_id}",
    "PATCH /patients/{pid}/treatments/{treatment_id}",
    "DELETE /patients/{pid}/treatments/{treatment_id}", "GET /patients/{pid}/picture",
    "GET /patients/{pid}/treatments/{treatment_id}/doses",
    "PUT /patients/{pid}/treatments/{treatment_id}/doses/{dose_id}",
    "GET /patients/{pid}/treatments/{treatment_id}/adherence",
    "POST /patients/{pid}/symptom-reports", "GET /patients/{pid}/symptom-reports",
    "GET /patients/{pid}/symptom-reports/{report_id}",
    "DELETE /patients/{pid}/symptom-reports/{report_id}", "POST /patients/{pid}/measurements",
    "GET /patients/{pid}/measurements", "POST /patients/{pid}/wellbeing-checks",
    "GET /patients/{pid}/wellbeing-checks", "GET /patients/{pid}/wellbeing-checks/{check_id}",
    "POST /patients/{pid}/questionnaire-responses", "GET /patients/{pid}/questionnaire-responses",
    "PATCH /patients/{pid}/questionnaire-responses/{response_id}", "GET /patients/{pid}/trends",
    "POST /patients/{pid}/reminders", "GET /patients/{pid}/reminders",
    "PATCH /patients/{pid}/reminders/{reminder_id}", "DELETE /patients/{pid}/reminders/{reminder_id}",
    "GET /patients/{pid}/reminder-occurrences",
    "POST /patients/{pid}/reminder-occurrences/{occurrence_id}/done",
    "POST /patients/{pid}/reminder-occurrences/{occurrence_id}/skip",
    "POST /patients/{pid}/reminder-occurrences/{occurrence_id}/delivered",
    "POST /patients/{pid}/reminder-occurrences/{occurrence_id}/opened",
    "POST /patients/{pid}/reminder-occurrences/{occurrence_id}/snooze", "GET /patients/{pid}/feed",
    "POST /patients/{pid}/feed/{slug}/{act}", "GET /content/{slug}", "GET /support",
    "POST /patients/{pid}/support-requests", "GET /patients/{pid}/support-requests",
    "GET /patients/{pid}/replies", "GET /patients/{pid}/visit-summary",
    "GET /patients/{pid}/visit-summary.html", "GET /patients/{pid}/visit-summary.pdf",
    "POST /patients/{pid}/questions", "GET /patients/{pid}/questions",
    "GET /patients/{pid}/questions/{question_id}", "PATCH /patients/{pid}/questions/{question_id}",
    "DELETE /patients/{pid}/questions/{question_id}", "POST /patients/{pid}/notes",
    "GET /patients/{pid}/notes", "DELETE /patients/{pid}/notes/{note_id}",
    "POST /patients/{pid}/away", "GET /patients/{pid}/away",
    "PATCH /patients/{pid}/away/{away_id}", "DELETE /patients/{pid}/away/{away_id}",
    "GET /welfare-checks",
    "GET /patients/{pid}/access-log", "GET /panel", "GET /alerts", "GET /alerts/{alert_id}",
    "POST /alerts/{alert_id}/acknowledge", "POST /alerts/{alert_id}/assign",
    "POST /alerts/{alert_id}/contact-attempts", "POST /alerts/{alert_id}/close",
    "POST /alerts/{alert_id}/reopen", "POST /alerts/{alert_id}/snooze",
    "DELETE /alerts/{alert_id}/snooze", "POST /alerts/hand-over",
    "POST /patients/{pid}/alerts/{alert_id}/decline", "GET /support-requests",
    "POST /support-requests/{request_id}/claim",
    "POST /support-requests/{request_id}/contact-attempts",
    "POST /support-requests/{request_id}/close", "POST /patients/{pid}/events",
    "GET /patients/{pid}/events", "GET /patients/{pid}/events/{event_id}",
    "PATCH /patients/{pid}/events/{event_id}", "DELETE /patients/{pid}/events/{event_id}",
    "GET /patients/{pid}/events/{event_id}.ics", "GET /patients/{pid}/timeline",
    "POST /patients/{pid}/calendar-link", "GET /patients/{pid}/calendar-link",
    "DELETE /patients/{pid}/calendar-link", "GET /calendar/{token}.ics",
    "GET /patients/{pid}/consents", "GET /patients/{pid}/consents/{purpose}",
    "PUT /patients/{pid}/consents/{purpose}", "GET /patients/{pid}/grants",
    "POST /patients/{pid}/grants", "DELETE /patients/{pid}/grants/{grant_id}", "GET /outbox", "POST /outbox/{message_id}/retry",
    "GET /views", "POST /views", "DELETE /views/{view_id}",
    "GET /unsubscribe/{unsubscribe_token}", "POST /unsubscribe/{unsubscribe_token}",
    "GET /measures", "GET /drills/scenarios", "GET /drills", "POST /drills", "POST /drills/{drill_id}/end",
    "POST /support-requests/{request_id}/assign", "GET /cascade", "GET /cascade/chart",
    "GET /cascade/{cascade_id}", "POST /cascade/{cascade_id}/offer",
    "POST /cascade/{cascade_id}/assess", "POST /cascade/{cascade_id}/follow-up",
    "POST /cascade/{cascade_id}/end", "GET /patients/{pid}/safety-plan",
    "PUT /patients/{pid}/safety-plan", "GET /patients/{pid}/safety-plan/history",
    "GET /articles", "POST /articles", "GET /articles/{article_id}",
    "PATCH /articles/{article_id}", "POST /articles/{article_id}/submit",
    "POST /articles/{article_id}/send-back", "POST /articles/{article_id}/review",
    "POST /articles/{article_id}/publish", "POST /articles/{article_id}/schedule",
    "POST /articles/{article_id}/retire", "POST /articles/{article_id}/preview",
    "GET /patients/{pid}/article-previews/{article_id}",
    "GET /support-entries", "POST /support-entries", "GET /support-entries/{entry_id}",
    "PATCH /support-entries/{entry_id}", "POST /support-entries/{entry_id}/publish",
    "POST /support-entries/{entry_id}/retire",
    "POST /patients/{pid}/exports", "GET /patients/{pid}/exports/{export_id}",
    "POST /patients/{pid}/exports/{export_id}.zip", "POST /patients/{pid}/erasure",
    "GET /patients/me/sync", "POST /patients/me/sync", "GET /patients/me/safety-card",
    "GET /patients/{pid}/erasure", "DELETE /patients/{pid}/erasure",
    "GET /erasure-receipts/{receipt_id}",
    "POST /patients/{pid}/break-glass", "GET /patients/{pid}/break-glass", "GET /break-glass",
    "POST /break-glass/{glass_id}/review",
}  # fmt: skip


@pytest.fixture
def document(client):
    answer = client.get(f"{API}/openapi.json")
    assert answer.status_code == 200
    return answer.json


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path.removeprefix(API)}": item[method]
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    }


def test_it_is_valid_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_everybody_may_read_it(client):
    assert client.get(f"{API}/openapi.json").status_code == 200
    assert client.get("/api/docs").status_code == 200


def test_it_names_every_route_there_is(app, document):
    there = {route.name for route in routes(app)}
    assert operations(document).keys() == there


def test_the_main_job_is_all_there(document):
    assert operations(document).keys() >= PROMISED


def test_what_is_not_there_yet_is_said_so(document):
    assert not operations(document).keys() & NOT_YET


def test_every_operation_has_a_summary_of_its_own(document):
    summaries = [one.get("summary", "") for one in operations(document).values()]
    assert all(summary.endswith(".") and len(summary) > 8 for summary in summaries)
    assert len(set(summaries)) == len(summaries)


def test_every_operation_says_what_it_answers_and_how_it_refuses(document):
    for name, operation in operations(document).items():
        answers = operation["responses"]
        good = [answer for status, answer in answers.items() if status.startswith("2")]
        assert good, name
        for status, answer in answers.items():
            kinds = [
                kind
                for kind in answer.get("content", {"application/json": None})
                if kind not in BESIDE
            ]
            if kinds != ["application/json"] and status.startswith("2"):
                assert FILES[kinds[0]] == name.rpartition(".")[2]
            elif status.startswith("2") and status not in {"202", "204"}:
                assert "$ref" in answer["content"]["application/json"]["schema"], (name, status)
        assert {"default"} <= answers.keys(), name
        for status, answer in answers.items():
            if not status.startswith("2"):
                assert is_a_problem(document, answer), (name, status)


def test_every_body_and_every_parameter_has_a_schema(document):
    for name, operation in operations(document).items():
        if "requestBody" in operation:
            assert "$ref" in operation["requestBody"]["content"]["application/json"]["schema"], name
        for parameter in operation.get("parameters", []):
            assert parameter["schema"], (name, parameter)


def test_it_says_who_needs_a_token(app, document):
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert document["security"] == [{"bearer": []}]
    open_to_all = {route.name for route in routes(app) if route.who is None}
    assert open_to_all == {
        name for name, operation in operations(document).items() if operation.get("security") == []
    }


def test_what_is_answered_is_what_it_says(app, document, send):
    """Every route once, with a valid example: the answer fits the schema of its status."""
    checked = 0
    in_order = sorted(
        routes(app), key=lambda route: (METHODS.index(route.method.lower()), route.name)
    )
    for route in in_order:
        if "/auth/" in route.name:
            continue
        body = written(BODIES[route.name]) if route.name in BODIES else None
        query = {"measure": "nausea"} if route.name.endswith("/trends") else None
        answer = send(route, body, query_string=query)
        described = operations(document)[route.name]["responses"]
        problem = answer.status_code >= 400
        assert problem or str(answer.status_code) in described, (route.name, answer.status_code)
        if answer.status_code == 204:
            continue
        shown = described.get(str(answer.status_code), described["default"])
        check(document, shown, answer, route.name)
        checked += not problem
    assert checked >= 50


class Links(HTMLParser):
    """Collects what a page loads or runs."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.loaded += [value or "" for name, value in attrs if name in {"src", "srcset"}]
        if tag == "link":
            self.loaded += [value or "" for name, value in attrs if name == "href"]


def test_the_page_for_people_lists_every_route_and_loads_nothing_from_elsewhere(client, document):
    page = client.get("/api/docs")
    links = Links()
    links.feed(page.text)
    assert not [link for link in links.loaded if re.match(r"(https?:)?//", link)]
    assert links.scripts == 0
    for name, operation in operations(document).items():
        assert name.partition(" ")[2] in page.text.replace("&lt;", "<"), name
        assert operation["summary"].replace("'", "&#39;") in page.text, name


def is_a_problem(document: dict[str, Any], answer: dict[str, Any]) -> bool:
    found = resolved(document, answer)
    return found["content"].keys() == {"application/problem+json"} and found["content"][
        "application/problem+json"
    ]["schema"] == {"$ref": "#/components/schemas/Problem"}


def resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    for step in part.get("$ref", "#").removeprefix("#").strip("/").split("/"):
        if step:
            document = document[step]
    return document if "$ref" in part else part


def check(document: dict[str, Any], described: dict[str, Any], answer: Any, name: str) -> None:
    contents = resolved(document, described)["content"].items()
    [(kind, content)] = [(kind, content) for kind, content in contents if kind not in BESIDE]
    if kind in FILES:
        assert answer.content_type in {kind, f"{kind}; charset=utf-8"}, name
        return
    assert answer.content_type == kind, name
    schema = {**content["schema"], "components": document["components"]}
    errors = list(jsonschema_rs.Draft202012Validator(schema).iter_errors(answer.json))
    assert errors == [], (name, str(errors[0]))


def test_the_page_for_people_is_guarded_like_every_page(client):
    headers = client.get("/api/docs").headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_every_change_that_minds_if_match_says_so(document):
    told = {
        name
        for name, operation in operations(document).items()
        if any(one["name"] == "If-Match" for one in operation.get("parameters", ()))
        and "412" in operation["responses"]
    }
    one = "/patients/{pid}"
    assert told == {
        f"PATCH {one}", f"DELETE {one}/symptom-reports/{{report_id}}",
        f"PATCH {one}/questionnaire-responses/{{response_id}}",
        f"DELETE {one}/notes/{{note_id}}",
        f"PUT {one}/treatments/{{treatment_id}}/doses/{{dose_id}}", f"PUT {one}/safety-plan",
        *(f"POST /cascade/{{cascade_id}}/{act}" for act in ("offer", "assess", "follow-up", "end")),
        *(
            f"{method} {one}/{record}"
            for method in ("PATCH", "DELETE")
            for record in (
                "treatments/{treatment_id}", "reminders/{reminder_id}", "events/{event_id}",
                "questions/{question_id}",
                "away/{away_id}",
            )
        ),
        *(
            f"POST /articles/{{article_id}}/{step}"
            for step in ("submit", "send-back", "review", "publish", "schedule", "retire")
        ),
        *(f"POST /support-entries/{{entry_id}}/{step}" for step in ("publish", "retire")),
        "PATCH /staff/{staff_id}", "PATCH /clinics/{clinic_id}", f"PUT {one}/diagnosis",
        "PATCH /rosters/{entry_id}", "DELETE /rosters/{entry_id}",
        "PATCH /articles/{article_id}", "PATCH /support-entries/{entry_id}",
        "PATCH /rules/drafts/{draft_id}",
        *(f"POST /rules/{{draft_id}}/{step}" for step in ("shadow", "activate", "retire")),
    }  # fmt: skip
