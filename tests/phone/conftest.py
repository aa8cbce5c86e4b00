"""Ana's phone: the reference app in a real Chromium, over its own server and the whole of Waymark."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import expect, sync_playwright
from werkzeug.serving import make_server

from examples.phone.serving import Phone
from tests.accounts.conftest import PASSWORD
from tests.conftest import FixedClock
from tests.dashboard.chromium import CHROMIUM, FLAGS, tab
from tests.dashboard.conftest import can_sign_in, on_ribociclib, report

__all__ = ["can_sign_in", "on_ribociclib", "report"]

ZONE = "America/Los_Angeles"
PATIENCE = 15_000


class Hand:
    """Ana's hand on her phone: what she taps and reads; the phone goes by the test's clock."""

    def __init__(self, page: Any, clock: FixedClock) -> None:
        self.page, self._clock = page, clock
        self.tell_time()

    def tell_time(self, moment: datetime | None = None) -> None:
        """Set the phone's clock: right, or as it is set wrong."""
        self.page.clock.set_fixed_time(moment or self._clock.now())

    def sign_in(self) -> None:
        self.page.goto("/")
        self.page.get_by_label("E-mail address").fill("ana@example.org")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.tap("Sign in")
        self.is_on("Today")
        expect(self.page.locator("#state")).to_have_text(re.compile("^Sent "), timeout=PATIENCE)
        # From now on it needs no line: the app itself is kept, and what there is to read.
        self.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        self.until(_ALL_IS_READ)

    def tap(self, name: str, *, role: str = "button") -> None:
        self.page.get_by_role(role, name=name, exact=True).first.click()

    def open(self, name: str) -> None:
        self.tap(name, role="link")

    def choose(self, question: str, answer: str) -> None:
        self.page.get_by_role("group", name=question).get_by_label(answer, exact=True).check()

    def is_on(self, title: str) -> None:
        self.page.get_by_role("heading", level=1, name=title, exact=True).wait_for()

    def reads(self, words: str) -> None:
        self.page.get_by_text(words).first.wait_for()

    def state_is(self, words: str) -> None:
        """Wait until the line at the top says so."""
        expect(self.page.locator("#state")).to_have_text(words, timeout=PATIENCE)

    def all_is_sent(self) -> None:
        """Wait until nothing is on the phone that Waymark has not got."""
        self.until(_ALL_IS_SENT)

    def until(self, is_so: str) -> None:
        """Wait until an asynchronous function says so; Playwright's own does not wait for those."""
        self.page.evaluate(_UNTIL.replace("IS_SO", is_so))

    def is_offline(self, is_so: bool = True) -> None:
        self.page.context.set_offline(is_so)

    def all_held(self) -> dict[str, Any]:
        """Return everything there is in IndexedDB."""
        found: dict[str, Any] = self.page.evaluate(_ALL_HELD)
        return found


# Nothing but the app itself is in the cache of the service worker.
SHELL_ONLY = """async () => {
  const {FILES} = await import('/shell.js')
  const kept = []
  for (const name of await caches.keys())
    for (const asked of await (await caches.open(name)).keys()) kept.push(new URL(asked.url).pathname)
  return kept.length > 0 && kept.every((one) => FILES.includes(one))
}"""
_ALL_HELD = """async () => {
  const answered = (asked) => new Promise((done) => { asked.onsuccess = () => done(asked.result) })
  const database = await answered(indexedDB.open('waymark'))
  const found = {}
  for (const name of database.objectStoreNames) {
    found[name] = await answered(database.transaction(name).objectStore(name).getAll())
  }
  database.close()
  return found
}"""


_ALL_IS_SENT = f"""async () => {{
  const held = await ({_ALL_HELD})()
  return Object.values(held).flat().every((one) => (one?._status ?? 'synced') === 'synced')
}}"""
_ALL_IS_READ = """async () => {
  const {dueQuestionnaires, lastRead} = await import('/reading.js')
  const read = await Promise.all(['card', 'plan', 'form', 'feed', 'replies', 'wellbeing'].map(lastRead))
  if (!read.every(Boolean)) return false
  const due = [...(await dueQuestionnaires())].map((code) => lastRead(`questionnaire ${code}`))
  return (await Promise.all(due)).every(Boolean)
}"""
_UNTIL = """async () => {
  for (let frame = 0; frame < 900; frame += 1) {
    if (await (IS_SO)()) return
    await new Promise(requestAnimationFrame)
  }
  throw new Error('it never was so')
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def serving(app: Any, port: int = 0) -> Iterator[int]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def address(app: Any) -> Iterator[str]:
    """Where the phone's own server listens."""
    with serving(app) as waymark, serving(Phone(f"http://127.0.0.1:{waymark}")) as phone:
        yield f"http://127.0.0.1:{phone}"


@pytest.fixture
def phone(chromium: Any, address: str, clock: FixedClock, can_sign_in: Any) -> Any:
    """Open Ana's phone: ``with phone() as ana:``."""
    can_sign_in("ana", factor=False)

    @contextmanager
    def phone(base: str = address, **options: Any) -> Iterator[Hand]:
        options = {"viewport": {"width": 360, "height": 740}, "timezone_id": ZONE, **options}
        with tab(chromium, base, **options) as page:
            page.set_default_timeout(PATIENCE)
            yield Hand(page, clock)

    return phone
