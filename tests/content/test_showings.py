"""How often a card is shown: a week, then not for a month, unless there is a new reason."""

from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.content.models import FeedShowing
from service.db import transaction


@pytest.fixture
def feed(call):
    def feed(who="ana", patient="me"):
        return [item["slug"] for item in call(who, f"GET /patients/{patient}/feed").json["items"]]

    return feed


@pytest.fixture
def takes(call):
    def takes(code, **more):
        body = {"id": str(uuid4()), "code": code, "started_on": "2026-02-20", "status": "active"}
        assert call("ana", "POST /patients/me/treatments", body | more).status_code == 201
        return body["id"]

    return takes


@pytest.fixture
def nausea(call, clock):
    def nausea(severity):
        body = {"id": str(uuid4()), "reported_at": clock.now().isoformat(),
                "answers": [{"symptom": "nausea", "frequency": 2, "severity": severity}]}  # fmt: skip
        assert call("ana", "POST /patients/me/symptom-reports", body).status_code == 201

    return nausea


def mark(call, slug, act):
    assert call("ana", f"POST /patients/me/feed/{slug}/{act}").status_code == 204


def test_a_card_is_there_for_a_week_and_comes_up_again_after_thirty_days(feed, takes, clock):
    takes("palbociclib")
    for _day in range(7):
        assert "cdk" in feed()
        clock.pass_time(days=1)
    for _day in range(23):
        assert "cdk" not in feed()
        clock.pass_time(days=1)
    assert "cdk" in feed()


def test_a_card_she_has_not_seen_does_not_grow_old(feed, takes, clock):
    takes("palbociclib")
    clock.pass_time(days=20)
    assert "cdk" in feed()


def test_another_drug_of_the_same_kind_is_a_new_reason(feed, takes, clock):
    takes("palbociclib")
    feed()
    clock.pass_time(days=8)
    assert "cdk" not in feed()
    takes("abemaciclib", started_on="2026-03-10")
    assert "cdk" in feed()


def test_a_new_site_is_a_new_reason_and_the_same_once_more_is_none(feed, call, clock):
    def diagnosed(*sites):
        body = {"recurrence": "distant", "metastatic_sites": list(sites)}
        assert call("ana", "PUT /patients/me/diagnosis", body).status_code == 200

    diagnosed("bone")
    feed()
    clock.pass_time(days=8)
    assert "met-sites" not in feed()
    diagnosed("bone", "liver")
    assert "met-sites" in feed()


def test_a_worse_symptom_is_a_new_reason_and_a_milder_one_is_not(feed, nausea, clock):
    nausea(2)
    feed()
    clock.pass_time(days=8)
    nausea(2)
    assert "nausea" not in feed()
    nausea(3)
    assert "nausea" in feed()


def test_what_keeps_her_safe_is_pinned_or_saved_stays(feed, takes, call, clock):
    takes("t_dxd")
    takes("palbociclib")
    body = {"recurrence": "distant", "metastatic_sites": ["bone"]}
    assert call("ana", "PUT /patients/me/diagnosis", body).status_code == 200
    feed()
    mark(call, "cdk", "save")
    clock.pass_time(days=10)
    assert {"tdxd-ild", "mscc-card", "cdk"} <= set(feed())


def test_looks_of_staff_leave_no_trace(app, feed, takes, world):
    takes("palbociclib")
    assert "cdk" in feed("nora", world["ana"].patient_id)
    with app.app_context(), transaction() as session:
        assert session.scalars(sa.select(FeedShowing)).all() == []
    feed()
    feed()
    with app.app_context(), transaction() as session:
        shown = session.scalars(sa.select(FeedShowing).where(FeedShowing.slug == "cdk")).one()
    assert (shown.days, str(shown.since)) == (1, "2026-03-02")


def test_what_was_shown_less_often_comes_before_what_is_as_new(feed, takes, clock):
    takes("palbociclib")
    feed()
    clock.pass_time(days=1)
    feed()
    takes("fulvestrant")
    together = [slug for slug in feed() if slug in {"cdk", "fulv"}]
    assert together == ["fulv", "cdk"]


def test_what_did_not_help_goes_to_the_end_and_is_not_new(feed, takes, call):
    takes("palbociclib")
    takes("fulvestrant")
    mark(call, "cdk", "not-helpful")
    items = {item["slug"]: item for item in call("ana", "GET /patients/me/feed").json["items"]}
    starts = [slug for slug, item in items.items() if item["priority"] == "treatment_start"]
    assert starts[-1] == "cdk"
    assert (items["cdk"]["is_new"], items["cdk"]["helpful"]) == (False, False)
