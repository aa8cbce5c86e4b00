"""A real Chromium: tabs that complain of nothing, signing in, the keyboard, sizes and axe."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import axe_playwright_python

from tests.accounts.conftest import PASSWORD

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
TAGS = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
# What may hold in one width or scheme and not in another; the rest reads the same markup.
BY_LOOKS = {
    "type": "rule",
    "values": ["color-contrast", "target-size", "scrollable-region-focusable", "meta-viewport"],
}


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


def looks(page: Any, *widths: int) -> Iterator[str]:
    """Draw the page that is open in each width, light and dark; yields which it is now.

    It is not opened again: sizes and colours are the browser's own.
    """
    for width in widths or (360, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            yield f"{width}, {scheme}"


def barriers(page: Any, only: dict[str, Any] = TAGS) -> list[str]:
    """Return what axe has to say of the page, one line a place; all rules, or ``only`` these."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: list[str] = page.evaluate(_BARRIERS, only)
    return found


_BARRIERS = """async (only) => {
  const rules = only.type === "tag" ? {"target-size": {enabled: true}} : {};
  const result = await axe.run(document, {runOnly: only, rules, resultTypes: ["violations"]});
  return result.violations.flatMap((one) => one.nodes.map((node) =>
    `${one.id}: ${node.target.join(" ")}: ${node.failureSummary.split("\\n").slice(1, 2)}`));
}"""
