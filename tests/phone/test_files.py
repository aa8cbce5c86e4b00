"""The files of the reference phone, and the server that makes app and API one origin."""

import re
import subprocess

import pytest
from werkzeug.test import Client

from examples.phone.serving import APP, POLICY, Phone
from tests.phone.conftest import serving

FILES = sorted(
    path for path in APP.parent.rglob("*") if path.suffix in {".js", ".css", ".py", ".html"}
)
MODULES = [path for path in FILES if path.suffix == ".js"]


def test_every_file_is_short_enough_to_be_read():
    assert [path.name for path in FILES if len(path.read_text().splitlines()) > 300] == []


def test_every_module_can_be_read_by_node():
    read = "for (const one of process.argv.slice(1)) new vm.SourceTextModule(fs.readFileSync(one, 'utf8'))"
    checked = subprocess.run(
        ["node", "--experimental-vm-modules", "--eval", read, *map(str, MODULES)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr


def test_no_text_is_taken_for_html_and_nothing_stands_in_the_page_itself():
    for module in MODULES:
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", module.read_text()
        )
    page = (APP / "index.html").read_text()
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*src=)", page)


def test_patient_data_never_goes_to_the_cache_of_the_service_worker():
    users = [module.name for module in MODULES if "caches" in module.read_text()]
    assert users == ["sw.js"]
    assert "/api/" not in (APP / "sw.js").read_text()


def test_nothing_moves():
    for sheet in (path for path in FILES if path.suffix == ".css"):
        assert not re.search(r"transition|animation|scroll-behavior", sheet.read_text())


@pytest.fixture
def client():
    return Client(Phone("http://127.0.0.1:9"))


def test_files_come_with_the_policy_and_the_shell_names_them_all(client):
    page = client.get("/")
    assert page.headers["Content-Security-Policy"] == POLICY
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    shell = client.get("/shell.js").text
    for path in APP.rglob("*.js"):
        assert f'"/{path.relative_to(APP).as_posix()}"' in shell


@pytest.mark.parametrize("path", ["/nothing", "/../serving.py", "/%2e%2e/serving.py", "/app/"])
def test_nothing_else_is_served(client, path):
    assert client.get(path).status_code == 404


def test_a_waymark_that_is_down_is_a_problem_and_no_crash(client):
    answer = client.get("/api/v1/me")
    assert (answer.status_code, answer.content_type) == (502, "application/problem+json")


def test_an_address_that_is_none_is_refused():
    with pytest.raises(ValueError, match="not the address"):
        Phone("127.0.0.1:8000")


def test_what_is_asked_goes_on_whole_and_what_is_between_machines_does_not():
    seen = []

    def waymark(environ, start_response):
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        seen.append((environ, body))
        start_response("409 Conflict", [("X-Request-Id", "7"), ("Content-Length", "2")])
        return [b"{}"]

    with serving(waymark) as port:
        client = Client(Phone(f"http://127.0.0.1:{port}"))
        headers = {"Authorization": "Bearer x", "Cookie": "a=b", "TE": "trailers"}
        body = b"x" * 200_000
        answer = client.post("/api/v1/a%20b?c=d%26e", headers=headers, data=body)

    [(environ, received)] = seen
    assert received == body
    assert (environ["PATH_INFO"], environ["QUERY_STRING"]) == ("/api/v1/a b", "c=d%26e")
    assert environ["HTTP_AUTHORIZATION"] == "Bearer x"
    assert not {"HTTP_COOKIE", "HTTP_TE"} & environ.keys()
    assert (answer.status_code, answer.text, answer.headers["X-Request-Id"]) == (409, "{}", "7")
