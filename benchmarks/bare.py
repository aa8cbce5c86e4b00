"""The yardstick: a Flask view with nothing around it that inserts one row in one transaction."""

import os
from uuid import UUID, uuid4

import orjson
import psycopg
from flask import Flask, Response, request
from psycopg_pool import ConnectionPool

app = Flask(__name__)
_POOL = ConnectionPool(os.environ["BARE_URL"], min_size=4, max_size=4, open=True)


@app.post("/rows")
def insert() -> Response:
    """Insert what was sent, as it was sent."""
    body = orjson.loads(request.get_data())
    with _POOL.connection() as connection:
        connection.execute(
            "INSERT INTO bare_rows (id, patient_id, at, body) VALUES (%s, %s, now(), %s)",
            (uuid4(), UUID(body["id"]), psycopg.types.json.Jsonb(body)),
        )
    return Response(orjson.dumps({"id": body["id"]}), 201, mimetype="application/json")


@app.post("/many-rows")
def insert_many() -> Response:
    """Insert all rows that were sent, as they were sent, in one statement."""
    rows = orjson.loads(request.get_data())["rows"]
    with _POOL.connection() as connection:
        connection.execute(
            "INSERT INTO bare_rows (id, patient_id, at, body) SELECT gen_random_uuid(), id, now(),"
            " body FROM unnest(%s::uuid[], %s::jsonb[]) AS given (id, body)",
            ([row["id"] for row in rows], [psycopg.types.json.Jsonb(row) for row in rows]),
        )
    return Response(orjson.dumps({"taken": len(rows)}), 201, mimetype="application/json")


@app.get("/rows/<uuid:patient_id>")
def read(patient_id: UUID) -> Response:
    """Read the newest 50 reports of a patient, the columns the API gives."""
    with _POOL.connection() as connection:
        rows = connection.execute(
            "SELECT id, reported_at, received_at, answers, grading_version, temperature_c,"
            " stools_over_baseline, glucose_mg_dl, red_flags, body_sites, note, reported_by,"
            " corrects, corrected_by, version FROM symptom_reports WHERE patient_id = %s"
            " AND deleted_at IS NULL ORDER BY at DESC, id DESC LIMIT 50",
            (patient_id,),
        ).fetchall()
    return Response(orjson.dumps({"items": rows}), mimetype="application/json")
