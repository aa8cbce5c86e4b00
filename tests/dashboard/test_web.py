"""What every answer tells a browser, over the whole map of addresses; and what is not said."""

import re
from contextlib import contextmanager
from http.cookies import SimpleCookie
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.api.strict_json import read
from service.app import create_app
from service.config import Config
from service.dashboard import PAGES
from service.dashboard.routing import POST
from service.db import db
from service.tables import metadata
from tests.accounts.conftest import PASSWORD
from tests.conftest import API, SECRET
from tests.dashboard.conftest import Browser

_PLACE = re.compile(r"<(?:(\w+)(?:\(([^)]*)\))?:)?(\w+)>")
FOREIGN = [
    "null", "https://evil.example", "https://localhost.evil.example", "https://evillocalhost",
    "http://localhost.evil", "https://sub.localhost", "http://localhost:1",
]  # fmt: skip
PROBES = [
    "/.git/HEAD", "/.git/config", "/.env", "/.htaccess", "/.svn/entries", "/.DS_Store", "/.aws/credentials",
    "/.ssh/id_rsa", "/admin", "/admin/", "/administrator", "/phpmyadmin/", "/wp-login.php",
    "/wp-admin/", "/xmlrpc.php", "/server-status", "/server-info", "/actuator", "/actuator/env",
    "/actuator/heapdump", "/debug", "/debug/pprof/", "/console", "/_debugbar", "/__debug__/",
    "/trace", "/env", "/config", "/config.json", "/config.yaml", "/settings.py", "/wsgi.py",
    "/service/app.py", "/pyproject.toml", "/requirements.txt", "/Dockerfile", "/docker-compose.yml",
    "/backup.sql", "/dump.sql", "/waymark.sqlite", "/waymark.sqlite-wal", "/db.sqlite3",
    "/backup.zip", "/logs/", "/log.txt", "/error.log", "/api", "/api/", "/api/v0/", "/api/v2/me",
    "/graphql", "/swagger.json", "/swagger-ui.html", "/openapi.json", "/redoc", "/static/",
    "/static/../app.py", "/static/%2e%2e/app.py", "/etc/passwd", "/cgi-bin/", "/.well-known/security",
]  # fmt: skip


@contextmanager
def configured(app, **settings):
    before = {name: app.config[name] for name in settings}
    app.config.update(settings)
    yield
    app.config.update(before)


@pytest.fixture
def over_tls(app):
    with configured(app, COOKIES_NEED_TLS=True):
        yield


def addresses(app):
    """Return every method and address there is, with something in each place of it."""
    found = []
    for rule in app.url_map.iter_rules():
        path = _PLACE.sub(_something, rule.rule)
        found += [(method, path) for method in sorted(rule.methods - {"OPTIONS"})]
    return found


def _something(place):
    kind, choices, _name = place.groups()
    if kind == "any":
        return choices.split(",")[0].strip("'\" ")
    return "1" if kind in {"int", "float"} else str(uuid4())


@pytest.mark.browser
def test_s31_s32_every_answer_says_all_of_it(app, world, browse, over_tls):
    client = app.test_client()
    client.set_cookie("__Host-waymark", browse("nora").client.get_cookie("waymark").value)
    wrong = []
    for method, path in addresses(app):
        headers = {} if "/api/" not in path else dict(world["nora"].headers)
        said = client.open(path, method=method, headers=headers).headers
        policy = said.get("Content-Security-Policy", "")
        wanted = {
            "default-src 'none'": policy, "base-uri 'none'": policy, "frame-ancestors 'none'": policy,
            "form-action '": policy, "nosniff": said.get("X-Content-Type-Options", ""),
            "max-age=63072000; includeSubDomains": said.get("Strict-Transport-Security", ""),
            "same-origin": said.get("Cross-Origin-Resource-Policy", ""),
        }  # fmt: skip
        wrong += [f"{method} {path}: no {word}" for word, at in wanted.items() if word not in at]
        if "unsafe" in policy or "*" in policy:
            wrong.append(f"{method} {path}: {policy}")
        if said.get("Referrer-Policy") not in {"same-origin", "no-referrer"}:
            wrong.append(f"{method} {path}: referrer")
        is_of_nobody = any(of in path for of in ("/static/", "/calendar/", "/catalog/"))
        is_of_nobody |= path.endswith("/openapi.json")
        if said["Cache-Control"] != "no-store" and not is_of_nobody:
            wrong.append(f"{method} {path}: {said['Cache-Control']}")
    assert wrong == []


