"""What stands open: as little as is named here, and whom to tell of a hole in it."""

from dataclasses import replace
from uuid import uuid4

import pytest

from service.config import Config
from service.environment import BadConfig
from tests.conftest import API, SECRET
from tests.test_bad_input import ids, routes

__all__ = ["ids"]

# Signing in, and what a link with a secret in it opens.
OPEN_TO_ALL = {
    "POST /auth/register", "POST /auth/login", "POST /auth/refresh",
    "POST /auth/password/forgot", "POST /auth/password/reset",
    "GET /calendar/{token}.ics", "GET /unsubscribe/{unsubscribe_token}",
    "POST /unsubscribe/{unsubscribe_token}", "GET /erasure-receipts/{receipt_id}",
    "POST /auth/login/passkey/options", "POST /auth/login/passkey",
    "POST /auth/login/link", "POST /auth/login/link/redeem",
}  # fmt: skip


def test_s01_only_what_is_listed_answers_without_a_sign_in(app, client, ids):
    contract = app.extensions["contract"].to_dict()["paths"]
    named = {
        f"{method.upper()} {path.removeprefix(API)}"
        for path, item in contract.items()
        for method in item.keys() & {"get", "post", "put", "patch", "delete"}
    }
    walked = list(routes(app))
    assert named == {route.name for route in walked}
    assert {route.name for route in walked if route.who is None} == OPEN_TO_ALL
    for route in walked:
        if route.name in OPEN_TO_ALL:
            continue
        answer = client.open(route.path(ids | {"pid": str(uuid4())}), method=route.method)
        assert answer.status_code == 401, route.name
        assert answer.content_type == "application/problem+json", route.name
        assert answer.headers["WWW-Authenticate"] == "Bearer", route.name


def test_s46_what_answers_is_what_the_contract_and_the_pages_name(app):
    """Nothing forgotten answers: every route is in the contract, a page, or listed here."""
    beside = {
        "/healthz", "/readyz", "/metrics", "/api/docs", "/.well-known/security.txt",
        f"{API}/openapi.json",
    }  # fmt: skip
    paths = app.extensions["contract"].to_dict()["paths"].keys()
    in_contract = {route.rule.rule for route in routes(app)}
    others = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule not in in_contract and not rule.endpoint.startswith("dashboard.")
    }
    assert len(in_contract) == len(paths)
    assert others == beside


def test_s95_a_site_says_whom_to_tell_of_a_hole(app, client):
    assert client.get("/.well-known/security.txt").status_code == 404
    usual = app.config["SECURITY_CONTACT"]
    app.config["SECURITY_CONTACT"] = "mailto:security@harbor.example"
    answer = client.get("/.well-known/security.txt")
    app.config["SECURITY_CONTACT"] = usual

    assert answer.content_type == "text/plain; charset=utf-8"
    said = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert said["Contact"] == "mailto:security@harbor.example"
    assert said["Expires"] == "2026-04-01T17:00:00Z"


def test_s95_a_contact_nobody_can_reach_stops_the_start():
    config = Config(SECRET_KEY=SECRET, SQLALCHEMY_DATABASE_URI="sqlite://")
    for contact in ("security@harbor.example", "http://harbor.example", "mailto:a b"):
        with pytest.raises(BadConfig, match="SECURITY_CONTACT"):
            replace(config, SECURITY_CONTACT=contact)
