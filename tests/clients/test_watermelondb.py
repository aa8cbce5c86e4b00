"""WatermelonDB's own client against a running service: two phones and staff, on and off line.

``make test`` installs the client (package-lock.json); Node runs it in a process a phone, with its
database in a file, so a phone can be killed and switched on again.
"""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from werkzeug.serving import make_server

from service.db import transaction
from service.sync.columns import FLAG, MOMENT, NUMBER, WHOLE
from service.sync.restoring import begin_new_life
from service.sync.tables import TABLES
from tests.conftest import API
from tests.sync.conftest import DAY, HOUR, NAUSEA, NOW

HERE = Path(__file__).parent
_TYPES = {MOMENT: "number", WHOLE: "number", NUMBER: "number", FLAG: "boolean"}


def column(name: str, of: Any) -> dict[str, Any]:
    return {"name": name, "type": _TYPES.get(of.kind, "string"), "isOptional": True}


def schema(*, without: tuple[str, ...] = (), lacking: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "columns": [
                column(one, of)
                for one, of in table.columns.items()
                if f"{name}.{one}" not in lacking
            ],
        }
        for name, table in TABLES.items()
        if name not in without
    ]


class NodePhone:
    """One phone; ``off`` and ``on`` are what they are for a phone."""

    def __init__(self, url: str, token: str, folder: Path) -> None:
        self._url, self._token = url, token
        self._file = str(folder / "phone.json")
        self._process: subprocess.Popen[str] | None = None
        self.on(version=1, tables=schema())

    def on(self, *, version: int, tables: Any, steps: Any = ()) -> None:
        self._process = subprocess.Popen(
            ["node", str(HERE / "watermelon_phone.js")], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self.do(
            "open", file=self._file, version=version, tables=tables, steps=list(steps),
            url=self._url, token=self._token,
        )  # fmt: skip

    def off(self) -> None:
        process = self._process
        assert process is not None
        assert process.stdin
        assert process.stdout
        process.kill()
        process.wait(10)
        process.stdin.close()
        process.stdout.close()
        self._process = None

    def do(self, what: str, *, meanwhile: Callable[[], Any] | None = None, **more: Any) -> Any:
        process = self._process
        assert process is not None
        assert process.stdin
        assert process.stdout
        self._say({"do": what, "meanwhile": meanwhile is not None, **more})
        while True:
            line = process.stdout.readline()
            if not line:
                return None  # it died, as it was told to
            said = json.loads(line)
            if "asks" in said:
                assert meanwhile is not None
                meanwhile()
                meanwhile = lambda: None  # noqa: E731 - only the first time
                self._say({"do": "resume"})
                continue
            assert "failed" not in said, said
            return said["answer"]

    def _say(self, what: dict[str, Any]) -> None:
        assert self._process is not None
        assert self._process.stdin
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def create(self, table: str, **values: Any) -> str:
        return str(self.do("create", table=table, values=values))

    def update(self, table: str, id: str, **values: Any) -> None:
        self.do("update", table=table, id=id, values=values)

    def remove(self, table: str, id: str) -> None:
        self.do("remove", table=table, id=id)

    def sync(self, **more: Any) -> Any:
        return self.do("sync", **more)

    @property
    def records(self) -> dict[str, dict[str, Any]]:
        dump = self.do("dump")
        assert dump["unsynced"] is False
        return {
            table: {
                id: {
                    name: value
                    for name, value in one.items()
                    if name not in {"_status", "_changed"}
                }
                for id, one in found.items()
            }
            for table, found in dump["tables"].items()
        }


@pytest.fixture
def phones(app: Any, world: Any, tmp_path: Path) -> Iterator[Callable[[], NodePhone]]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    token = world["ana"].headers["Authorization"].removeprefix("Bearer ")
    made: list[NodePhone] = []

    def phone() -> NodePhone:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(
            NodePhone(f"http://127.0.0.1:{server.port}{API}/patients/me/sync", token, folder)
        )
        return made[-1]

    yield phone
    for one in made:
        if one._process is not None:
            one.off()
    server.shutdown()
    thread.join()
    server.server_close()


def a_scan(phone: NodePhone, **more: Any) -> str:
    return phone.create("events", kind="scan", title="CT", starts_at=NOW + DAY, **more)


def a_report(phone: NodePhone, **more: Any) -> str:
    return phone.create("symptom_reports", **{"reported_at": NOW, "answers": NAUSEA, **more})


def test_two_phones_and_a_nurse_end_with_the_same(phones, call, world):
    ana = world["ana"].patient_id
    first, second = phones(), phones()
    treatment = first.create(
        "treatments", code="docetaxel", started_on="2026-02-02", status="active"
    )
    scan, reminder = a_scan(first, notes="private"), first.create(
        "reminders", kind="check_in", title="How are you?", local_start="2026-03-02T10:00",
        recurrence="FREQ=DAILY", discreet=True,
    )  # fmt: skip
    assert first.sync()["error"] is None
    assert second.sync()["error"] is None
    assert first.sync()["error"] is None
    assert second.records == first.records
    # Offline, both and the nurse change things; a fever is reported on one of them.
    second.update("events", scan, title="MRI")
    fever = a_report(second, answers="[]", temperature_c=39.5)
    first.update("events", scan, place="Harbor")
    question = first.create("questions", text="May I fly?")
    first.create("saved_content", slug="fatigue", saved_at=NOW)
    second.create("saved_content", slug="fatigue", read_at=NOW)
    call("nora", f"PATCH /patients/{ana}/events/{scan}", {"notes": "bring the disc"})
    told = second.sync()
    assert (told["error"], told["rejections"]) == (None, [])
    [said] = told["guidance"]
    assert (said["id"], said["guidance"]["level"]) == (fever, "call_now")
    assert call("nora", "GET /alerts?queue=nursing").json["items"]
    # Between her pull and her push the nurse changes the same record: the client tries once more.
    patch = {"title": "Whole-body MRI"}
    told = first.sync(meanwhile=lambda: call("nora", f"PATCH /patients/{ana}/events/{scan}", patch))
    assert (told["error"], told["rejections"]) == (None, [])
    for _ in range(2):
        for one in (second, first):
            assert one.sync()["error"] is None
    kept = first.records
    assert kept == second.records
    merged = kept["events"][scan]
    assert (merged["title"], merged["place"], merged["notes"]) == (
        "Whole-body MRI", "Harbor", "bring the disc",
    )  # fmt: skip
    assert kept["questions"].keys() == {question}
    assert len(kept["saved_content"]) == 1
    assert kept["treatments"][treatment]["modality"] == "chemotherapy"
    rung = [one for one in kept["reminder_occurrences"].values() if one["reminder_id"] == reminder]
    assert {one["local_at"]: one["status"] for one in rung}["2026-03-02T10:00"] == "done"
    second.remove("events", scan)
    assert second.sync()["error"] is None
    assert first.sync()["error"] is None
    assert first.records["events"] == {}
    third = phones()
    assert third.sync()["error"] is None
    assert third.records == first.records


def test_lost_answers_and_deaths_lose_nothing_and_double_nothing(phones, call, world):
    phone, other = phones(), phones()
    made = {a_report(phone)}
    assert phone.sync()["error"] is None
    for number, fate in enumerate(("lose", "die-answered", "die")):
        made.add(a_report(phone, reported_at=NOW - number * HOUR, note=f"number {number}"))
        told = phone.sync(fate=fate)
        if fate == "lose":
            assert told["error"] == "the answer is lost"
        else:
            assert told is None
            phone.off()
            phone.on(version=1, tables=schema())
        if number % 2:
            made.add(a_report(other, reported_at=NOW - number * DAY))
            assert other.sync()["error"] is None
    for _ in range(2):
        for one in (phone, other):
            told = one.sync()
            assert (told["error"], told["rejections"]) == (None, [])
    assert phone.records == other.records
    assert phone.records["symptom_reports"].keys() == made
    listed = call("ana", "GET /patients/me/symptom-reports").json["items"]
    assert {one["id"] for one in listed} == made


def test_a_phone_that_comes_back_with_a_new_version_gets_what_it_lacked(phones, call):
    old = {"without": ("questions",), "lacking": ("events.place",)}
    phone = phones()
    phone.off()
    Path(phone._file).unlink(missing_ok=True)
    phone.on(version=1, tables=schema(**old))
    scan = {
        "id": "0195b0a0-0000-7000-8000-00000000abcd",
        "kind": "scan",
        "title": "CT",
        "starts_at": "2026-03-05T10:00:00Z",
        "place": "Harbor",
    }
    question = {"id": "0195b0a0-0000-7000-8000-00000000dcba", "text": "May I fly?"}
    assert call("ana", "POST /patients/me/events", scan).status_code == 201
    assert call("ana", "POST /patients/me/questions", question).status_code == 201
    assert phone.sync()["error"] is None
    assert "place" not in phone.records["events"][scan["id"]]
    waiting = a_scan(phone)
    phone.off()
    new_table = next(one for one in schema() if one["name"] == "questions")
    place = next(one for one in schema() if one["name"] == "events")["columns"]
    place = [one for one in place if one["name"] == "place"]
    step = {
        "toVersion": 2,
        "created": [new_table],
        "added": [{"table": "events", "columns": place}],
    }
    phone.on(version=2, tables=schema(), steps=[step])
    told = phone.sync()
    assert (told["error"], told["migration"]["from"]) == (None, 1)
    kept = phone.records
    assert kept["events"][scan["id"]]["place"] == "Harbor"
    assert kept["questions"].keys() == {question["id"]}
    assert waiting in kept["events"]
    fresh = phones()
    for one in (phone, fresh):
        assert one.sync()["error"] is None
    assert fresh.records == phone.records


def test_a_rejected_record_stays_on_the_phone_and_holds_up_nothing(phones, call):
    phone = phones()
    bad, good = phone.create("events", kind="party", title="x", starts_at=NOW), a_scan(phone)
    told = phone.sync()
    assert told["error"] is None
    [rejected] = told["rejections"]
    assert (rejected["id"], [one["pointer"] for one in rejected["errors"]]) == (bad, ["/kind"])
    assert call("ana", f"GET /patients/me/events/{good}").status_code == 200
    phone.update("events", bad, kind="other")
    assert phone.sync()["rejections"] == []
    assert set(phone.records["events"]) == {bad, good}


def test_the_stock_client_takes_all_again_from_a_site_that_was_restored(phones, app, call, clock):
    phone = phones()
    scan = a_scan(phone)
    assert phone.sync()["error"] is None
    with app.app_context(), transaction() as session:
        begin_new_life(session, now=clock.now())
    body = {"id": "0195b0a0-0000-7000-8000-00000000dcba", "text": "May I fly?"}
    assert call("ana", "POST /patients/me/questions", body).status_code == 201
    phone.update("events", scan, title="MRI")
    waiting = a_scan(phone)
    told = phone.sync()
    assert (told["error"], told["rejections"]) == (None, [])
    kept = phone.records
    assert kept["events"].keys() == {scan, waiting}
    assert kept["events"][scan]["title"] == "MRI"
    assert kept["questions"].keys() == {body["id"]}
    fresh = phones()
    for one in (phone, fresh):
        assert one.sync()["error"] is None
    assert fresh.records == phone.records
