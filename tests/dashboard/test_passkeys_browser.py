"""A nurse adds a passkey and signs in with it, in a real Chromium with an authenticator in it."""

import pytest

from tests.dashboard.chromium import sign_in, tab

pytestmark = pytest.mark.browser
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
    "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def named(app, address):
    """The same site under a name: there are no passkeys for an IP address."""
    before, here = app.config["PUBLIC_URL"], address.replace("127.0.0.1", "localhost")
    app.config["PUBLIC_URL"] = here
    yield here
    app.config["PUBLIC_URL"] = before


def test_s23_a_nurse_signs_in_with_a_passkey(chromium, named, can_sign_in):
    phone = can_sign_in("nora")
    with tab(chromium, named) as page:
        devtools = page.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        sign_in(page, phone)
        page.goto("/passkeys")
        page.get_by_label("What do you call it?").fill("Ward laptop")
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_role("heading", name="Ward laptop").wait_for()
        page.get_by_role("button", name="Sign out", exact=True).click()

        page.get_by_role("button", name="Sign in with a passkey").click()

        page.wait_for_url(f"{named}/")
        assert "Nora" in page.locator("header").inner_text()

        # Somebody who cannot unlock it stays where she is, and is told.
        page.get_by_role("button", name="Sign out", exact=True).click()
        cannot = {"authenticatorId": made["authenticatorId"], "isUserVerified": False}
        devtools.send("WebAuthn.setUserVerified", cannot)
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.get_by_text("No passkey was used.").wait_for()
        assert "/sign-in" in page.url
