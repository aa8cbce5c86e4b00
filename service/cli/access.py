"""The page that tells who may do what, from the application as it is."""

import re
from collections.abc import Iterator

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from service.accounts.access_page import RouteAccess, render

_ANY = re.compile(r"<any\((?P<words>[^)]*)\):\w+>")
_PART = re.compile(r"<(?:[^:<>]+:)?(\w+)>")


@click.command("access-page")
@with_appcontext
def access_page() -> None:
    """Print docs/access.md: every role, topic and route."""
    click.echo(page_of(current_app), nl=False)


def page_of(app: Flask) -> str:
    """Return the page for an application's routes."""
    return render(_routes(app))


def _routes(app: Flask) -> Iterator[RouteAccess]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if not hasattr(view, "allowed"):
            continue
        path = _PART.sub(r"{\1}", _ANY.sub(_choices, rule.rule))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield RouteAccess(path, method, view.allowed)


def _choices(found: re.Match[str]) -> str:
    return "|".join(word.strip().strip("'\"") for word in found["words"].split(","))
