"""Every page under axe in a real Chromium, in light and dark, on a phone and on a desk.

``PAGES`` says for each page who looks at it, and where: whoever adds a page adds its line, and a
test fails for one that is forgotten.  Names in braces are ids of the small world in ``ids``.
"""

from typing import Any
from uuid import UUID, uuid4

import pytest

from service import dashboard
from service.accounts.models import Role
from service.alerts.models import Alert, AlertReason
from service.dashboard.routing import GET
from service.db import transaction
from service.erasures.models import ErasureRequest
from service.measures.actions import count_next
from service.notify.models import OutboxMessage
from service.notify.webhook_models import WebhookEndpoint
from service.notify.webhooks.event_types import EVENT_TYPES
from service.panel.models import PatientSummary
from tests.conftest import databases
from tests.dashboard.chromium import BY_LOOKS, TAGS, barriers, tab
from tests.dashboard.conftest import seen_in
from tests.lab.conftest import work_off
from tests.studies.conftest import PAGES as STUDIES
from tests.test_bad_input import ARTICLE, ENTRY, RULE

pytestmark = pytest.mark.browser

# By the name of the route: who looks, and the addresses, each a state of the page worth a look.
PAGES: dict[str, list[tuple[str, str]]] = {
    "account": [("nora", "/account"), ("nora", "/account?done=password")],
    "account_address": [("nora", "/account/address")],
    "alert": [
        ("nora", "/alerts/{held}"), ("omar", "/alerts/{held}"), ("sol", "/alerts/{crisis}"),
        ("cora", "/alerts/{open}"), ("nora", "/alerts/{closed}"),
    ],
    "article": [("eva", "/content/{article}"), ("nora", "/content/{article}")],
    "article_changes": [("eva", "/content/{article}/changes")],
    "article_preview": [("nora", "/content/{article}/preview?name=A")],
    "article_preview_for": [("nora", "/patients/{ana}/previews/{article}")],
    "article_slug": [("eva", "/content/slug/nausea")],
    "audit": [("per", "/audit"), ("per", "/audit?topic=alerts")],
    "cascade": [("sol", "/cascade/{cascade}")],
    "cascades": [("sol", "/cascade"), ("chaya", "/cascade")],
    "clinic": [("ada", "/clinic"), ("nora", "/clinic")],
    "content": [("eva", "/content")],
    "drills": [("ada", "/drills"), ("nora", "/drills")],
    "emergency_access": [("nora", "/emergency-access")],
    "emergency_reviews": [("per", "/emergency-reviews"), ("per", "/emergency-reviews?show=all")],
    "erasures": [("per", "/erasures"), ("ada", "/erasures")],
    "erasure_receipt": [("per", "/erasures/{erased}")],
    "lab": [("nora", "/lab"), ("eva", "/lab"), ("ada", "/lab")],
    "lab_draft": [("eva", "/lab/{draft}"), ("nora", "/lab/{draft}")],
    "show_new_rule": [("eva", "/lab/new"), ("nora", "/lab/new?rule=SYM-SEV")],
    "lab_run": [
        ("nora", "/lab/runs/{run}"), ("nora", "/lab/runs/{ran}"), ("eva", "/lab/runs/{ran}"),
    ],
    "measures": [("ada", "/measures")],
    "my_queue": [("nora", "/queue"), ("chaya", "/queue")],
    "notes": [("nora", "/patients/{ana}/notes")],
    "outbox": [("ada", "/outbox")],
    "webhooks": [("ada", "/webhooks"), ("per", "/webhooks")],
    "webhook": [
        ("ada", "/webhooks/{system}"), ("per", "/webhooks/{system}"), ("ada", "/webhooks/{ended}"),
    ],
    "panel": [("nora", "/"), ("chaya", "/?q=zz")],
    "passkeys": [("nora", "/passkeys"), ("nora", "/passkeys?done=removed")],
    "patient": [("nora", "/patients/{ana}"), ("chaya", "/patients/{ana}"), ("olga", "/patients/{ana}")],
    "queue": [
        ("nora", "/queues/nursing"), ("nora", "/queues/nursing?show=nobody"),
        ("ada", "/queues/coordination"),
    ],
    "recovery_codes": [("nora", "/recovery-codes")],
    "roster": [("ada", "/roster"), ("nora", "/roster")],
    "patient_studies": [
        ("nora", "/patients/{ana}/studies"), ("omar", "/patients/{ana}/studies?list=1"),
    ],
    "rule": [("nora", "/rules/EM-FEVER")],
    "rules": [("nora", "/rules"), ("eva", "/rules?queue=nursing")],
    "safety_plan": [("sol", "/patients/{ana}/safety-plan")],
    "sessions": [("nora", "/sessions")],
    "step_up": [("nora", "/step-up")],
    "show_factor": [("nora", "/second-factor")],
    "show_forgot": [("nobody", "/password/forgot"), ("nobody", "/password/forgot?sent=1")],
    "show_hand_over": [("nora", "/queue/hand-over"), ("cora", "/queue/hand-over")],
    "show_join": [("nobody", "/join")],
    "show_link_code": [("nobody", "/sign-in/link/code")],
    "show_new_article": [("eva", "/content/new")],
    "show_new_entry": [("sol", "/support/new")],
    "show_reset": [("nobody", "/password/reset")],
    "show_sign_in": [("nobody", "/sign-in")],
    "show_sign_in_link": [("nobody", "/sign-in/link")],
    "staff": [("ada", "/staff"), ("nora", "/staff")],
    "staff_member": [("ada", "/staff/{nora}")],
    "studies": [("eva", "/studies"), ("nora", "/studies")],
    "support": [("sol", "/support"), ("nora", "/support")],
    "support_entry": [("sol", "/support/{entry}")],
    "support_request": [("nora", "/support-requests/{request}")],
    "visit": [("omar", "/patients/{ana}/visit")],
    "welfare": [("cora", "/welfare")],
}  # fmt: skip
# Routes that answer with something else than a page.
NOT_A_PAGE = {
    "begin_sso", "changes", "finish_sso", "sign_out_of_sso", "static_file", "visit_pdf",
}  # fmt: skip
# What is said where there is no page, or none for this person.
REFUSALS = [("nora", "/nothing"), ("eva", "/")]


