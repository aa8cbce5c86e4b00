"""What stands around every page: the navigation, and what everybody must know."""

import re

import pytest
import sqlalchemy as sa

from service.alerts.models import Alert
from service.db import transaction
from tests.dashboard.conftest import readable


@pytest.fixture
def nobody_answers(app, clock, fever):
    """Everybody there is was told of the fever, and nobody has answered."""
    with app.app_context(), transaction() as session:
        session.execute(sa.update(Alert).values(unanswered_since=clock.now()))


def navigation(answer):
    body = answer.get_data(as_text=True)
    return re.search(r"<nav.*?</nav>", body, re.DOTALL)[0]


@pytest.mark.parametrize(
    ("name", "path", "work"),
    [
        ("nora", "/", ["Patients", "My queue", "Nursing", "Coordination", "Social work"]),
        ("chaya", "/", ["Patients", "My queue", "Chaplaincy"]),
        ("ada", "/queues/nursing", ["My queue", "Nursing", "Social work", "Chaplaincy"]),
    ],
)
def test_the_daily_work_stands_open_and_the_clinics_pages_in_a_menu(browse, name, path, work):
    open_, menu = navigation(browse(name).get(path)).split("<details")

    assert [title for title in work if f">{title}</a>" not in open_] == []
    assert ">Rules</a>" in menu


def test_whoever_has_no_queue_has_the_clinics_pages_open(browse):
    nav = navigation(browse("eva").get("/queues/nursing"))

    assert "<details" not in nav
    assert ">Articles</a>" in nav
    assert "My queue" not in nav


def test_the_page_one_is_on_is_marked(browse):
    nav = navigation(browse("nora").get("/queues/nursing"))
    assert re.findall(r'aria-current="page">([^<]+)', nav) == ["Nursing"]

    nav = navigation(browse("ada").get("/outbox"))
    assert re.findall(r'aria-current="page">([^<]+)', nav) == ["Not sent"]
    assert "you are on Not sent" in nav


@pytest.mark.parametrize(
    ("name", "there"),
    [("nora", "/"), ("chaya", "/"), ("ada", "/queues/nursing"), ("eva", "/content"),
     ("per", "/measures")],
)  # fmt: skip
def test_the_name_leads_to_where_ones_work_begins(browse, name, there):
    assert f'class="brand" href="{there}"' in browse(name).get("/queues/nursing").get_data(
        as_text=True
    )


def test_everybody_whose_queue_it_is_reads_that_nobody_has_answered(browse, nobody_answers):
    for name in ("nora", "omar"):
        assert "Nobody has answered 1 alert. " in browse(name).text("/")
    ada = browse("ada").get("/queues/coordination")
    assert "Nobody has answered 1 alert. " in readable(ada)
    assert '<a href="/queues/nursing">Nursing, 1</a>' in ada.get_data(as_text=True)


def test_nobody_else_is_told(browse, nobody_answers):
    for name, path in (("sol", "/"), ("chaya", "/"), ("olga", "/"), ("per", "/queues/nursing")):
        assert "Nobody has answered" not in readable(browse(name).get(path))


def test_what_is_answered_raises_no_banner(browse, fever):
    assert "Nobody has answered" not in browse("nora").text("/")


def test_ones_own_sign_ins_are_a_link_away(browse):
    assert '<a href="/sessions">' in browse("nora").get("/").get_data(as_text=True)


def test_the_frame_takes_no_name_away_from_a_page(browse, nobody_answers):
    assert "1 open alert, 1 urgent, 1 waiting" in browse("nora").text("/queues/nursing")
