"""What matters to her, in her own words."""

import pytest

from service.accounts.models import Grant
from service.db import transaction

WORDS = "To dance at Lena's wedding in June."


def test_she_says_what_matters_and_takes_it_back(call, world):
    path = f"/patients/{world['ana'].patient_id}"
    assert call("ana", "GET /patients/me").json["what_matters"] is None

    assert call("ana", "PATCH /patients/me", {"what_matters": WORDS}).json["what_matters"] == WORDS
    assert call("sol", f"GET {path}").json["what_matters"] == WORDS
    assert call("ana", "PATCH /patients/me", {"what_matters": None}).status_code == 200
    assert call("sol", f"GET {path}").json["what_matters"] is None


@pytest.mark.parametrize(
    ("who", "status"), [("nora", 200), ("cora", 200), ("sol", 403), ("chaya", 403), ("olga", 404)]
)
def test_who_may_write_her_profile_may_write_it_down_for_her(call, world, who, status):
    path = f"/patients/{world['ana'].patient_id}"
    assert call(who, f"PATCH {path}", {"what_matters": WORDS}).status_code == status


@pytest.mark.parametrize("text", ["", " ", "x" * 2001, 5, "a\x00b"])
def test_it_is_text_of_two_thousand_characters(call, text):
    assert call("ana", "PATCH /patients/me", {"what_matters": text}).status_code == 422
    assert call("ana", "PATCH /patients/me", {"what_matters": "x" * 2000}).status_code == 200


def test_her_family_hears_it_from_her(app, call, world, clock):
    call("ana", "PATCH /patients/me", {"what_matters": WORDS})
    with app.app_context(), transaction() as session:
        session.add(
            Grant(
                patient_id=world["ana"].patient_id, account_id=world["hugo"].account_id,
                topics=["wellbeing"], granted_at=clock.now(),
            )
        )  # fmt: skip

    read = call("hugo", f"GET /patients/{world['ana'].patient_id}")

    assert read.status_code == 200
    assert read.json["display_name"] == "Ana"
    assert "what_matters" not in read.json