def test_no_page_is_forgotten():
    pages = {
        route.endpoint
        for module in dashboard.PAGES
        for route in module.ROUTES
        if route.method == GET
    }

    assert pages - PAGES.keys() - NOT_A_PAGE == set()
    assert PAGES.keys() - pages == set()


@pytest.fixture(scope="module", autouse=True)
def once(database_url) -> bool:
    """Say whether this is the database pages are looked at over: they are the same over both."""
    return database_url.startswith("sqlite") or databases() == ["postgresql"]


@pytest.fixture
def ids(app, world, call, browse, fever, not_safe, not_sent, check_in, clock) -> dict[str, Any]:
    """Return the ids of a small world in which every page has something to show."""
    check_in(distress=6, topics=["family"], note="Long " * 40)
    body = {"id": str(uuid4()), "kind": "nurse", "message": "My port hurts.", "contact_by": "phone"}
    assert call("ana", "POST /patients/me/support-requests", body).status_code == 201
    nora, path = browse("nora"), f"/alerts/{fever}"
    taken = {"seen": seen_in(nora.get(path)), "reply_to_patient": "I call you at eleven."}
    assert nora.post(f"{path}/acknowledge", taken).status_code == 303
    ana, clinic = world["ana"].patient_id, world.clinic_id
    common = {"clinic_id": clinic, "patient_id": ana, "opened_at": clock.now(),
              "raised_at": clock.now()}  # fmt: skip
    with app.app_context(), transaction() as session:
        waiting = Alert(
            **common, queue="coordination", severity="soon", priority="high", rank=1, state="open",
            acknowledge_by=clock.now(), is_drill=True, unanswered_since=clock.now(),
        )  # fmt: skip
        closed = Alert(
            **common, queue="nursing", severity="info", rank=3, state="closed",
            closed_at=clock.now(), closed_by=world["nora"].account_id, outcome="spoken_to",
            action="Word " * 40, contact_made=True, note="w" * 200, safety_plan="made",
            reply_to_patient="Come at eleven.",
        )  # fmt: skip
        session.add_all([waiting, closed])
        session.flush()
        for alert in (waiting, closed):
            session.add(
                AlertReason(
                    alert_id=alert.id, patient_id=ana, rule="SYM-MISS", rule_version=1,
                    severity=alert.severity, text="Two reports did not come", records=[],
                    given={}, added_at=clock.now(), clock_started_at=clock.now(),
                )
            )  # fmt: skip
        made = {"open": waiting.id, "closed": closed.id}
    made |= {
        "nora": world["nora"].account_id,
        **_written(app, call, clock),
        "erased": _erased(app, call, world, clock),
        "cascade": _cascade(call),
        **_systems(app, call, clock),
    }
    _live(app, call, world, clock)
    return {"ana": ana, "request": body["id"], "held": fever, "crisis": not_safe, **made}


