"""Saved views: each one's own, named once, at most twenty."""

import threading

import pytest

from service.panel.saving import MOST_VIEWS

SICKEST = {"name": "Sickest", "query": {"filter": "urgent"}}


def names(call, who="nora"):
    return [view["name"] for view in call(who, "GET /views").json["items"]]


def test_a_view_is_kept_with_the_order_that_goes_with_it(call):
    answer = call("nora", "POST /views", SICKEST)
    assert answer.status_code == 201
    assert answer.json["query"] == {"sort": "risk", "filter": "urgent", "q": None}
    assert call("nora", "GET /views").json == {"items": [answer.json], "next_cursor": None}


def test_views_are_ones_own(call):
    view = call("nora", "POST /views", SICKEST).json
    assert names(call, "omar") == []
    assert call("omar", f"DELETE /views/{view['id']}").status_code == 404
    assert call("omar", "POST /views", SICKEST).status_code == 201
    assert call("nora", f"DELETE /views/{view['id']}").status_code == 204
    assert (names(call), names(call, "omar")) == ([], ["Sickest"])


def test_a_name_is_taken_once(call):
    call("nora", "POST /views", SICKEST)
    again = call("nora", "POST /views", {"name": " Sickest ", "query": {}})
    assert (again.status_code, again.json["type"].rpartition("/")[2]) == (409, "view-exists")


def test_there_are_at_most_twenty(call):
    for number in range(MOST_VIEWS):
        assert call("nora", "POST /views", {"name": str(number), "query": {}}).status_code == 201
    more = call("nora", "POST /views", SICKEST)
    assert (more.status_code, more.json["type"].rpartition("/")[2]) == (409, "too-many-views")
    assert len(names(call)) == MOST_VIEWS


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"filter": "alerts", "sort": "name"}, "/sort"),
        ({"filter": "alerts", "q": "a"}, "/filter"),
        ({"sort": "age"}, "/query/sort"),
        ({"filter": 3}, "/query/filter"),
        ({"q": "x" * 101}, "/query/q"),
        ({"surprise": 1}, "/query/surprise"),
    ],
)
def test_a_query_the_panel_would_refuse_is_not_kept(call, query, pointer):
    answer = call("nora", "POST /views", {"name": "Mine", "query": query})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert names(call) == []


def test_nobody_keeps_a_view_of_what_her_role_may_not_see(call):
    body = {"name": "Distressed", "query": {"filter": "distressed"}}
    assert call("cora", "POST /views", body).status_code == 403
    assert call("chaya", "POST /views", body).status_code == 201


@pytest.mark.parametrize("who", ["ana", "hugo", "eva", "ada", "per"])
def test_views_are_for_those_who_see_the_panel(call, who):
    assert call(who, "GET /views").status_code == 403
    assert call(who, "POST /views", SICKEST).status_code == 403


def test_two_pages_at_once_save_no_name_twice_and_no_twenty_first(call, app, world):
    for number in range(MOST_VIEWS - 1):
        call("nora", "POST /views", {"name": str(number), "query": {}})
    answers = []

    def save(name):
        client = app.test_client()
        answer = client.post(
            "/api/v1/views", json={"name": name, "query": {}}, headers=world["nora"].headers
        )
        answers.append(answer.status_code)

    threads = [threading.Thread(target=save, args=(name,)) for name in ("a", "b", "c", "a")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201, 409, 409, 409]
    assert len(names(call)) == MOST_VIEWS
