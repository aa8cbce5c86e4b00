"""A real Chromium: tabs that complain of nothing, signing in, and the keyboard."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.accounts.conftest import PASSWORD

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@contextmanager
def tab(chromium: Any, address: str, **options: Any) -> Iterator[Any]:
    """Open a tab in a browser of its own; fails if the page complained of anything."""
    context = chromium.new_context(base_url=address, **options)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
    # A PDF is shown by a reader that is part of the browser.
    ours = (address, "chrome-extension://", "chrome://resources/")
    page.on("request", lambda asked: asked.url.startswith(ours) or complaints.append(asked.url))
    yield page
    context.close()
    # A refused form (409, 422) is told on the page; Chromium notes its status too, and at times
    # that something had the focus already, or what it has thrown away at signing out.
    harmless = ("error: Failed to load resource", "info: Autofocus", "info: Clear-Site-Data")
    complaints = [one for one in complaints if not one.startswith(harmless)]
    assert complaints == [], complaints


def sign_in(page: Any, phone: Any, name: str = "nora", first: str = "/") -> None:
    page.goto("/")
    page.get_by_label("E-mail address").fill(f"{name}@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Six-digit code").fill(phone.code())
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{first}")


def tab_to(page: Any, words: str) -> None:
    """Reach a control as somebody without a mouse does."""
    for _press in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.innerText || ''")
        if words in focused:
            return
    raise AssertionError(f"{words!r} cannot be reached with the keyboard")
