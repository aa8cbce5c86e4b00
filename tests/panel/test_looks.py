"""Narrowing the panel down: whom each filter shows, in which order, and to whom."""

from datetime import timedelta

import pytest

from tests.conftest import MONDAY_MORNING

YESTERDAY = MONDAY_MORNING - timedelta(days=1)


@pytest.fixture
def ward(enter):
    enter(
        [
            {"name": "Alma", "urgent_alerts": 1, "last_report_at": YESTERDAY},
            {"name": "Bea", "soon_alerts": 1, "worst_grade": 3, "last_report_at": YESTERDAY,
             "worst_symptoms": [{"symptom": "pain", "grade": 3}]},
            {"name": "Cleo", "distress": 4, "distress_before": 2, "last_report_at": YESTERDAY},
            {"name": "Dora", "missed_check_ins": 3, "silence_score": 30, "rhythm_days": 7.0,
             "last_report_at": YESTERDAY - timedelta(days=30)},
            {"name": "Edda", "missed_check_ins": 2, "silence_score": 20,
             "last_report_at": YESTERDAY - timedelta(days=20)},
            {"name": "Fay", "adherence_percent": 79, "last_report_at": YESTERDAY},
            {"name": "Gia", "adherence_percent": 80, "distress": 3, "last_report_at": YESTERDAY},
            {"name": "Drill", "urgent_alerts": 1, "silence_score": 50, "is_drill": True},
        ]
    )  # fmt: skip


@pytest.fixture
def panel(call):
    def panel(who="nora", **query):
        answer = call(who, "GET /panel", query_string=query)
        assert answer.status_code == 200, answer.json
        return [row["display_name"] for row in answer.json["items"]]

    return panel


@pytest.mark.parametrize(
    ("only", "names"),
    [
        ("alerts", ["Alma", "Bea"]),
        ("urgent", ["Alma"]),
        ("severe", ["Bea"]),
        ("distressed", ["Cleo"]),
        ("silent", ["Dora", "Edda"]),
        ("low_adherence", ["Fay"]),
        ("never_reported", ["Ana"]),
    ],
)
def test_a_filter_shows_those_it_is_about_and_no_drill(panel, ward, only, names):
    assert panel(filter=only) == names


def test_the_order_by_silence_begins_with_the_longest_and_lists_only_the_silent(panel, ward):
    assert panel(sort="silence") == ["Dora", "Edda"]


@pytest.mark.parametrize(
    "query",
    [
        {"filter": "alerts", "sort": "name"},
        {"filter": "silent", "sort": "risk"},
        {"filter": "alerts", "q": "a"},
        {"q": "a", "sort": "risk"},
        {"q": "a", "sort": "silence"},
    ],
)
def test_what_has_no_index_is_refused_and_said(call, query):
    answer = call("nora", "GET /panel", query_string=query)
    assert answer.status_code == 422
    assert answer.json["type"].endswith("look-unusable")
    assert answer.json["errors"][0]["pointer"] in {"/sort", "/filter"}


@pytest.mark.parametrize(
    ("who", "only", "status"),
    [
        ("cora", "distressed", 403),
        ("chaya", "distressed", 200),
        ("chaya", "severe", 403),
        ("chaya", "low_adherence", 403),
        ("cora", "severe", 200),
    ],
)
def test_a_filter_tells_nobody_what_her_role_may_not_see(call, ward, who, only, status):
    assert call(who, f"GET /panel?filter={only}").status_code == status


def test_a_row_says_nothing_the_role_may_not_see(call, ward):
    def row(who, name):
        return call(who, f"GET /panel?q={name}").json["items"][0]

    assert row("nora", "cleo")["distress"] == 4
    assert row("cora", "cleo")["distress"] is None
    assert row("cora", "cleo")["distress_before"] is None
    assert row("chaya", "bea")["worst_symptoms"] is None
    assert row("chaya", "fay")["adherence_percent"] is None
    assert row("sol", "fay")["adherence_percent"] == 79


def test_silence_is_told_by_her_own_rhythm(call, ward):
    def silent(name):
        return call("nora", f"GET /panel?q={name}").json["items"][0]["silent"]

    assert silent("dora") == {"missed_check_ins": 3, "rhythm_days": 7.0}
    assert silent("edda") == {"missed_check_ins": 2, "rhythm_days": None}
    assert silent("alma") is None


@pytest.mark.parametrize(
    "query",
    [
        {"sort": "risk"}, {"sort": "last_report"}, {"sort": "name"}, {"sort": "silence"},
        {"filter": "alerts"}, {"filter": "never_reported"}, {"filter": "low_adherence"}, {"q": "p"},
    ],
)  # fmt: skip
def test_pages_of_every_look_put_together_are_the_whole(call, enter, query):
    some = {"urgent_alerts": 1, "adherence_percent": 10, "silence_score": 7}
    enter([{"name": f"P{number}", **some} for number in range(7)])
    enter([{"name": f"Q{number}", "last_report_at": YESTERDAY, **some} for number in range(6)])
    whole = [
        row["patient_id"] for row in call("nora", "GET /panel", query_string=query).json["items"]
    ]
    found, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = call("nora", "GET /panel", query_string={**query, **more, "limit": 2}).json
        found += [row["patient_id"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == whole
    assert len(set(found)) == len(found) >= 6


def test_names_are_found_in_any_alphabet_and_case(enter, panel):
    enter([{"name": name} for name in ("Émile", "O'Brien", "OBrien", "张伟", "Straße", "o brien")])
    assert panel(q="éM") == ["Émile"]
    assert panel(q="o'") == ["O'Brien"]
    assert panel(q="张") == ["张伟"]
    assert panel(q="STRASSE") == ["Straße"]
