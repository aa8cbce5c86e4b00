"""Whom patients can turn to, as a clinic writes it: drafts, what shows, what is refused."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.clinical import knowledge
from service.db import transaction
from service.notify.models import OutboxMessage
from tests.conftest import API

ENTRY = {
    "slug": "harbor-group", "kind": "support_group", "name": "Tuesday group",
    "about": "For people with advanced breast cancer.", "languages": ["en", "es"],
    "phone": "206-555-0101", "url": "https://example.org/group", "when": "Tuesdays at five",
}  # fmt: skip
PROJECTS = [entry.slug for entry in knowledge().support]


@pytest.fixture
def written(call):
    def written(who="sol", **what):
        answer = call(who, "POST /support-entries", ENTRY | what)
        assert answer.status_code == 201, answer.json
        return answer.json

    return written


@pytest.fixture
def published(call, written):
    def published(who="sol", **what):
        id = written(who, **what)["id"]
        answer = call(who, f"POST /support-entries/{id}/publish")
        assert answer.status_code == 200, answer.json
        return answer.json

    return published


@pytest.fixture
def offered(call):
    """What somebody is offered, by slug."""

    def offered(name="ana", query=""):
        items = call(name, f"GET /support{query}").json["items"]
        return {item["slug"]: item for item in items}

    return offered


def slug_of(answer):
    return answer.json["type"].rpartition("/")[2]


def test_a_draft_shows_to_nobody_and_what_is_published_to_the_clinics_patients(
    call, written, offered
):
    draft = written()
    assert (draft["status"], draft["number"], draft["version"]) == ("draft", 1, 1)
    assert list(offered()) == PROJECTS
    assert call("sol", f"POST /support-entries/{draft['id']}/publish").status_code == 200
    assert list(offered()) == [*PROJECTS, "harbor-group"]
    shown = offered()["harbor-group"]
    assert {name: shown[name] for name in ENTRY} == ENTRY
    assert shown["status"] == "entered by the clinic"
    assert "harbor-group" in offered("hugo")
    assert "harbor-group" in offered("nora")
    assert "harbor-group" not in offered("ben")


def test_one_of_the_projects_slugs_stands_in_its_place(call, published, offered):
    ours = published(slug="clinic-chaplain", kind="chaplain", name="Chaya Rosen", phone=None)
    assert list(offered()) == PROJECTS
    assert offered()["clinic-chaplain"]["name"] == "Chaya Rosen"
    assert call("chaya", f"POST /support-entries/{ours['id']}/retire").status_code == 200
    assert offered()["clinic-chaplain"]["name"] != "Chaya Rosen"


def test_a_newer_version_takes_the_place_of_the_one_before(call, published, offered):
    first = published()
    second = published("eva", name="Thursday group")
    assert second["number"] == 2
    assert offered()["harbor-group"]["name"] == "Thursday group"
    assert call("sol", f"GET /support-entries/{first['id']}").json["status"] == "retired"
    assert list(offered()) == [*PROJECTS, "harbor-group"]


def test_the_clinics_own_is_found_by_kind_and_language(published, offered):
    published(languages=["zh-Hant", "pt-BR"])
    assert "harbor-group" in offered(query="?language=zh-Hant")
    assert "harbor-group" in offered(query="?kind=support_group&language=pt-BR")
    assert "harbor-group" not in offered(query="?language=en")
    assert "harbor-group" not in offered(query="?kind=chaplain")


def test_only_a_draft_is_changed_or_published(call, published, written):
    id = published()["id"]
    changed = call("sol", f"PATCH /support-entries/{id}", {"name": "Other"})
    again = call("sol", f"POST /support-entries/{id}/publish")
    for answer in (changed, again):
        assert (answer.status_code, slug_of(answer)) == (409, "entry-not-draft")
    assert call("sol", f"POST /support-entries/{id}/retire").status_code == 200
    retired = call("sol", f"POST /support-entries/{id}/retire")
    assert (retired.status_code, slug_of(retired)) == (409, "entry-retired")


def test_a_draft_is_changed_by_who_may_write_on_the_version_she_saw(call, written):
    id = written("sol")["id"]
    path = f"PATCH /support-entries/{id}"
    one = call("eva", path, {"when": None}, headers={"If-Match": '"1"'})
    two = call("chaya", path, {"when": "Fridays"}, headers={"If-Match": '"1"'})
    assert (one.status_code, one.json["when"], one.json["version"]) == (200, None, 2)
    assert two.status_code == 412
    assert call("eva", path, {"when": None}).json["version"] == 2


@pytest.mark.parametrize("name", ["nora", "omar", "cora", "ada"])
def test_the_rest_of_the_team_reads_and_does_not_write(call, written, name):
    id = written()["id"]
    assert call(name, f"GET /support-entries/{id}").status_code == 200
    assert call(name, "GET /support-entries").json["items"][0]["id"] == id
    assert call(name, "POST /support-entries", ENTRY).status_code == 403
    assert call(name, f"PATCH /support-entries/{id}", {}).status_code == 403
    assert call(name, f"POST /support-entries/{id}/publish").status_code == 403


@pytest.mark.parametrize("name", ["ana", "hugo", "per"])
def test_others_see_no_draft(call, written, name):
    id = written()["id"]
    assert call(name, "GET /support-entries").status_code == 403
    assert call(name, f"GET /support-entries/{id}").status_code == 403


def test_another_clinic_learns_nothing_of_it(call, published):
    id = published()["id"]
    assert call("olga", f"GET /support-entries/{id}").status_code == 404
    assert call("olga", "GET /support-entries").json["items"] == []


def test_the_same_twice_is_one_draft(call):
    key = {"Idempotency-Key": str(uuid4())}
    first = call("sol", "POST /support-entries", ENTRY, headers=key)
    again = call("sol", "POST /support-entries", ENTRY, headers=key)
    other = call("sol", "POST /support-entries", ENTRY | {"name": "Other"}, headers=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert (other.status_code, slug_of(other)) == (409, "id-conflict")


def test_the_list_is_filtered_and_paged(call, written, published):
    ids = [written(slug=f"group-{number}")["id"] for number in range(4)]
    shown = published()["id"]
    found, cursor = [], ""
    while cursor is not None:
        page = call("eva", f"GET /support-entries?limit=2{cursor and f'&cursor={cursor}'}").json
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(found) == sorted([*ids, shown])
    [only] = call("eva", "GET /support-entries?status=published").json["items"]
    assert only["id"] == shown


@pytest.mark.parametrize(
    "good",
    [{"phone": phone} for phone in ("988", "+1 (206) 555-0100", "(206) 555-0100 ext. 12", None)]
    + [{"url": url} for url in ("https://example.org", "https://example.org:8443/a?b=c#d", None)]
    + [{"languages": ["es-419", "zh-Hant-TW", "yue"]}],
)
def test_what_is_well_formed_is_taken(written, good):
    assert {name: written(**good)[name] for name in good} == good


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        *(({"phone": one}, "/phone") for one in (
            "", "call me", "12", "tel:988", "988\n", "9" * 50, "\u0669\u0668\u0668",
            "<b>988</b>", "+1-206-555-0100; ext", "((((((")),
        *(({"url": one}, "/url") for one in (
            "", "http://example.org", "javascript:alert(1)", "https://", "https:///x",
            "https://a b.org", "https://user:pw@example.org", "https://example.org/\n",
            "//example.org", "https://[", "https://e.org/" + "x" * 500, "https://\u202eexample.org",
            "https://example.org:99999999/")),
        *(({"languages": one}, "/languages") for one in ([], ["en", "en"], ["en"] * 31)),
        *(({"languages": [one]}, "/languages/0") for one in (
            "", "english", "EN", "en_US", "en\n", "e", "en-us", "zh-hant")),
        ({"kind": "dealer"}, "/kind"), ({"name": " "}, "/name"), ({"name": "a\nb"}, "/name"),
        ({"name": "x" * 201}, "/name"), ({"about": "x" * 2001}, "/about"),
        ({"about": "a\x07"}, "/about"), ({"when": "a\u2028b"}, "/when"),
        ({"slug": "Not One"}, "/slug"), ({"slug": "x" * 61}, "/slug"),
        ({"status": "published"}, "/status"), ({"kind": "line", "phone": None}, "/phone"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_and_nothing_is_written(call, change, pointer):
    answer = call("sol", "POST /support-entries", ENTRY | change)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json["errors"]]
    assert call("sol", "GET /support-entries").json["items"] == []


def test_a_line_to_call_keeps_its_number(call, written):
    id = written(kind="line")["id"]
    assert call("sol", f"PATCH /support-entries/{id}", {"phone": None}).status_code == 422
    other = written(phone=None)["id"]
    assert call("sol", f"PATCH /support-entries/{other}", {"kind": "line"}).status_code == 422


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\u202eevil\u200f", "{{7*7}}"])
def test_hostile_text_comes_back_as_it_went_in(published, offered, text):
    published(name=text, about=text, when=text)
    shown = offered()["harbor-group"]
    assert (shown["name"], shown["about"], shown["when"]) == (text, text, text)


def test_of_two_published_at_once_one_shows(app, world, written, call):
    ids = [written()["id"] for _ in range(2)]
    together = Barrier(2)

    def publish(id):
        client = app.test_client()
        together.wait()
        return client.post(
            f"{API}/support-entries/{id}/publish", headers=world["sol"].headers
        ).status_code

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(publish, ids)) == [200, 200]
    statuses = [item["status"] for item in call("sol", "GET /support-entries").json["items"]]
    assert sorted(statuses) == ["published", "retired"]


MEETS = {"local_start": "2026-03-03T18:00", "minutes": 90, "recurrence": "FREQ=WEEKLY"}


def test_a_group_names_its_next_dates_where_the_clinic_is(published, offered, clock):
    published(meets=MEETS | {"not_on": ["2026-03-10"]})
    group = offered()["harbor-group"]
    assert group["meets"]["time_zone"] == "America/Los_Angeles"
    assert [one["local_start"] for one in group["next_dates"]] == [
        "2026-03-03T18:00", "2026-03-17T18:00", "2026-03-24T18:00",
    ]  # fmt: skip
    assert group["next_dates"][0]["starts_at"] == "2026-03-04T02:00:00Z"
    assert group["next_dates"][0]["ends_at"] == "2026-03-04T03:30:00Z"
    assert offered()["clinic-chaplain"]["next_dates"] == []


def test_a_group_whose_last_date_is_over_is_not_offered(published, offered, clock):
    published(meets=MEETS | {"recurrence": None})
    assert "harbor-group" in offered()
    clock.pass_time(days=3)
    assert "harbor-group" not in offered()


@pytest.mark.parametrize(
    ("what", "pointer"),
    [
        ({"meets": MEETS | {"recurrence": "FREQ=SECONDLY"}}, "/meets/recurrence"),
        ({"meets": MEETS | {"recurrence": "FREQ=WEEKLY;COUNT=99999999"}}, "/meets/recurrence"),
        ({"meets": MEETS | {"recurrence": "FREQ=WEEKLY;UNTIL=20200101"}}, "/meets/recurrence"),
        ({"meets": MEETS | {"local_start": "9989-12-28T18:00"}}, "/meets/local_start"),
        ({"meets": MEETS | {"local_start": "1900-01-02T18:00"}}, "/meets/local_start"),
        ({"meets": MEETS | {"time_zone": "Mars/Olympus"}}, "/meets/time_zone"),
        ({"meets": MEETS | {"not_on": ["2026-02-30"]}}, "/meets/not_on/0"),
        ({"meets": MEETS | {"minutes": 0}}, "/meets/minutes"),
        ({"meets": MEETS, "kind": "chaplain"}, "/meets"),
        ({"faiths": ["jewish"]}, "/faiths"),
        ({"kind": "chaplain", "faiths": ["jedi"]}, "/faiths/0"),
    ],
)  # fmt: skip
def test_dates_and_faiths_that_do_not_fit_are_refused_by_their_place(call, what, pointer):
    answer = call("sol", "POST /support-entries", ENTRY | what)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json["errors"]] == [pointer]
    assert call("sol", "GET /support-entries").json["items"] == []


def test_hers_comes_first_by_language_and_chaplains_say_their_faiths(call, published, offered):
    published(slug="a-rabbi", kind="chaplain", languages=["en"], faiths=["jewish"])
    published(slug="una-capellana", kind="chaplain", languages=["es"], faiths=["none", "catholic"])
    call("ana", "PATCH /patients/me", {"locale": "es-MX"})
    chaplains = [slug for slug, one in offered().items() if one["kind"] == "chaplain"]
    assert chaplains == ["una-capellana", "clinic-chaplain", "a-rabbi"]
    assert next(iter(offered())) == "crisis-line-988"
    assert offered()["una-capellana"]["faiths"] == ["none", "catholic"]
    faiths = call("ana", "GET /support").json["faiths"]
    assert {"code": "none", "name": "No religion"} in faiths


def test_every_shorter_form_of_her_language_is_hers(call, published):
    published(slug="an-imam", kind="chaplain", languages=["en"])
    published(slug="zen-priest", kind="chaplain", languages=["zh-Hant"])
    call("ana", "PATCH /patients/me", {"locale": "zh-Hant-TW"})
    chaplains = call("ana", "GET /support?kind=chaplain").json["items"]
    assert chaplains[0]["slug"] == "zen-priest"


def test_she_asks_for_a_chaplain_of_her_faith_and_nobody_is_told_of_it_but_the_chaplain(
    app, call, world
):
    body = {"id": str(uuid4()), "kind": "chaplain", "faith": "humanist", "contact_by": "phone"}
    asked = call("ana", "POST /patients/me/support-requests", body)
    assert (asked.status_code, asked.json["faith"]) == (201, "humanist")
    assert call("ana", "POST /patients/me/support-requests", body).status_code == 200
    [seen] = call("chaya", "GET /support-requests").json["items"]
    assert seen["faith"] == "humanist"
    with app.app_context(), transaction() as session:
        told = session.scalars(sa.select(OutboxMessage)).all()
        assert told
        assert not any("humanist" in f"{one.title}{one.body}".lower() for one in told)
    for wrong in ({"kind": "nurse"}, {"faith": "jedi"}):
        refused = call(
            "ana", "POST /patients/me/support-requests", body | {"id": str(uuid4())} | wrong
        )
        assert (refused.status_code, slug_of(refused)) == (422, "faith-unusable")
