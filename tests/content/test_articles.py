"""The way of a clinic's article: written, reviewed by somebody else, printed, put away."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest

from tests.conftest import API
from tests.content.conftest import ARTICLE, TEXT


def slug_of(answer):
    return answer.json["type"].rpartition("/")[2]


def test_a_version_goes_from_draft_to_print(call, written, step, clock, world):
    draft = written()
    assert (draft["status"], draft["number"], draft["version"]) == ("draft", 1, 1)
    assert draft["markdown"] == TEXT
    assert draft["html"].startswith("<p>Eat little")
    assert (draft["words"], draft["reading_grade"]) == (15, 2.1)
    assert step("eva", "submit", draft["id"]).json["status"] == "in_review"
    reviewed = step("nora", "review", draft["id"]).json
    assert (reviewed["status"], reviewed["reviewed_by"]) == (
        "reviewed",
        str(world["nora"].account_id),
    )
    clock.pass_time(hours=1)
    shown = step("eva", "publish", draft["id"]).json
    assert (shown["status"], shown["published_at"]) == ("published", "2026-03-02T18:00:00Z")
    assert shown["published_by"] == str(world["eva"].account_id)

    read = call("ana", "GET /content/nausea").json
    assert read["title"] == ARTICLE["title"]
    assert (read["reviewer"], read["reviewed_on"]) == ("Nora", "2026-03-02")
    assert (read["review_status"], read["version"]) == ("reviewed", 1)


@pytest.mark.parametrize("name", ["eva", "nora", "omar"])
def test_nobody_reviews_what_she_has_written(written, step, call, name):
    id = written(name)["id"]
    step(name, "submit", id)
    answer = step(name, "review", id)

    assert (answer.status_code, slug_of(answer)) == (409, "own-article")
    assert call(name, f"GET /articles/{id}").json["status"] == "in_review"


def test_nobody_writes_in_the_draft_of_another_and_then_reviews_it(call, written, step):
    id = written("eva")["id"]
    changed = call("nora", f"PATCH /articles/{id}", {"title": "Mine now"})
    handed_in = step("nora", "submit", id)

    for answer in (changed, handed_in):
        assert (answer.status_code, slug_of(answer)) == (409, "draft-of-another")
    assert call("eva", f"GET /articles/{id}").json["title"] == ARTICLE["title"]


@pytest.mark.parametrize("before", [[], ["submit"], ["submit", "review", "send-back"]])
def test_nothing_is_printed_without_a_review(written, step, call, before):
    id = written("eva")["id"]
    for move in before:
        assert step("nora" if move == "review" else "eva", move, id).status_code == 200
    answer = step("eva", "publish", id)

    assert (answer.status_code, slug_of(answer)) == (409, "article-not-reviewed")
    assert call("ana", "GET /content/nausea").json["title"] != ARTICLE["title"]


def test_only_an_editor_prints_and_takes_out_of_print(written, step, published):
    id = written("omar")["id"]
    step("omar", "submit", id)
    step("nora", "review", id)
    assert step("nora", "publish", id).status_code == 403
    assert step("omar", "publish", id).status_code == 403
    assert step("eva", "publish", id).status_code == 200
    assert step("omar", "retire", id).status_code == 403


@pytest.mark.parametrize("name", ["sol", "chaya", "cora", "ada"])
def test_others_of_the_team_read_and_do_not_write(call, written, step, name):
    id = written()["id"]
    assert call(name, "GET /articles").json["items"][0]["id"] == id
    assert call(name, f"GET /articles/{id}").json["markdown"] == TEXT
    assert call(name, "POST /articles", ARTICLE).status_code == 403
    assert call(name, f"PATCH /articles/{id}", {"title": "x"}).status_code == 403
    for move in ("submit", "send-back", "review", "publish", "retire"):
        assert step(name, move, id).status_code == 403


@pytest.mark.parametrize("name", ["ana", "hugo", "per"])
def test_who_has_no_part_in_it_sees_no_draft(call, written, name):
    id = written()["id"]
    assert call(name, "GET /articles").status_code == 403
    assert call(name, f"GET /articles/{id}").status_code == 403


def test_another_clinic_learns_nothing_of_it(call, published, written, step):
    id = written()["id"]
    published()
    assert call("olga", f"GET /articles/{id}").status_code == 404
    assert call("olga", f"PATCH /articles/{id}", {"title": "x"}).status_code == 404
    assert step("olga", "review", id).status_code == 404
    assert call("olga", "GET /articles").json["items"] == []
    assert call("ben", "GET /content/nausea").json["title"] != ARTICLE["title"]


@pytest.mark.parametrize(
    ("moves", "refused", "slug"),
    [
        (["submit"], "submit", "article-not-draft"),
        ([], "review", "article-not-in-review"),
        ([], "send-back", "article-not-in-review"),
        (["submit", "review"], "review", "article-not-in-review"),
        (["submit", "review", "publish"], "publish", "article-not-reviewed"),
        (["submit", "review", "publish"], "send-back", "article-not-in-review"),
        (["retire"], "retire", "article-retired"),
        (["retire"], "submit", "article-not-draft"),
    ],
)
def test_a_step_that_does_not_follow_is_refused(written, step, moves, refused, slug):
    def who(move):
        return "nora" if move == "review" else "eva"

    id = written()["id"]
    for move in moves:
        assert step(who(move), move, id).status_code == 200
    answer = step(who(refused), refused, id)
    assert (answer.status_code, slug_of(answer)) == (409, slug)


@pytest.mark.parametrize("moves", [["submit"], ["submit", "review"], ["retire"]])
def test_only_a_draft_is_changed(call, written, step, moves):
    id = written()["id"]
    for move in moves:
        step("nora" if move == "review" else "eva", move, id)
    answer = call("eva", f"PATCH /articles/{id}", {"body": "Something nobody has read."})
    assert (answer.status_code, slug_of(answer)) == (409, "article-not-draft")


def test_what_is_sent_back_loses_its_sign_off(call, written, step):
    id = written()["id"]
    step("eva", "submit", id)
    step("nora", "review", id)
    back = step("omar", "send-back", id).json
    assert (back["status"], back["reviewed_by"], back["reviewed_at"]) == ("draft", None, None)
    assert call("eva", f"PATCH /articles/{id}", {"title": "Shorter"}).json["title"] == "Shorter"


def test_a_change_names_the_version_it_was_made_on(call, written, step):
    id = written()["id"]
    first = call("eva", f"PATCH /articles/{id}", {"title": "One"}, headers={"If-Match": '"1"'})
    second = call("eva", f"PATCH /articles/{id}", {"title": "Two"}, headers={"If-Match": '"1"'})
    assert (first.status_code, first.json["version"], second.status_code) == (200, 2, 412)
    assert step("eva", "submit", id, headers={"If-Match": '"1"'}).status_code == 412
    assert step("eva", "submit", id, headers={"If-Match": '"2"'}).status_code == 200


def test_nothing_changes_where_nothing_differs(call, written):
    id = written()["id"]
    assert call("eva", f"PATCH /articles/{id}", {"title": ARTICLE["title"]}).json["version"] == 1


def test_the_same_twice_is_one_draft(call):
    key = {"Idempotency-Key": str(uuid4())}
    first = call("eva", "POST /articles", ARTICLE, headers=key)
    again = call("eva", "POST /articles", ARTICLE, headers=key)
    other = call("eva", "POST /articles", ARTICLE | {"title": "Other"}, headers=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert (other.status_code, slug_of(other)) == (409, "id-conflict")
    assert call("nora", "POST /articles", ARTICLE, headers=key).status_code == 201
    assert len(call("eva", "GET /articles").json["items"]) == 2


def test_versions_count_within_a_slug_and_a_language(written):
    numbers = [
        written(slug=slug, language=language)["number"]
        for slug, language in [
            ("nausea", "en"), ("nausea", "es"), ("nausea", "en"), ("our-garden", "en"),
        ]
    ]  # fmt: skip
    assert numbers == [1, 1, 2, 1]


def test_the_list_is_filtered_and_paged(call, written, step, clock):
    ids = []
    for number in range(5):
        clock.pass_time(minutes=number % 2)  # some of them in the same minute
        ids.append(written(slug=f"our-{number}", language="es" if number == 2 else "en")["id"])
    step("eva", "submit", ids[0])
    found, cursor = [], ""
    while cursor is not None:
        page = call("nora", f"GET /articles?limit=2{cursor and f'&cursor={cursor}'}").json
        found += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(found) == sorted(ids)
    assert [item["slug"] for item in call("nora", "GET /articles?language=es").json["items"]] == [
        "our-2"
    ]
    [waiting] = call("nora", "GET /articles?status=in_review").json["items"]
    assert (waiting["id"], "markdown" in waiting) == (ids[0], False)
    assert call("nora", "GET /articles?status=lost").status_code == 422


def test_two_who_begin_a_version_at_once_get_numbers_of_their_own(app, world):
    together = Barrier(4)

    def begin(name):
        client = app.test_client()
        together.wait()
        return client.post(f"{API}/articles", json=ARTICLE, headers=world[name].headers)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(begin, ["eva", "nora", "omar", "eva"]))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert sorted(answer.json["number"] for answer in answers) == [1, 2, 3, 4]


def test_of_two_versions_printed_at_once_one_shows_in_the_end(app, world, written, step, call):
    ids = [written("omar")["id"] for _ in range(2)]
    for id in ids:
        step("omar", "submit", id)
        step("nora", "review", id)
    together = Barrier(2)

    def publish(id):
        client = app.test_client()
        together.wait()
        return client.post(f"{API}/articles/{id}/publish", headers=world["eva"].headers)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(publish, ids))
    assert [answer.status_code for answer in answers] == [200, 200]
    found = {item["status"] for item in call("eva", "GET /articles").json["items"]}
    assert found == {"published", "retired"}


def test_of_a_review_and_a_sending_back_at_once_one_holds(app, world, written, step):
    for _ in range(5):
        id = written()["id"]
        at = step("eva", "submit", id).json["version"]
        together = Barrier(2)

        def move(one, id=id, at=at, together=together):
            name, what = one
            headers = {**world[name].headers, "If-Match": f'"{at}"'}
            client = app.test_client()
            together.wait()
            return client.post(f"{API}/articles/{id}/{what}", headers=headers)

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(move, [("nora", "review"), ("omar", "send-back")]))
        assert sorted(answer.status_code for answer in answers) == [200, 412]
