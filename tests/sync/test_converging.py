"""Two phones, staff and lost answers at random: all end with the same, nothing lost or doubled.

``SYNC_SEEDS=1-500`` asks for more seeds than the suite has time for.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest

from service.sync.tables import TABLES
from tests.conftest import API
from tests.sync.conftest import DAY, HOUR, NAUSEA, NOW, new
from tests.sync.phone import Phone

_FIRST, _, _LAST = os.environ.get("SYNC_SEEDS", "1-2").partition("-")
SEEDS = range(int(_FIRST), int(_LAST or _FIRST) + 1)
STEPS = 10
SLUGS = ("fatigue", "chemo-fever")
TITLES = ("CT", "MRI", "PET", "bone scan")


class Life:
    """What may happen, and what must be true of it in the end."""

    def __init__(
        self, random: Random, call: Any, phones: list[Phone], app: Any, world: Any
    ) -> None:
        self.random, self.call, self.phones = random, call, phones
        self.ana, self.nurse = str(world["ana"].patient_id), app.test_client()
        self.as_nora = world["nora"].headers
        # What a phone made and the server took, by table: it must be there in the end unless
        # somebody deleted it.
        self.made: dict[str, set[str]] = {name: set() for name in TABLES}
        self.deleted: set[str] = set()

    def step(self) -> None:
        phone = self.random.choice(self.phones)
        acts = [self.log, self.log, self.change, self.delete, self.answer, self.save, self.staff]
        for _ in range(self.random.randint(0, 3)):
            self.random.choice(acts)(phone)
        chance = self.random.random()
        if chance < 0.2:
            self.all_at_once()
        elif chance < 0.8:
            self.sync(phone)

    def sync(self, phone: Phone) -> None:
        lost = self.random.random() < 0.3
        if self.random.random() < 0.3:
            # Sent, taken, and sent again word for word, as a proxy or a retry does.
            phone.pull()
            changes = phone.local_changes()
            first, second = phone.push(changes), phone.push(changes)
            # What the first one set off may have changed what it rejected: then she pulls first.
            assert (first.status_code, second.status_code) in {(200, 200), (200, 409)}, second.json
            if not lost:
                phone.mark_as_synced(changes, first.json)
        else:
            acts = [self.staff, self.other_phone, self.clash, self.clash]
            meanwhile = self.random.choice(acts) if self.random.random() < 0.5 else None
            phone.sync(lose_answer=lost, meanwhile=meanwhile and (lambda: meanwhile(phone)))
        self.settle(phone)

    def all_at_once(self) -> None:
        """Both phones sync and a nurse writes at the same moment."""
        self.change(self.phones[0])
        self.log(self.phones[1])
        with ThreadPoolExecutor(3) as pool:
            syncing = [pool.submit(one.sync) for one in self.phones]
            body = {
                "id": new(),
                "code": "anc",
                "value": 900,
                "unit": "/mm3",
                "measured_at": "2026-03-02T16:00:00Z",
            }
            path = f"{API}/patients/{self.ana}/measurements"
            writing = pool.submit(lambda: self.nurse.post(path, json=body, headers=self.as_nora))
            assert writing.result().status_code == 201, writing.result().json
            self.made["measurements"].add(body["id"])
            for one in syncing:
                one.result()
        for phone in self.phones:
            self.settle(phone)

    def settle(self, phone: Phone) -> None:
        if phone.rejected and any(phone.rejected.values()):
            phone.drop_rejected()

    def clash(self, phone: Phone) -> None:
        """Both she and a nurse change the very same record, between her pull and her push."""
        there = sorted(id for id in phone.tables["events"] if ("events", id) not in phone.status)
        if there:
            id = self.random.choice(there)
            place, title = self.random.choice(("Harbor", "Hilltop")), self.random.choice(TITLES)
            phone.update("events", id, place=place)
            path = f"/patients/{self.ana}/events/{id}"
            assert self.call("nora", f"PATCH {path}", {"title": title}).status_code == 200

    def other_phone(self, phone: Phone) -> None:
        other = next(one for one in self.phones if one is not phone)
        self.change(other)
        other.sync()
        self.settle(other)

    def log(self, phone: Phone) -> None:
        random, id = self.random, new()
        at = NOW - random.randint(0, 5 * 24) * HOUR
        table, record = random.choice((
            ("symptom_reports", {"reported_at": at, "answers": NAUSEA, "note": random.choice((None, "x"))}),
            ("wellbeing_checks", {"checked_at": at, "distress": random.randint(0, 10), "topics": '["body"]'}),
            ("measurements", {"code": "temperature", "value": random.choice((36.8, 38.6)), "unit": "C", "measured_at": at}),
            ("questions", {"text": "May I fly?", "asked_at": at, "answer": None, "answered_at": None}),
            ("events", {"kind": "scan", "title": random.choice(TITLES), "starts_at": NOW + DAY, "place": None, "notes": None}),
            ("treatments", {"code": "letrozole", "started_on": "2026-02-02", "status": "active", "line": 1}),
            ("reminders", {"kind": "check_in", "title": "How are you?", "local_start": "2026-03-01T09:00", "recurrence": "FREQ=DAILY", "discreet": True}),
        ))  # fmt: skip
        phone.create(table, id=id, **record)
        self.made[table].add(id)

    def change(self, phone: Phone) -> None:
        table = self.random.choice(("events", "questions", "treatments", "reminders"))
        values = {
            "events": {"title": self.random.choice(TITLES), "place": self.random.choice((None, "Harbor"))},
            "questions": {"answer": self.random.choice((None, "Yes")), "text": "May I swim?"},
            "treatments": {"notes": "with food", "dose": self.random.choice(("2.5 mg", None))},
            "reminders": {"title": self.random.choice(("Hello", "How are you?")), "discreet": self.random.random() < 0.5},
        }[table]  # fmt: skip
        if phone.tables[table]:
            id = self.random.choice(sorted(phone.tables[table]))
            name = self.random.choice(sorted(values))
            phone.update(table, id, **{name: values[name]})

    def delete(self, phone: Phone) -> None:
        table = self.random.choice(("events", "questions", "symptom_reports", "reminders"))
        if phone.tables[table]:
            id = self.random.choice(sorted(phone.tables[table]))
            phone.delete(table, id)
            self.deleted.add(id)

    def answer(self, phone: Phone) -> None:
        table, status = self.random.choice((
            ("doses", "taken"), ("doses", "missed"), ("reminder_occurrences", "done"),
            ("reminder_occurrences", "skipped"),
        ))  # fmt: skip
        due = [id for id, one in phone.tables[table].items() if one["due_at"] <= NOW + HOUR]
        if due:
            phone.update(table, self.random.choice(sorted(due)), status=status)

    def save(self, phone: Phone) -> None:
        slug = self.random.choice(SLUGS)
        there = [id for id, one in phone.tables["saved_content"].items() if one["slug"] == slug]
        if there:
            phone.update(
                "saved_content", there[0], read_at=NOW, saved_at=self.random.choice((NOW, None))
            )
        else:
            phone.create("saved_content", id=new(), slug=slug, saved_at=NOW)

    def staff(self, _phone: Phone) -> None:
        events = self.call("nora", f"GET /patients/{self.ana}/events").json["items"]
        if events and self.random.random() < 0.5:
            one = self.random.choice(events)
            path = f"/patients/{self.ana}/events/{one['id']}"
            self.call("nora", f"PATCH {path}", {"title": self.random.choice(TITLES)})
            return
        body = {
            "id": new(),
            "kind": "appointment",
            "title": "Visit",
            "starts_at": "2026-03-09T10:00:00Z",
        }
        assert self.call("nora", f"POST /patients/{self.ana}/events", body).status_code == 201
        self.made["events"].add(body["id"])


@pytest.mark.parametrize("seed", SEEDS)
def test_all_end_with_the_same(seed, app, call, world, phone):
    phones = [phone(), phone()]
    life = Life(Random(seed), call, phones, app, world)
    for _ in range(STEPS):
        life.step()
    for _ in range(2):
        for one in phones:
            one.sync()
            life.settle(one)
    for one in phones:
        one.pull()
        assert one.status == {}
        assert not any(one.gone.values())
    fresh = phone()
    fresh.pull()
    for name in TABLES:
        for one in phones:
            assert one.tables[name] == fresh.tables[name], (seed, name)
        lost = life.made[name] - fresh.tables[name].keys() - life.deleted
        assert lost == set(), (seed, name)
    articles = [one["slug"] for one in fresh.tables["saved_content"].values()]
    assert len(articles) == len(set(articles))
