"""The bundle: every row of hers as a resource, written as it is read.

Where FHIR has a resource for what a table holds, that is used; every other row becomes a
``Basic``.  Each resource brings its row as it is stored in extensions, so nothing is lost where
FHIR has no place for it.  Who entered a record for her is a ``Provenance``.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from uuid import UUID

import orjson
import sqlalchemy as sa

from service.clinical import knowledge
from service.exports.fhir import around, health
from service.exports.fhir.values import (
    Context,
    Resource,
    account,
    as_stored,
    concept,
    id_of,
    moment,
    urn,
)  # fmt: skip
from service.exports.reading import Reader, Row, exported_tables
from service.ids import derived_id

RESOURCES: Mapping[str, Callable[[Row, Context], Resource | None]] = {
    "patients": health.patient,
    "diagnoses": health.condition,
    "treatments": health.treatment,
    "doses": health.dose,
    "symptom_reports": health.symptom_report,
    "questionnaire_responses": health.questionnaire_response,
    "measurements": health.measurement,
    "wellbeing_checks": health.wellbeing_check,
    "events": around.appointment,
    "reminders": around.reminder,
    "outbox_messages": around.message,
    "questions": around.question,
    "care_notes": around.note,
    "consents": around.consent,
    "grants": around.grant,
    "alerts": around.alert,
    "support_requests": around.support_request,
    "access_log": around.look,
}
"""What a row of each table becomes; of a table that is not here, a ``Basic``."""


def bundle(reader: Reader, *, now: datetime) -> Iterator[bytes]:
    """Give the bundle, bit by bit."""
    context = Context(reader.hers, _treatments(reader))
    head = {
        "resourceType": "Bundle",
        "id": str(derived_id("bundle", reader.hers.patient_id, now.isoformat())),
        "type": "collection",
        "timestamp": moment(now),
    }
    yield orjson.dumps(head).removesuffix(b"}") + b',"entry":['
    between = b""
    for table in exported_tables():
        for row in reader.rows(table):
            for resource in _resources(table, row, context):
                entry = {"fullUrl": urn(UUID(resource["id"])), "resource": resource}
                yield between + orjson.dumps(entry)
                between = b",\n"
    yield b"]}"


def _resources(table: sa.Table, row: Row, context: Context) -> Iterator[Resource]:
    build = RESOURCES.get(table.name)
    found = build(row, context) if build else None
    id = id_of(table, row)
    resource = found or _basic(table, context)
    yield {"id": str(id), "extension": as_stored(table, row), **resource}
    by = row.get("entered_by")
    if by is not None and by != context.hers.account_id:
        yield {
            "resourceType": "Provenance",
            "id": str(derived_id("provenance", id)),
            "target": [{"reference": urn(id)}],
            "recorded": moment(row["received_at"]),
            "agent": [{"who": account(by)}],
        }


def _basic(table: sa.Table, context: Context) -> Resource:
    about_her = {} if table.name == "accounts" else {"subject": context.her}
    return {"resourceType": "Basic", "code": concept("table", table.name), **about_her}


def _treatments(reader: Reader) -> Mapping[UUID, str]:
    [table] = (table for table in exported_tables() if table.name == "treatments")
    known = knowledge().treatments
    names = {}
    for row in reader.rows(table):
        names[row["id"]] = row["name"] or (
            known[row["code"]].name if row["code"] in known else row["code"]
        )
    return names
