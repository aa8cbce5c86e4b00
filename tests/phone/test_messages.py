"""Messages of the browser: she turns them on, and what arrives says nothing of her."""

import json

import pytest
import sqlalchemy as sa

from service.db import db
from service.notify.models import Device
from service.notify.push.vapid import VapidKey
from tests.proof.moving import wait_until

pytestmark = pytest.mark.browser

# No test talks to the push service of a browser's maker: this stands in its place.
_SUBSCRIBED = """
const made = {
  toJSON: () => ({
    endpoint: 'https://fcm.googleapis.com/fcm/send/abc', expirationTime: null,
    keys: {p256dh: 'BLc4xRzKlKORKWlbdgFaBrrPK3ydWAHo4M0gs0i1oEKgPpWC5cW8OCzVrOQRv-1npXRWk8udnW3oYhIO4475rds', auth: '5I2Bu2oKdyy9CwL8QVF0NQ'},
  }),
}
PushManager.prototype.subscribe = async (asked) => {
  if (!/^B[\\w-]{86}$/.test(asked.applicationServerKey)) throw new Error('no key')
  return made
}
"""


def test_she_turns_messages_on_and_off_where_the_site_sends_any(phone, app, monkeypatch):
    def devices():
        with app.app_context():
            return list(
                db.session.scalars(sa.select(Device.platform).where(Device.retired_at.is_(None)))
            )

    with phone(permissions=["notifications"]) as ana:
        ana.page.add_init_script(_SUBSCRIBED)
        ana.sign_in()
        ana.open("More")
        ana.tap("Turn on messages")
        ana.reads("This site sends no messages to browsers.")
        monkeypatch.setitem(app.config, "VAPID_PRIVATE_KEY", VapidKey.new().private_text)
        ana.tap("Turn on messages")
        ana.tap("Turn off messages")
        ana.page.get_by_role("button", name="Turn on messages").wait_for()
        assert devices() == []
        ana.tap("Turn on messages")
        ana.page.get_by_role("button", name="Turn off messages").wait_for()
        assert devices() == ["webpush"]


def test_it_can_be_installed_and_a_push_shows_its_discreet_title_once(phone, address):
    with phone(permissions=["notifications"]) as ana:
        ana.sign_in()
        browser = ana.page.context.new_cdp_session(ana.page)
        assert browser.send("Page.getAppManifest")["errors"] == []
        hindrances = browser.send("Page.getInstallabilityErrors")["installabilityErrors"]
        # A test's tab is a private one, which installs nothing.
        assert [one["errorId"] for one in hindrances] == ["in-incognito"]
        registrations = []
        browser.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda event: registrations.extend(event["registrations"]),
        )
        browser.send("ServiceWorker.enable")
        # What the browser tells is heard while it is asked something.
        wait_until(lambda: ana.page.evaluate("true") and registrations, what="its registration")
        message = {
            "title": "You have a reminder", "kind": "reminder", "key": "reminder:7",
            "subject_id": None, "body": {},
        }  # fmt: skip
        for _ in range(2):
            browser.send(
                "ServiceWorker.deliverPushMessage",
                {
                    "origin": f"{address}/", "registrationId": registrations[0]["registrationId"],
                    "data": json.dumps(message),
                },
            )  # fmt: skip
        ana.until(f"() => {_SHOWN}.then((shown) => shown.length)")
        assert ana.page.evaluate(_SHOWN) == [["You have a reminder", "reminder:7", "", "/#/today"]]


_SHOWN = """navigator.serviceWorker.ready.then((worker) => worker.getNotifications())
  .then((shown) => shown.map((one) => [one.title, one.tag, one.body, one.data.leadsTo]))"""
