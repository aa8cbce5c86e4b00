"""A phone that keeps its records and syncs as WatermelonDB's own client does, in Python.

Source: Nozbe/WatermelonDB v0.28.1-0, src/sync/impl: synchronize, applyRemote, helpers, fetchLocal,
markAsSynced.  Per-column conflict resolution: what was changed here wins.
"""

from collections.abc import Callable
from typing import Any

KINDS = ("created", "updated", "deleted")


class Phone:
    """One phone: its tables, its marks on records, and when it pulled last."""

    def __init__(self, call: Callable[..., Any], tables: list[str]) -> None:
        self._call = call
        self.tables: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in tables}
        self.status: dict[tuple[str, str], str] = {}
        self.changed: dict[tuple[str, str], set[str]] = {}
        self.gone: dict[str, list[str]] = {name: [] for name in tables}
        self.last_pulled_at: int | None = None
        self.conflicts = 0
        self.rejected: dict[str, list[str]] = {}
        self.guidance: list[dict[str, Any]] = []

    # what the app does

    def create(self, table: str, **record: Any) -> None:
        self.tables[table][record["id"]] = record
        self.status[table, record["id"]] = "created"
        self.changed[table, record["id"]] = set()

    def update(self, table: str, id: str, **values: Any) -> None:
        record = self.tables[table][id]
        differing = {name for name, value in values.items() if record.get(name) != value}
        record.update(values)
        if differing:
            self.changed.setdefault((table, id), set()).update(differing)
            if self.status.get((table, id)) != "created":
                self.status[table, id] = "updated"

    def delete(self, table: str, id: str) -> None:
        del self.tables[table][id]
        self.changed.pop((table, id), None)
        if self.status.pop((table, id), None) != "created":
            self.gone[table].append(id)

    # what the library does

    def sync(self, *, lose_answer: bool = False, meanwhile: Callable[[], Any] | None = None) -> Any:
        """Pull, merge, push; return the answer to the push, ``None`` if nothing was to be sent.

        ``meanwhile`` happens between the first pull and the push.  After a conflict once more, as
        the stock client's manual says.
        """
        for turn in range(5):
            self.pull()
            if meanwhile is not None and turn == 0:
                meanwhile()
            changes = self.local_changes()
            if not any(one[kind] for one in changes.values() for kind in KINDS):
                return None
            answer = self.push(changes)
            if answer.status_code == 409:
                self.conflicts += 1
                continue
            assert answer.status_code == 200, answer.json
            if not lose_answer:
                self.mark_as_synced(changes, answer.json)
            return answer
        raise AssertionError("conflicts without end")

    def pull(self, **query: Any) -> dict[str, Any]:
        at = "null" if self.last_pulled_at is None else self.last_pulled_at
        more = "".join(f"&{name}={value}" for name, value in query.items())
        answer = self._call(f"GET /patients/me/sync?last_pulled_at={at}&schema_version=1{more}")
        assert answer.status_code == 200, answer.json
        pulled: dict[str, Any] = answer.json
        self.apply(pulled)
        return pulled

    def push(self, changes: dict[str, Any]) -> Any:
        return self._call(f"POST /patients/me/sync?last_pulled_at={self.last_pulled_at}", changes)

    def apply(self, pulled: dict[str, Any]) -> None:
        for table, changes in pulled["changes"].items():
            if table not in self.tables:
                continue
            for raw in (*changes["created"], *changes["updated"]):
                assert not {"_status", "_changed"} & raw.keys()
                self._merge(table, raw)
            for id in changes["deleted"]:
                self.tables[table].pop(id, None)
                self.status.pop((table, id), None)
                self.changed.pop((table, id), None)
                self.gone[table] = [one for one in self.gone[table] if one != id]
        assert self.last_pulled_at is None or pulled["timestamp"] >= self.last_pulled_at
        self.last_pulled_at = pulled["timestamp"]

    def _merge(self, table: str, raw: dict[str, Any]) -> None:
        key = (table, raw["id"])
        if raw["id"] in self.gone[table]:
            return
        there = self.tables[table].get(raw["id"])
        mine = {name: there[name] for name in self.changed.get(key, ())} if there else {}
        self.tables[table][raw["id"]] = {**(there or {}), **raw, **mine}

    def local_changes(self) -> dict[str, Any]:
        changes: dict[str, Any] = {
            name: {"created": [], "updated": [], "deleted": list(self.gone[name])}
            for name in self.tables
        }
        for (table, id), status in self.status.items():
            marks = {"_status": status, "_changed": ",".join(sorted(self.changed[table, id]))}
            changes[table][status].append({**self.tables[table][id], **marks})
        return changes

    def mark_as_synced(self, changes: dict[str, Any], answer: dict[str, Any]) -> None:
        self.rejected = answer["experimentalRejectedIds"]
        self.guidance = answer["guidance"]
        for table, kinds in changes.items():
            rejected = set(self.rejected.get(table, ()))
            for raw in (*kinds["created"], *kinds["updated"]):
                if raw["id"] not in rejected:
                    self.status.pop((table, raw["id"]), None)
                    self.changed.pop((table, raw["id"]), None)
            self.gone[table] = [
                id for id in self.gone[table] if id not in kinds["deleted"] or id in rejected
            ]

    def drop_rejected(self) -> None:
        """Give up what the server will not take: what an app does once she has read why."""
        for table, ids in self.rejected.items():
            for id in ids:
                self.tables[table].pop(id, None)
                self.status.pop((table, id), None)
                self.changed.pop((table, id), None)
                self.gone[table] = [one for one in self.gone[table] if one != id]
        self.last_pulled_at = None  # and is told everything again
        self.rejected = {}