def test_s17_only_signing_in_sets_a_cookie_and_no_script_can_read_it(
    app, clock, world, can_sign_in, over_tls
):
    phone = can_sign_in("nora")
    browser = Browser(app)
    form = {"email": "nora@example.org", "password": PASSWORD, "code": phone.code()}
    answers = [browser.post("/sign-in", form)]
    clock.pass_time(seconds=30)
    answers.append(browser.post("/sign-in", form | {"code": phone.code()}))
    ids = []
    for answer in answers:
        names = ["__Host-waymark", "__Host-waymark-known"]
        for name, text in zip(names, answer.headers.getlist("Set-Cookie"), strict=True):
            cookie = SimpleCookie(text)[name]
            assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
            assert (cookie["path"], cookie["domain"]) == ("/", "")
        ids.append(SimpleCookie(answer.headers["Set-Cookie"])["__Host-waymark"].value)
    assert ids[0] != ids[1], "a new session at each sign-in"
    assert browser.client.get_cookie("__Host-waymark").value == ids[1]
    for method, path in addresses(app):
        if path.startswith(API) and method != "DELETE":
            answer = app.test_client().open(path, method=method, headers=world["ana"].headers)
            assert "Set-Cookie" not in answer.headers, path


def test_s65_signing_out_lets_the_browser_forget(browse):
    nora = browse("nora")

    answer = nora.post("/sign-out")

    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert nora.client.get_cookie("waymark") is None
    assert nora.get("/queues/nursing").headers["Location"].startswith("/sign-in")


def all_there_is(app):
    """Return every row of every table but those that only say when somebody was last here."""
    with app.app_context(), db.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(sa.select(table))))
            for table in metadata.sorted_tables
            if table.name not in {"device_sessions", "access_log"} and "attempt" not in table.name
        }


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site", "Content-Type": "text/plain"},
    ],
    ids=["no word of where from", "foreign origin", "cross-site", "text/plain"],
)
def test_s33_no_write_of_a_page_can_be_forged(app, browse, fever, world, headers):
    people = {name: browse(name) for name in ("nora", "ada", "eva", "sol")}
    before = all_there_is(app)
    writes = [route for module in PAGES for route in module.ROUTES if route.method == POST]
    assert len(writes) > 40
    for route in writes:
        path = _PLACE.sub(
            lambda place: str(fever) if place[3] == "alert_id" else _something(place), route.rule
        )
        path = path.replace("{patient}", str(world["ana"].patient_id))
        for name, browser in people.items():
            answer = browser.post(path, {"action": "x", "seen": "x"}, headers=headers)
            assert answer.status_code == 403, (name, path, answer.status_code)
    assert all_there_is(app) == before


def test_s33_no_write_of_a_page_is_done_by_looking(app, browse, fever):
    nora = browse("nora")
    before = all_there_is(app)
    for route in (route for module in PAGES for route in module.ROUTES if route.method == POST):
        path = _PLACE.sub(
            lambda place: str(fever) if place[3] == "alert_id" else _something(place), route.rule
        )
        assert nora.get(path).status_code in {200, 303, 403, 404, 405}, path
    assert all_there_is(app) == before


@pytest.mark.browser
def test_s34_no_other_site_may_read_an_answer(app, world):
    client = app.test_client()
    paths = sorted({path for _method, path in addresses(app)})
    calls = [(FOREIGN[0], path) for path in paths] + [(one, f"{API}/me") for one in FOREIGN]
    for origin, path in calls:
        asked = {**world["ana"].headers, "Origin": origin, "Access-Control-Request-Method": "POST"}
        for method in ("OPTIONS", "GET"):
            said = client.open(path, method=method, headers=asked).headers
            assert [name for name, _ in said if name.startswith("Access-Control-")] == [], path


@pytest.mark.browser
def test_s45_what_is_no_method_of_an_address_is_405(app, world):
    client = app.test_client()
    for path in {path for _method, path in addresses(app)}:
        for method in ("TRACE", "CONNECT", "PROPFIND", "x"):
            answer = client.open(path, method=method, headers=world["nora"].headers)
            assert answer.status_code == 405, (method, path, answer.status_code)


@pytest.mark.browser
def test_s43_where_nothing_is_there_is_nothing(app, browse):
    assert len(PROBES) >= 60
    nora = browse("nora")
    for path in PROBES:
        assert nora.get(path).status_code == 404, path


