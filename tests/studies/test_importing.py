"""Reading studies in: from files, a folder, a request; cut off, twice at once, again."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa

from service.cli.studies import studies as command
from service.db import transaction
from service.studies import actions, queries
from service.studies.actions import ImportRunning, ImportTakenOver
from service.studies.models import Study, StudyImport
from service.studies.reading_in import BATCH, Source, keep_page
from tests.conftest import API
from tests.studies.conftest import HERE, PAGES, study


@pytest.fixture
def waymark(app, world):
    """Run ``waymark studies import`` over the test's database."""

    def waymark(*words, clinic="Harbor Cancer Care"):
        which = ["--clinic", clinic] if clinic else []
        return app.test_cli_runner().invoke(command, ["import", *map(str, words), *which])

    return waymark


@pytest.fixture
def on_file(app):
    """Return a clinic's studies by number, and its readings, the newest first."""

    def on_file(clinic_id):
        with app.app_context(), transaction() as session:
            found = session.scalars(sa.select(Study).where(Study.clinic_id == clinic_id)).all()
            order = StudyImport.started_at.desc(), StudyImport.id.desc()
            readings = session.scalars(
                sa.select(StudyImport).where(StudyImport.clinic_id == clinic_id).order_by(*order)
            ).all()
            return {one.nct_id: one for one in found}, readings

    return on_file


def page_file(folder, name, studies, **around):
    path = folder / name
    path.write_text(json.dumps({"studies": studies, **around}))
    return path


def many(count):
    return [study(f"NCT98{number:06}") for number in range(count)]


def test_a_folder_is_read_file_by_file(waymark, on_file, world):
    done = waymark(HERE)

    assert done.exit_code == 0, done.output
    assert "9 studies seen, 9 new, 0 changed, 0 could not be read." in done.output
    assert "ctgov_page2.json: 1 studies, 100 %" in done.output
    found, [reading] = on_file(world.clinic_id)
    assert len(found) == 9
    assert (reading.state, reading.seen, reading.started_by) == ("done", 9, None)


def test_the_same_files_again_are_passed_over(waymark, on_file, world):
    waymark(HERE)

    again = waymark(HERE)

    assert again.exit_code == 0
    assert again.output.count("read before") == 2
    assert "0 studies seen" in again.output


def test_every_clinic_has_its_own(waymark, on_file, world):
    done = waymark(HERE, "--all-clinics", clinic=None)

    assert done.exit_code == 0, done.output
    for clinic_id in (world.clinic_id, world.other_clinic_id):
        assert len(on_file(clinic_id)[0]) == 9


@pytest.mark.parametrize(
    "words", [(HERE,), (HERE, "--all-clinics", "--clinic", "Hilltop Oncology")]
)
def test_a_clinic_has_to_be_named(waymark, words):
    assert waymark(*words, clinic=None).exit_code == 2


def test_a_clinic_nobody_knows_and_a_folder_without_files_are_refused(waymark, tmp_path):
    assert waymark(HERE, clinic="Nowhere").exit_code == 1
    assert "There is no .json file." in waymark(tmp_path).output


def test_a_bad_study_is_named_and_passed_over(waymark, on_file, world, tmp_path):
    path = page_file(tmp_path, "page.json", [study(), {"protocolSection": 5}, study("NCT99000101")])
    nameless = study("NCT99000102", identificationModule={"briefTitle": ""})
    page_file(tmp_path, "two.json", [nameless])

    done = waymark(path, tmp_path / "two.json")

    assert done.exit_code == 0
    assert "page.json, study 2: without a number of the form NCT" in done.output
    assert "two.json, study 1 (NCT99000102): without a title" in done.output
    found, [reading] = on_file(world.clinic_id)
    assert set(found) == {"NCT99000100", "NCT99000101"}
    assert (reading.state, reading.seen, reading.skipped) == ("done", 4, 2)
    assert reading.faults[1] == {
        "file": "two.json", "number": 1, "nct_id": "NCT99000102", "reason": "without a title",
    }  # fmt: skip


