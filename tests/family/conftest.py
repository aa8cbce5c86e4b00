"""Ana's record with a word of hers in every field, and ways to look for it from everywhere."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.conftest import STAFF_OF_HARBOR
from tests.dashboard.conftest import browse  # noqa: F401 - a browser for each of the staff
from tests.test_access_matrix import about_a_patient, signed_in

NOW = "2026-03-02T09:00:00-08:00"
# What each topic's records say, so that whoever reads one can be told from the others.
WORDS = {
    "treatments": "zephyrtreatment",
    "symptoms": "zephyrsymptom",
    "wellbeing": "zephyrfeeling",
    "calendar": "zephyrevent",
    "journal": "zephyrquestion",
}
PRIVATE = "zephyrprivate"
ASKED = "zephyrasked"


@pytest.fixture
def her_record(call: Any) -> dict[str, Any]:
    """Fill Ana's record: what she says in it is told apart by ``WORDS``; what was answered."""
    said: dict[str, Any] = {}
    for what, body in {
        "treatments": {"name": WORDS["treatments"], "modality": "other", "status": "active",
                       "started_on": "2026-02-01", "notes": WORDS["treatments"]},
        "symptom-reports": {"reported_at": NOW, "note": WORDS["symptoms"],
                            "red_flags": ["chest_pain"],
                            "answers": [{"symptom": "nausea", "frequency": 4, "severity": 4}]},
        "wellbeing-checks": {"checked_at": NOW, "distress": 9, "note": WORDS["wellbeing"]},
        "wellbeing-checks?": {"checked_at": NOW, "note": PRIVATE, "note_is_private": True},
        "events": {"kind": "appointment", "title": WORDS["calendar"], "starts_at": NOW},
        "questions": {"text": WORDS["journal"]},
        "support-requests": {"kind": "chaplain", "message": ASKED, "contact_by": "phone"},
    }.items():  # fmt: skip
        id = str(uuid4())
        answer = call("ana", f"POST /patients/me/{what}", {"id": id, **body})
        assert answer.status_code == 201, (what, answer.json)
        said[what] = answer.json
    profile = {"display_name": "Zephyr Ana", "what_matters": "zephyrmatters", "phone": "555 0147"}
    assert call("ana", "PATCH /patients/me", profile).status_code == 200
    return said


@pytest.fixture
def answer_consent(call: Any) -> Any:
    """Let Ana say yes or no to a purpose."""

    def answer_consent(purpose: str, given: bool, who: str = "ana") -> Any:
        body = {"given": given, "text_version": 1}
        answer = call(who, f"PUT /patients/me/consents/{purpose}", body)
        assert answer.status_code == 200, answer.json
        return answer.json

    return answer_consent


@pytest.fixture
def outlets(app: Any, world: Any, client: Any, browse: Any) -> Any:  # noqa: F811
    """Ask every reading route and page as everybody of the staff; return path, who, answer.

    ``ids`` are things of hers (alerts, requests, …) to be asked for one by one.
    """
    pid = world["ana"].patient_id
    pages = [
        rule.rule.replace("<uuid:patient_id>", str(pid))
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint.startswith("dashboard.")
        and rule.arguments <= {"patient_id"} and "sign" not in rule.rule
    ]  # fmt: skip

    def outlets(
        *ids: tuple[str, str], people: Iterable[str] = STAFF_OF_HARBOR
    ) -> list[tuple[str, str, Any]]:
        found = []
        for who in people:
            headers = world[who].headers
            paths = [
                route.path(str(pid))
                for route in signed_in(app)
                if route.method == "GET" and not route.names_something_else
            ]
            paths += [path for path, _ in ids]
            found += [(path, who, client.get(path, headers=headers)) for path in paths]
            browser = browse(who)
            shown = [*pages, *(page for _, page in ids)]
            found += [(page, who, browser.get(page)) for page in shown]
        return found

    return outlets


def of_hers(app: Any, pid: UUID) -> set[str]:
    """Return the paths of every reading route about a patient."""
    return {route.path(str(pid)) for route in about_a_patient(app) if route.method == "GET"}


def showing(found: list[tuple[str, str, Any]], word: str = "zephyr") -> list[tuple[str, str]]:
    """Return which answers hold a word, whatever its case."""
    return [(path, who) for path, who, answer in found if word.encode() in answer.data.lower()]