@pytest.mark.browser
@pytest.mark.parametrize(
    ("token", "headers", "address", "status"),
    [
        (None, {}, "127.0.0.1", 200),
        (None, {}, "::1", 200),
        (None, {}, "203.0.113.9", 404),
        (None, {"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1", 404),
        (None, {"Forwarded": "for=127.0.0.1"}, "127.0.0.1", 404),
        ("a token of twenty or more", {}, "127.0.0.1", 404),
        ("a token of twenty or more", {"Authorization": "Bearer another"}, "127.0.0.1", 404),
        (
            "a token of twenty or more",
            {"Authorization": "Bearer a token of twenty or more"},
            "203.0.113.9",
            200,
        ),
    ],
)
def test_s43_metrics_are_for_whoever_runs_the_site(app, token, headers, address, status):
    with configured(app, METRICS_TOKEN=token):
        answer = app.test_client().get(
            "/metrics", headers=headers, environ_base={"REMOTE_ADDR": address}
        )

    assert answer.status_code == status


# What means two things, or nothing; the same verdict on every route that reads a body.
NOT_STRICT = [
    b'{"id": 1, "id": 1}', b'{"a": {"b": 1, "b": 2}}', b'[{"b": 1, "b": 2}]',
    b'{"a": 1, "\\u0061": 2}', b'{"": 1, "": 2}', b'{"a": NaN}', b'{"a": Infinity}',
    b'{"a": -Infinity}', b'{"a": 1e999}', b'{"a": 9007199254740992}', b'{"a": -9007199254740992}',
    b'{"a": 18446744073709551616}', b'{"a": 1' + b"0" * 5000 + b"}", b"\xef\xbb\xbf{}",
    "{}".encode("utf-16"), "{}".encode("utf-16-le"), "{}".encode("utf-32"), b'{"a": "\\ud800"}',
    b'{"a": "\\udc00\\ud800"}', b'{"a": "\xed\xa0\x80"}', b'{"a": "\xc0\xaf"}', b'{"a": 01}', b'{"a": +1}',
    b'{"a": .5}', b'{"a": 0x10}', b"{'a': 1}", b"{a: 1}", b'{"a": 1,}', b"[1,]", b'{"a": "\t"}',
    b'{"a": 1} {}', b'{"a": 1}//', b"/**/{}", b"", b" ", b"{", b"\x00{}", b'{"a": "\\x41"}',
]  # fmt: skip
STRICT = {
    b'{"a": "\\"a\\": 9007199254740992", "b": {"a": "\\\\"}}': 2,
    b'{"a": 9007199254740991, "b": 0.12345678901234567890, "c": 1e20}': 3,
    b'[{"a": 1}, {"a": 1}]': 2,
}


@pytest.mark.browser
def test_s42_json_that_means_two_things_is_refused_alike_everywhere(call, clock):
    assert len(NOT_STRICT) >= 30
    for what in ("POST /patients/me/symptom-reports", "PATCH /me", "POST /auth/login"):
        for body in NOT_STRICT:
            clock.pass_time(minutes="auth" in what)
            answer = call("ana", what, data=body, content_type="application/json")
            assert answer.status_code == 400, (what, body[:30], answer.status_code)
    for body, members in STRICT.items():
        assert len(read(body)) == members


@pytest.mark.browser
def test_s44_what_a_stranger_says_of_her_address_is_not_believed(app, database_url, clock, world):
    """Nothing counts without a proxy of ours; behind one, what it says itself, the last word."""
    behind_one = create_app(
        Config(SECRET_KEY=SECRET, SQLALCHEMY_DATABASE_URI=database_url, TRUSTED_PROXIES=1), clock
    )
    left = {}
    for own, last in (
        (app, "203.0.113.1"),
        (behind_one, "203.0.113.1"),
        (behind_one, "203.0.113.2"),
    ):
        left[own, last] = []
        for spoofed in ("198.51.100.1", "198.51.100.2", "127.0.0.1"):
            answer = own.test_client().post(
                f"{API}/auth/register",
                json={
                    "invitation_code": "x" * 20, "email": "z@example.org", "password": PASSWORD,
                    "display_name": "Z", "time_zone": "UTC", "locale": "en",
                },
                headers={"X-Forwarded-For": f"{spoofed}, {last}", "X-Real-IP": spoofed},
            )  # fmt: skip
            left[own, last].append(int(answer.headers["RateLimit-Remaining"]))
    assert list(left.values()) == [[19, 18, 17]] * 3