def _written(app: Any, call: Any, clock: Any) -> dict[str, Any]:
    """Two versions of an article and an entry of support, with long words in them."""
    for _ in range(2):
        article = call("eva", "POST /articles", {**ARTICLE, "title": "Word " * 20})
    entry = call("sol", "POST /support-entries", ENTRY)
    assert (article.status_code, entry.status_code) == (201, 201), (article.json, entry.json)
    draft = call("eva", "POST /rules", {"id": str(uuid4()), "text": RULE, "why": "w" * 120})
    ran = call("nora", f"POST /rules/{draft.json['id']}/replay", {})
    while work_off(app, clock.now()):
        pass
    run = call("nora", f"POST /rules/{draft.json['id']}/replay", {})
    assert (draft.status_code, run.status_code) == (201, 201), (draft.json, run.json)
    return {
        "article": article.json["id"], "entry": entry.json["id"], "draft": draft.json["id"],
        "run": run.json["id"], "ran": ran.json["id"],
    }  # fmt: skip


def _erased(app: Any, call: Any, world: Any, clock: Any) -> str:
    """One request that waits, and one record of the clinic that is erased by law."""
    assert call("ana", "POST /patients/me/erasure", {"stop_messages": True}).status_code == 202
    kept = {"rows": 3, "why": "Word " * 40, "until": None}
    request = ErasureRequest(
        patient_id=uuid4(), clinic_id=world.clinic_id, asked_at=clock.now(), asked_by=uuid4(),
        by_role=Role.PATIENT, messages_stop=False, carry_out_at=clock.now(), state="done",
        done_at=clock.now(), mode="hipaa", before={"symptom_reports": 12},
        after={"symptom_reports": 0}, keep_until=clock.now(), kept_erased_at=clock.now(),
        kept=[{"what": "access_log", **kept},
              {"what": "archive_pieces", **kept, "until": "2036-01-01T00:00:00Z"}],
    )  # fmt: skip
    with app.app_context(), transaction() as session:
        session.add(request)
        session.flush()
        return str(request.id)


def _cascade(call: Any) -> str:
    [one, *_] = call("sol", "GET /cascade").json["items"]
    assert one["id"]
    return str(one["id"])


