"""The panel's page: narrowed down, in words, and kept as a view."""

import re
from datetime import timedelta

import pytest

from service.dashboard.panel_words import silence_words
from service.db import transaction
from service.panel.models import PatientSummary
from tests.conftest import MONDAY_MORNING

HOSTILE = "<script>alert(1)</script>\"'"


@pytest.fixture
def ana_is(app, world):
    """Set what stands in Ana's row."""

    def ana_is(**what):
        with app.app_context(), transaction() as session:
            row = session.get_one(PatientSummary, world["ana"].patient_id)
            for name, value in what.items():
                setattr(row, name, value)

    return ana_is


class Row:
    def __init__(self, missed, rhythm, score=1):
        self.missed_check_ins, self.rhythm_days, self.silence_score = missed, rhythm, score


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (Row(0, 7.0, score=0), ""),
        (Row(1, None), "1 check-in missed"),
        (Row(3, 7.2), "3 check-ins missed; she usually reports every 7 days"),
        (Row(5, 0.9), "5 check-ins missed; she usually reports every day"),
    ],
)
def test_silence_is_said_by_her_own_rhythm(row, words):
    assert silence_words(row) == words


def test_a_row_says_silence_and_doses(browse, ana_is):
    ana_is(
        silence_score=9, missed_check_ins=3, rhythm_days=7.0, adherence_percent=62,
        last_report_at=MONDAY_MORNING - timedelta(days=28),
    )  # fmt: skip
    text = browse("nora").text("/?show=silent")

    assert "3 check-ins missed; she usually reports every 7 days" in text
    assert "62 %, low" in text
    assert "28 days ago" in text


@pytest.mark.parametrize(
    ("who", "shown", "hidden"),
    [
        ("nora", ["Distress", "Doses taken", "Worst in"], []),
        ("chaya", ["Distress"], ["Doses taken", "Worst in", "severe symptom", "of doses taken"]),
        ("cora", ["Doses taken", "Worst in"], [">Distress<", "Distress 4 or more"]),
    ],
)
def test_each_role_sees_its_columns_and_its_filters(browse, ana_is, who, shown, hidden):
    ana_is(distress=8, adherence_percent=50)
    page = browse(who).get("/").get_data(as_text=True)

    assert [words for words in shown if words not in page] == []
    assert [words for words in hidden if words in page] == []


def test_a_filter_of_what_a_role_may_not_see_narrows_nothing_down(browse, ana_is):
    ana_is(distress=0)
    assert "All patients: most urgent first" in browse("cora").text("/?show=distressed")


def test_a_name_is_looked_for_among_everybody(browse, ana_is):
    ana_is(urgent_alerts=0)
    nora = browse("nora")
    assert "Names that begin with “an”, among all patients" in nora.text(
        "/?q=an&show=urgent&sort=risk"
    )
    assert ">Ana</a>" in nora.get("/?q=an&show=urgent").get_data(as_text=True)


def test_a_view_is_saved_shown_and_deleted(browse):
    nora = browse("nora")
    assert nora.post("/views?show=silent", {"name": "Who is silent"}).location == "/?show=silent"
    page = nora.get("/?show=silent").get_data(as_text=True)
    assert '<a href="/?show=silent" aria-current="page">Who is silent</a>' in page
    assert "Who is silent" not in browse("omar").text("/")

    gone = re.search(r'action="(/views/[^"]+/delete)"', page)[1]
    assert browse("omar").post(gone).status_code == 404
    assert nora.post(gone).status_code == 303
    assert "Who is silent" not in nora.text("/")


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("", 422, "Give the view a name."),
        ("x" * 61, 422, "Use a name of at most 60 characters."),
        ("Mine", 409, "You have a view of this name already."),
    ],
)
def test_what_cannot_be_saved_is_said_beside_the_name(browse, name, status, said):
    nora = browse("nora")
    nora.post("/views", {"name": "Mine"})
    answer = nora.post("/views?show=urgent", {"name": name})

    assert answer.status_code == status
    assert said in answer.get_data(as_text=True)
    assert "With an urgent alert: most urgent first" in answer.get_data(as_text=True)


def test_names_of_views_and_searches_are_text_and_nothing_else(browse):
    nora = browse("nora")
    nora.post("/views?q=%3Cb%3E", {"name": HOSTILE})
    page = nora.get("/?q=%3Cb%3E").get_data(as_text=True)

    assert "<script>alert" not in page
    assert "<b>" not in page
    assert 'href="/?q=%3Cb%3E"' in page
