"""The safety card: what helps in danger, kept on the phone for when there is no line."""


def test_it_has_the_texts_and_the_numbers_of_her_clinic(call, world):
    answer = call("ana", "GET /patients/me/safety-card")
    assert answer.status_code == 200
    card = answer.json
    assert card["phones"]["crisis_line"] == "988"
    first = card["items"][0]
    assert (first["slug"], first["level"], first["phone"]) == ("crisis", "crisis", "988")
    assert "988" in first["text"]
    assert {one["level"] for one in card["items"]} == {"crisis", "emergency"}
    assert not any("{" in one["text"] for one in card["items"])


def test_it_is_kept_on_the_phone_and_not_sent_twice(call, world):
    first = call("ana", "GET /patients/me/safety-card")
    assert first.headers["Cache-Control"].startswith("private, max-age=")
    tag = first.headers["ETag"]
    again = call("ana", "GET /patients/me/safety-card", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    call("ada", f"PATCH /clinics/{world.clinic_id}", {"phones": {"crisis_line": "206-555-0199"}})
    changed = call("ana", "GET /patients/me/safety-card", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert "206-555-0199" in changed.text


def test_it_is_in_her_language(call, world):
    call("ana", "PATCH /patients/me", {"locale": "es"})
    english, spanish = (
        "Please talk to someone now",
        call("ana", "GET /patients/me/safety-card").json,
    )
    assert spanish["items"][0]["title"] != english