def _systems(app: Any, call: Any, clock: Any) -> dict[str, Any]:
    """One system that is told, with deliveries of every outcome, and one that is told no more."""
    made = {}
    for name in ("system", "ended"):
        body = {
            "url": f"https://{name}.harbor.example/" + "w" * 90, "types": list(EVENT_TYPES),
            "description": "Word " * 20, "with_content": name == "system",
        }  # fmt: skip
        made[name] = UUID(call("ada", "POST /webhooks", body).json["id"])
    with app.app_context(), transaction() as session:
        for number, state in enumerate(("pending", "sent", "dead", "withheld")):
            tell = {"event": f"msg_{number:032}", "type": "alert.escalated"}
            session.add(
                OutboxMessage(
                    collapse_key=f"k{number}", to_staff=True, channel="webhook", kind="webhook",
                    recipient_id=session.get_one(WebhookEndpoint, made["system"]).added_by,
                    subject_id=made["system"], title="", body=tell, created_at=clock.now(),
                    state=state, attempts=number,
                    last_error="TryAgain: webhook: the answer broke off or made no sense",
                )
            )  # fmt: skip
        ended = session.get_one(WebhookEndpoint, made["ended"])
        ended.disabled_at, ended.disabled_because = clock.now(), "gone"
    return made


def _live(app: Any, call: Any, world: Any, clock: Any) -> None:
    """A drill that runs, a note, a question, a plan, a shift, and weeks that are counted."""
    assert call("ada", "POST /drills", {"scenario": "chaplain"}).status_code == 201
    ana = world["ana"].patient_id
    note = {"id": str(uuid4()), "text": "Word " * 60}
    assert call("nora", f"POST /patients/{ana}/notes", note).status_code == 201
    asked = {"id": str(uuid4()), "text": "w" * 120}
    assert call("ana", "POST /patients/me/questions", asked).status_code == 201
    hers = {"what_matters": "To dance.", "information_preferences": {"trials": True}}
    assert call("ana", "PATCH /patients/me", hers).status_code == 200
    assert call("eva", "POST /studies/import", STUDIES[0]).status_code == 201
    plan = {"sections": {"signs": "w" * 120, "people": "Tom"}}
    assert call("sol", f"PUT /patients/{ana}/safety-plan", plan).status_code in (200, 201)
    shift = {
        "duty": "nursing", "account_id": str(world["omar"].account_id), "days": ["sat", "sun"],
        "from_time": "19:00", "to_time": "07:00",
    }  # fmt: skip
    assert call("ada", "POST /rosters", shift).status_code == 201
    opened = {"reason": "Word " * 60}
    assert call("olga", f"POST /patients/{ana}/break-glass", opened).status_code == 201
    with app.app_context(), transaction() as session:
        silent = session.get_one(PatientSummary, ana)
        silent.missed_check_ins, silent.silence_score, silent.rhythm_days = 3, 40, 2.5
    with app.app_context(), transaction() as session:
        count_next(session, now=clock.now())


@pytest.fixture
def visits(once, request) -> list[tuple[str, str]]:
    """Return every page to be looked at: by whom, at which address; on one database only."""
    if not once:
        return []
    ids = request.getfixturevalue("ids")
    known = [look for looks in PAGES.values() for look in looks]
    return [(name, path.format(**ids)) for name, path in [*known, *REFUSALS]]


@pytest.fixture
def opened(chromium, address, browse, visits):
    """Open each page in turn, or those ``only`` names, in a tab of whoever looks at it."""

    def opened(only: str = "", **options: Any):
        to_see = [visit for visit in visits if only in " ".join(visit)]
        for name in dict.fromkeys(name for name, _path in to_see):
            with tab(chromium, address, **options) as page:
                if name != "nobody":
                    cookie = browse(name).client.get_cookie("waymark")
                    page.context.add_cookies(
                        [{"name": "waymark", "value": cookie.value, "url": address}]
                    )
                for path in (path for viewer, path in to_see if viewer == name):
                    page.goto(path)
                    yield f"{name} {path}", page

    return opened


