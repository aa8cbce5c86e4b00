"""The panel and a patient's page in a real Chromium: both widths, both schemes, keyboard, axe."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from service.db import transaction
from service.panel.models import PatientSummary
from tests.conftest import MONDAY_MORNING
from tests.dashboard.chromium import BY_LOOKS, barriers, looks, sign_in, tab
from tests.dashboard.test_browser import _OVERFLOW, HOSTILE

pytestmark = pytest.mark.browser


@pytest.fixture
def a_full_life(app, call, clock, world, report, check_in):
    """Three months of everything: two courses, a hold, missed doses, reports, alerts, events."""
    begun = MONDAY_MORNING - timedelta(days=80)
    clock.moment = begun
    paths = []
    for code, dose, schedule in (
        ("capecitabine", "1500 mg", {"type": "on_off", "on_days": 14, "off_days": 7, "times": ["08:00"]}),
        ("letrozole", "2.5 mg", {"type": "daily", "times": ["20:00"]}),
    ):  # fmt: skip
        body = {"id": str(uuid4()), "code": code, "started_on": begun.date().isoformat(),
                "status": "active", "dose": dose, "schedule": schedule}  # fmt: skip
        assert call("ana", "POST /patients/me/treatments", body).status_code == 201
        paths.append(f"/patients/me/treatments/{body['id']}")
    other = {"id": str(uuid4()), "name": HOSTILE, "modality": "supportive", "status": "active",
             "started_on": "2026-01-20", "schedule": {"type": "none"}}  # fmt: skip
    assert call("ana", "POST /patients/me/treatments", other).status_code == 201
    for days, change in ((36, {"status": "held"}), (22, {"status": "active", "dose": "1000 mg"})):
        clock.moment = MONDAY_MORNING - timedelta(days=days)
        assert call("ana", f"PATCH {paths[0]}", change).status_code == 200
    clock.moment = MONDAY_MORNING
    for days in range(78, -1, -3):
        moment = (MONDAY_MORNING - timedelta(days=days)).isoformat()
        level = 4 if 40 > days > 30 else (days // 9) % 3
        clock.moment = MONDAY_MORNING - timedelta(days=days)
        report(reported_at=moment, answers=[
            {"symptom": "nausea", "frequency": level, "severity": level},
            {"symptom": "vomiting", "frequency": max(level - 1, 0), "severity": max(level - 1, 0)},
        ])  # fmt: skip
        if days % 2:
            check_in(distress=level * 2 + days % 3, checked_at=moment)
    clock.moment = MONDAY_MORNING
    for path in paths:
        listed = call("ana", f"GET {path}/doses?from=2025-12-12&to=2026-03-01&limit=200").json
        for number, dose in enumerate(listed["items"]):
            missed = number % 11 == 4
            body = {"status": "missed" if missed else "taken", "taken_at": None,
                    "reason": ("forgot", "side_effects", "cost")[number % 3] if missed else None}  # fmt: skip
            call("ana", f"PUT {path}/doses/{dose['id']}", body)
    for day, kind, title in ((10, "scan", "CT of the chest"), (12, "result", "CT result: stable")):
        event = {"id": str(uuid4()), "kind": kind, "title": title,
                 "starts_at": datetime(2026, 2, day, 18, tzinfo=UTC).isoformat()}  # fmt: skip
        assert call("ana", "POST /patients/me/events", event).status_code == 201
    with app.app_context(), transaction() as session:
        row = session.get_one(PatientSummary, world["ana"].patient_id)
        row.silence_score, row.missed_check_ins, row.rhythm_days = 4, 2, 3.0
    return f"/patients/{world['ana'].patient_id}"


def test_both_pages_fit_and_have_no_barrier(chromium, address, can_sign_in, a_full_life):
    phone = can_sign_in("nora")
    with tab(chromium, address) as page:
        sign_in(page, phone)
        for path in ("/", "/?show=silent", a_full_life, f"{a_full_life}?days=365"):
            page.goto(path)
            page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
            assert barriers(page) == [], path
            for look in looks(page):
                assert page.evaluate(_OVERFLOW) <= 0, (path, look)
                assert barriers(page, BY_LOOKS) == [], (path, look)


def test_a_narrow_axis_opens_at_today_and_is_moved_with_the_keyboard(
    chromium, address, can_sign_in, a_full_life
):
    phone = can_sign_in("nora")
    with tab(chromium, address, viewport={"width": 360, "height": 780}) as page:
        sign_in(page, phone)
        page.goto(a_full_life)
        region = page.get_by_role("region", name="Drawing of what happened when")
        where = "e => e.querySelector('.axis-today').getBoundingClientRect().x"
        at_first = region.evaluate(where)
        assert 0 < at_first < 360
        region.focus()
        for _press in range(5):
            page.keyboard.press("ArrowLeft")
        page.wait_for_function(
            "was => document.querySelector('.axis-today').getBoundingClientRect().x > was + 50",
            arg=at_first,
        )
        assert region.evaluate("e => e.querySelector('.axis-labels').getBoundingClientRect().x") > 0


def test_a_view_is_saved_and_opened_without_a_script(chromium, address, can_sign_in, a_full_life):
    phone = can_sign_in("nora")
    with tab(chromium, address, java_script_enabled=False) as page:
        sign_in(page, phone)
        page.get_by_label("Show").select_option("silent")
        page.get_by_role("button", name="Apply").click()
        page.get_by_text("Save this view").first.click()
        page.get_by_label("Name for what you see now").fill("Quiet ones")
        page.get_by_role("button", name="Save this view").click()
        page.goto("/")
        page.get_by_role("link", name="Quiet ones").click()
        page.get_by_text("2 check-ins missed; she usually reports every 3 days").wait_for()
