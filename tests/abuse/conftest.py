"""Two clinics with something in every corner, each patient's words with a mark of their own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson
import pytest

from service.accounts.models import Grant, Role
from service.db import transaction
from tests.conftest import World, _add
from tests.test_bad_input import BODIES, MARK, ids

__all__ = ["ids"]

HERS, HIS = "Kestrel-of-Ana", "Okapi-of-Ben"
# Stands in what Ana keeps for herself alone.
HERS_ALONE = "Curlew-of-nobody-else"
# A fever raises an alert, and distress one of social work's, with all that hangs on them.
_POSTED: dict[str, dict[str, Any]] = {
    "treatments": {}, "symptom-reports": {"temperature_c": 39.5}, "measurements": {},
    "wellbeing-checks": {"distress": 9}, "questionnaire-responses": {}, "reminders": {},
    "events": {}, "questions": {}, "away": {}, "support-requests": {},
}  # fmt: skip


@dataclass
class Corner:
    """What there is of one patient: its ids by what they are of, and the mark in its texts."""

    mark: str
    ids: dict[str, str]


@pytest.fixture
def corners(call: Any, app: Any, world: World, ids: dict[str, str], clock: Any) -> list[Corner]:
    """Ana's and Ben's; Dana is of Ana's clinic, Hugo may read Ana's treatments and calendar."""
    with app.app_context(), transaction() as session:
        _add(app, session, clock, world, "dana", Role.PATIENT, world.clinic_id)
        session.add(
            Grant(
                patient_id=world["ana"].patient_id, account_id=world["hugo"].account_id,
                topics=["treatments", "calendar"], granted_at=clock.now(),
            )
        )  # fmt: skip
    corners = [_filled(call, world, "ana", "nora", HERS), _filled(call, world, "ben", "olga", HIS)]
    private = BODIES["POST /patients/{pid}/wellbeing-checks"] | {
        "id": str(uuid4()), "note": HERS_ALONE, "note_is_private": True,
    }  # fmt: skip
    assert call("ana", "POST /patients/me/wellbeing-checks", private).status_code == 201
    return corners


def _filled(call: Callable[..., Any], world: World, who: str, nurse: str, mark: str) -> Corner:
    made = {"patient": str(world[who].patient_id), "account": str(world[who].account_id)}
    made["nurse"] = str(world[nurse].account_id)
    made["clinic"] = str(world.clinic_id if who == "ana" else world.other_clinic_id)

    def ask(caller: str, route: str, **more: Any) -> Any:
        body = orjson.dumps(BODIES[route] | more).replace(MARK.encode(), mark.encode())
        answer = call(caller, route.format(pid=made["patient"]), orjson.loads(body))
        assert answer.status_code < 300, (route, answer.json)
        return answer.json

    ask(who, "PATCH /patients/{pid}")
    ask(who, "PUT /patients/{pid}/diagnosis")
    for kind, more in _POSTED.items():
        made[kind] = ask(who, f"POST /patients/{{pid}}/{kind}", id=str(uuid4()), **more)["id"]
    note = ask(nurse, "POST /patients/{pid}/notes", id=str(uuid4()))
    [alert, *_] = call(nurse, f"GET /alerts?patient={made['patient']}").json["items"]
    occurrences = call(who, "GET /patients/me/reminder-occurrences").json["items"]
    return Corner(
        mark, made | {"note": note["id"], "alert": alert["id"], "occurrence": occurrences[0]["id"]}
    )