def test_every_page_fits_shows_the_keyboard_prints_and_axe_finds_nothing(opened):
    """Each page is opened once, on a phone in the light, and then drawn out to a desk in the dark.

    All the rules on the phone; what depends on sizes or colours on the desk, too.  A colour depends
    on the scheme and not on the width, so each scheme is looked at in one of them.
    """
    found = []
    for where, page in opened():
        for width, scheme, only in [(360, "light", TAGS), (1440, "dark", BY_LOOKS)]:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            found += [f"{where}, {width}, {scheme}: {one}" for one in barriers(page, only)]
            page.keyboard.press("Tab")
            found += [f"{where}, {width}: {one}" for one in page.evaluate(_FAULTS)]
        page.emulate_media(media="print")
        found += [f"{where}, on paper: {one}" for one in page.evaluate(_ON_PAPER)]
        page.emulate_media(media="screen")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_axe_finds_nothing_in_the_open_menu_and_in_what_is_refused(opened, width, scheme):
    found = []
    size = {"width": width, "height": 800}
    for _where, page in opened("sol /alerts/", viewport=size, color_scheme=scheme):
        page.locator(".menu summary").click()
        found += [f"menu: {one}" for one in barriers(page)]
        page.evaluate("document.querySelector('[action$=close]').submit()")
        page.get_by_text("Not saved yet.").wait_for()
        found += [f"refused: {one}" for one in barriers(page)]
        found += page.evaluate(_FAULTS)
    assert not found, "\n".join(found)


def test_every_page_can_be_read_and_answered_without_a_script(opened):
    found = []
    for where, page in opened(java_script_enabled=False):
        found += [f"{where}: {one}" for one in page.evaluate(_STANDS_ALONE)]
        if "/sign-in" not in where and page.locator("nav a, main a, header a").count() == 0:
            found.append(f"{where}: leads nowhere")
    assert not found, "\n".join(found)


def test_nothing_moves_for_those_who_asked_for_rest(chromium, address):
    with tab(chromium, address, reduced_motion="reduce") as page:
        page.goto("/sign-in")
        assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
        moving = page.evaluate("document.getAnimations().length")
        assert moving == 0


# What can be reached is seen when it is reached, is not hidden behind anything, and the page never
# has to be pushed sideways to read it.
_FAULTS = """() => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push("is wider than the screen");
  if (document.querySelectorAll("h1").length !== 1) found.push("has not one h1");
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")]
    .filter((one) => one.checkVisibility()).map((one) => Number(one.tagName[1]));
  levels.forEach((level, at) => {
    if (at && level > levels[at - 1] + 1) found.push(`jumps to h${level}`);
  });
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  ids.forEach((id, at) => { if (ids.indexOf(id) !== at) found.push(`has two of #${id}`); });
  const reached = document.querySelectorAll("a[href], button, input, select, textarea, summary");
  for (const one of reached) {
    if (one.type === "hidden" || !one.checkVisibility()) continue;
    one.focus();
    one.scrollIntoView({block: "center", behavior: "instant"});
    const name = one.outerHTML.slice(0, 90);
    if (document.activeElement !== one) { found.push(`cannot be reached: ${name}`); continue; }
    const style = getComputedStyle(one);
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) {
      found.push(`does not show that it is reached: ${name}`);
    }
    const box = one.getClientRects()[0];
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    if (!top || !(one.contains(top) || top.contains(one))) found.push(`is hidden: ${name}`);
  }
  return found;
}"""
_STANDS_ALONE = """() => {
  const found = [];
  if (document.querySelectorAll("h1").length !== 1 || document.querySelectorAll("main").length !== 1)
    found.push("not one heading in one main part");
  for (const button of document.querySelectorAll("button"))
    if (!(button.form && button.form.getAttribute("action")))
      found.push(`${button.innerText} does nothing`);
  return found;
}"""

_ON_PAPER = """() => {
  const found = [];
  const seen = (one) => one.checkVisibility();
  for (const one of document.querySelectorAll("nav, button, form, footer, .skip")) {
    if (seen(one)) found.push(`prints ${one.outerHTML.slice(0, 60)}`);
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !seen(node) || node.closest("svg")) continue;
    const style = getComputedStyle(node);
    if (style.color !== "rgb(0, 0, 0)") found.push(`prints ${style.color}: ${texts.currentNode.data}`);
  }
  const paper = getComputedStyle(document.body).backgroundColor;
  if (paper !== "rgb(255, 255, 255)") found.push(`paper is ${paper}`);
  return found;
}"""
