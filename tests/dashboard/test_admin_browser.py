"""The pages about the clinic in a real Chromium: joining by keyboard, widths, contrast."""

import pyotp
import pytest

from service.accounts.passwords import Passwords
from tests.accounts.conftest import PASSWORD
from tests.dashboard.chromium import looks, sign_in, tab
from tests.dashboard.test_browser import _OVERFLOW, _TOO_PALE

pytestmark = pytest.mark.browser
NAMES = {"email": "dana@example.org", "display_name": "Dana " + "Dankworth" * 8, "role": "nurse"}


def test_a_new_nurse_joins_with_the_keyboard_alone(chromium, address, call, app, clock):
    app.extensions["passwords"] = Passwords(time_cost=1, memory_kib=64)
    code = call("ada", "POST /staff", NAMES).json["code"]
    with tab(chromium, address, java_script_enabled=False) as page:
        page.goto("/join")
        page.get_by_label("Code").fill(code)
        page.get_by_label("E-mail address").fill("dana@example.org")
        page.get_by_label("New password").fill(PASSWORD)
        page.get_by_label("The same password again").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/second-factor")
        picture = page.get_by_role("img")
        assert picture.bounding_box()["width"] > 150
        assert picture.evaluate("one => one.complete && one.naturalWidth > 0")
        secret = page.inner_text(".secret").replace(" ", "")
        page.get_by_label("Six-digit code").fill(
            pyotp.TOTP(secret).at(int(clock.moment.timestamp()))
        )
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Patients").wait_for()


def test_an_administrator_fills_a_gap_in_the_roster(chromium, address, can_sign_in):
    with tab(chromium, address) as page:
        sign_in(page, can_sign_in("ada"), "ada", first="/queues/nursing")
        page.goto("/roster?duty=supervisor")
        page.get_by_text("Nobody from now on").wait_for()
        form = page.locator('form[action="/roster"]')
        form.get_by_label("Who").select_option(label="Omar, physician")
        form.get_by_role("button", name="Put on the roster").press("Enter")
        page.get_by_text("From now on: Omar").wait_for()


def test_every_page_fits_and_can_be_read(chromium, address, can_sign_in, call, world):
    nora = {"account_id": str(world["nora"].account_id)}
    long_name = {"display_name": NAMES["display_name"]}
    assert call("ada", f"PATCH /staff/{world['nora'].account_id}", long_name).status_code == 200
    absence = {"starts_at": "2026-03-02T09:00:00-08:00", "ends_at": "2026-03-09T09:00:00-07:00"}
    assert call("ada", "POST /absences", nora | absence).status_code == 201
    with tab(chromium, address) as page:
        sign_in(page, can_sign_in("ada"), "ada", first="/queues/nursing")
        for path in ("/staff", f"/staff/{world['nora'].account_id}", "/roster", "/clinic", "/rules",
                     "/rules/SI-9", "/sessions", "/second-factor", "/join"):  # fmt: skip
            page.goto(path)
            for look in looks(page, 360, 768, 1440):
                assert page.evaluate(_OVERFLOW) <= 0, (path, look)
                assert page.evaluate(_TOO_PALE) == [], (path, look)
        page.goto("/clinic")
        page.get_by_label("Opening hours").fill("whenever")
        page.get_by_role("button", name="Save").press("Enter")
        page.get_by_text("is not written as").wait_for()
        page.wait_for_function("document.activeElement.innerText.startsWith('Not done.')")
        for look in looks(page):
            assert page.evaluate(_TOO_PALE) == [], look


def test_the_access_log_fits_and_is_filtered(chromium, address, can_sign_in, browse, world):
    browse("nora").get(f"/patients/{world['ana'].patient_id}")
    phone = can_sign_in("per")
    with tab(chromium, address) as page:
        page.goto("/sign-in?next=/audit")
        page.get_by_label("E-mail address").fill("per@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Six-digit code").fill(phone.code())
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Ana").first.wait_for()
        page.wait_for_load_state()  # the script that sends a choice at once
        for look in looks(page):
            assert page.evaluate(_OVERFLOW) <= 0, look
            assert page.evaluate(_TOO_PALE) == [], look
        page.get_by_label("Who").select_option(label="Sol, social worker")
        page.get_by_text("Nothing fits.").wait_for()