def test_of_a_file_cut_in_the_middle_what_came_before_is_kept(waymark, on_file, world, tmp_path):
    path = page_file(tmp_path, "page.json", many(BATCH + 20))
    whole = path.read_text()
    path.write_text(whole[: whole.index("NCT98000105")])

    done = waymark(path, HERE / "ctgov_page2.json")

    assert done.exit_code == 1
    assert "page.json: cut in the middle, after 105 studies" in done.output
    found, [reading] = on_file(world.clinic_id)
    # What follows is read all the same.
    assert len(found) == 105 + 1
    assert reading.state == "failed"
    assert [file["state"] for file in reading.files] == ["cut", "done"]

    path.write_text(whole)
    assert waymark(path).exit_code == 0
    assert len(on_file(world.clinic_id)[0]) == BATCH + 20 + 1


def test_a_reading_that_was_cut_off_goes_on_where_it_stopped(
    app, world, clock, waymark, on_file, tmp_path
):
    path = page_file(tmp_path, "page.json", many(3 * BATCH))
    data = path.read_bytes()
    told = []

    def read(chunks, reading, done):
        source = Source("page.json", "abc", chunks)
        keep_page(
            source, reading, done=done, opened=transaction, now=clock.now, progress=told.append
        )

    def broken():
        yield data[: len(data) // 2]
        raise KeyboardInterrupt

    with app.app_context():
        reading = begun(world, clock)
        with pytest.raises(KeyboardInterrupt):
            read(broken(), reading, 0)
        assert told == [BATCH]
        with transaction() as session:
            actions.let_go(session, reading)
        again = begun(world, clock)
        assert again.import_id == reading.import_id
        with transaction() as session:
            row = queries.import_of(session, world.clinic_id, again.import_id)
            [file] = row.files
        assert (file["done"], file["state"]) == (BATCH, "running")
        read([data], again, file["done"])
        with transaction() as session:
            actions.end(session, again, hides_others=False, now=clock.now())

    assert told == [BATCH, 2 * BATCH, 3 * BATCH, 3 * BATCH]
    found, [row] = on_file(world.clinic_id)
    assert len(found) == row.seen == row.added == 3 * BATCH
    assert row.state == "done"


def begun(world, clock, source="here"):
    with transaction() as session:
        return actions.begin(
            session, clinic_id=world.clinic_id, source=source, by=None, now=clock.now()
        )


def test_whoever_is_second_is_refused_until_the_first_has_stopped(app, world, clock, call):
    with app.app_context():
        first = begun(world, clock)
        with pytest.raises(ImportRunning):
            begun(world, clock)
        assert call("eva", "POST /studies/import", PAGES[1]).status_code == 409

        clock.pass_time(minutes=2)
        second = begun(world, clock)

        # The first one is not dead after all: it must not go on beside the second.
        with pytest.raises(ImportTakenOver), transaction() as session:
            actions.end(session, first, hides_others=False, now=clock.now())
        with transaction() as session:
            assert actions.end(session, second, hides_others=False, now=clock.now()).state == "done"


def test_twice_at_once_is_never_doubled(app, world, on_file):
    together = Barrier(4)

    def send(_number):
        client = app.test_client()
        together.wait()
        headers = world["eva"].headers
        return client.post(f"{API}/studies/import", json=PAGES[0], headers=headers).status_code

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(send, range(4)))

    assert answers.count(201) == 1
    assert set(answers) <= {200, 201, 409}
    found, readings = on_file(world.clinic_id)
    assert len(found) == 8
    assert sum(reading.added for reading in readings) == 8


def test_a_study_that_changed_is_changed_and_one_that_closed_is_hidden(
    imported, on_file, world, call
):
    imported(study(), study("NCT99000101"))

    answer = imported(study(statusModule={"overallStatus": "COMPLETED"}), study("NCT99000101"))

    assert (answer["seen"], answer["added"], answer["changed"]) == (2, 0, 1)
    found, _ = on_file(world.clinic_id)
    assert not found["NCT99000100"].is_shown
    assert found["NCT99000101"].is_shown


