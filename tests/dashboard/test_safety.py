"""What browsers are told, what other sites cannot do, and what hostile text stays: text."""

import re
from html import unescape

import pytest

from service.app import create_app
from service.config import Config
from service.dashboard.assets import asset_url
from tests.conftest import SECRET
from tests.dashboard.conftest import readable

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types waymark"
)


@pytest.fixture
def pages(world, fever):
    return [
        "/", "/sign-in", "/queues/nursing", f"/alerts/{fever}", "/no-such-page",
        f"/patients/{world['ana'].patient_id}", "/queues/chaplaincy", "/?after=nonsense",
    ]  # fmt: skip


def test_every_page_runs_frames_and_keeps_nothing_that_is_not_ours(browse, pages):
    nora = browse("nora")
    for path in pages:
        headers = nora.get(path).headers
        assert headers["Content-Security-Policy"] == POLICY, path
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "Strict-Transport-Security" not in headers


def test_with_tls_the_browser_insists_on_it(database_url, clock):
    config = Config(SECRET_KEY=SECRET, SQLALCHEMY_DATABASE_URI=database_url)
    answer = create_app(config, clock).test_client().get("/sign-in")

    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


def test_nothing_on_a_page_is_inline(browse, pages):
    nora = browse("nora")
    for path in pages:
        body = nora.get(path).get_data(as_text=True)
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", body)
        assert len(re.findall(r"<h1[ >]", body)) == 1, path


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_another_sites_form_changes_nothing(browse, call, fever, headers):
    answer = browse("nora").post(f"/alerts/{fever}/acknowledge", headers=headers)

    assert answer.status_code == 403
    assert "Nothing was changed" in readable(answer)
    assert call("nora", f"GET /alerts/{fever}").json["state"] == "open"


def test_a_browser_that_names_only_its_origin_is_believed(browse):
    answer = browse("nora").post("/sign-out", headers={"Origin": "http://localhost"})

    assert answer.status_code == 303


@pytest.mark.parametrize("step", ["acknowledge", "contact-attempts", "close", "reopen"])
def test_looking_changes_nothing(browse, fever, step):
    answer = browse("nora").get(f"/alerts/{fever}/{step}")

    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert readable(answer).count("cannot be opened") == 2


def test_hostile_text_is_shown_as_text(browse, call, world, report, check_in):
    ana = world["ana"].patient_id
    assert call("ana", "PATCH /patients/me", {"display_name": HOSTILE}).status_code == 200
    report(note=HOSTILE, body_sites=[HOSTILE[:60]], temperature_c=39,
           answers=[{"symptom": "nausea", "frequency": 4, "severity": 4}])  # fmt: skip
    check_in(distress=9, note=HOSTILE, safe_now=False)
    body = {"id": "01a2068c-9679-758a-9ee3-770780d737c4", "kind": "nurse", "message": HOSTILE,
            "contact_by": "phone"}  # fmt: skip
    assert call("ana", "POST /patients/me/support-requests", body).status_code == 201
    treatment = {"id": "01a2068c-9679-758a-9ee3-770780d737c5", "name": HOSTILE,
                 "modality": "other", "started_on": "2026-02-02", "status": "active"}  # fmt: skip
    assert call("ana", "POST /patients/me/treatments", treatment).status_code == 201
    nora = browse("nora")
    [alert] = call("nora", "GET /alerts?queue=nursing").json["items"]
    paths = ["/", "/queues/nursing", f"/patients/{ana}", f"/alerts/{alert['id']}",
             f"/support-requests/{body['id']}"]  # fmt: skip
    for path in paths:
        answer = nora.get(path)
        assert answer.status_code == 200, path
        html = answer.get_data(as_text=True)
        assert "<script>alert" not in html, path
        assert "<img" not in html, path
        assert HOSTILE in unescape(html), path
    typed = nora.post(f"/alerts/{alert['id']}/close", {"action": HOSTILE, "outcome": "</select>"})
    assert typed.status_code == 409  # the form did not say what its reader had seen
    assert "<script>alert" not in typed.get_data(as_text=True)


def test_errors_are_pages_for_people_and_problems_for_machines(browse, stranger):
    page = stranger.get("/no/such/page")
    problem = stranger.get("/api/v1/no/such/route")

    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert problem.status_code == 404
    assert problem.mimetype == "application/problem+json"
    assert browse("nora").get("/alerts/not-an-id").status_code == 404


def test_a_stylesheet_is_kept_for_a_year_under_its_hash_and_not_at_all_without(stranger):
    kept = stranger.get(asset_url("dashboard.css"))
    plain = stranger.get("/static/dashboard.css")

    assert "immutable" in kept.headers["Cache-Control"]
    assert plain.headers["Cache-Control"] == "no-cache"
    for name in ("nothing.css", "..%2fassets.py", "htmx-LICENSE.txt%00"):
        assert stranger.get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize("query", ["after=%00", "after=WzEsMl0", "q=%00", "sort=x&show=y", "q=%25"])
def test_whatever_stands_in_an_address_it_is_no_fault_of_ours(browse, query):
    assert browse("nora").get(f"/?{query}").status_code in {200, 422}
    assert browse("nora").get(f"/queues/nursing?{query}").status_code in {200, 422}