def test_what_has_vanished_from_the_registry_is_hidden_and_comes_back(
    waymark, on_file, world, tmp_path
):
    first = page_file(tmp_path, "a.json", [study()], nextPageToken="x", totalCount=2)
    last = page_file(tmp_path, "b.json", [study("NCT99000101")])
    waymark(first, last, "--complete")
    assert all(one.is_shown for one in on_file(world.clinic_id)[0].values())
    alone = page_file(tmp_path, "c.json", [study("NCT99000101")], totalCount=1)

    waymark(alone, "--complete")

    found, _ = on_file(world.clinic_id)
    assert {nct_id: one.is_shown for nct_id, one in found.items()} == {
        "NCT99000100": False, "NCT99000101": True,
    }  # fmt: skip
    waymark(first, last, "--complete")
    assert all(one.is_shown for one in on_file(world.clinic_id)[0].values())


@pytest.mark.parametrize("around", [{"nextPageToken": "x"}, {"totalCount": 5}])
def test_part_of_an_answer_hides_nothing(waymark, on_file, world, tmp_path, around):
    waymark(page_file(tmp_path, "a.json", [study(), study("NCT99000101")]))

    done = waymark(page_file(tmp_path, "b.json", [study()], **around), "--complete")

    assert "Nothing was hidden" in done.output
    assert all(one.is_shown for one in on_file(world.clinic_id)[0].values())


def test_a_page_by_request_is_answered_with_counts_and_faults(call, world, clock):
    page = {"studies": [study(), 5, study("NCT1")], "nextPageToken": "x", "totalCount": 3}

    answer = call("eva", "POST /studies/import", page)

    assert answer.status_code == 201
    assert {name: answer.json[name] for name in ("state", "seen", "added", "skipped")} == {
        "state": "done", "seen": 3, "added": 1, "skipped": 2,
    }  # fmt: skip
    assert [fault["number"] for fault in answer.json["faults"]] == [2, 3]
    again = call("eva", "POST /studies/import", page)
    assert (again.status_code, again.json["id"]) == (200, answer.json["id"])
    clock.pass_time(minutes=1)
    call("ada", "POST /studies/import", PAGES[1])
    listed = call("nora", "GET /studies/imports?limit=1").json
    assert listed["items"][0]["added"] == 1
    rest = call("nora", f"GET /studies/imports?cursor={listed['next_cursor']}").json
    assert [one["id"] for one in rest["items"]] == [answer.json["id"]]
    assert call("olga", "GET /studies/imports").json["items"] == []


@pytest.mark.parametrize("name", ["nora", "ana", "sol"])
def test_only_editors_and_administrators_read_studies_in(call, name):
    assert call(name, "POST /studies/import", PAGES[1]).status_code == 403


@pytest.mark.parametrize(
    "body", [[], {}, {"studies": None}, {"studies": [], "x": 1}, {"studies": [{}] * 1001}]
)
def test_what_is_no_page_is_refused(call, body):
    assert call("eva", "POST /studies/import", body).status_code == 422


def test_another_workers_reading_is_seen_with_the_next_request(
    ana_wants_studies, imported, listed, app, world, clock
):
    imported(study())
    assert set(listed()) == {"NCT99000100"}

    with app.app_context():
        reading = begun(world, clock)
        source = Source("x", "y", [json.dumps({"studies": [study("NCT99000105")]}).encode()])
        keep_page(
            source, reading, done=0, opened=transaction, now=clock.now, progress=lambda _: None
        )
        # Half a reading shows nothing yet.
        assert set(listed()) == {"NCT99000100"}
        later = clock.now() + timedelta(seconds=1)
        with transaction() as session:
            actions.end(session, reading, hides_others=False, now=later)

    assert set(listed()) == {"NCT99000100", "NCT99000105"}
