"""Is it alive, is it ready, what does it count: for whoever runs it, without patient data."""

from flask import Blueprint, Response, current_app, g, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from service.api.call import public
from service.db import transaction
from service.notify.queries import scheduler_is_late

blp = Blueprint("health", __name__)


@blp.get("/healthz")
@public
def alive() -> Response:
    """Answer, if the process can."""
    return jsonify(status="ok")


@blp.get("/readyz")
@public
def ready() -> tuple[Response, int]:
    """Tell whether requests can be served: database, migrations, scheduler."""
    checks = {"database": "ok", "scheduler": "ok"}
    try:
        with transaction() as session:
            late = scheduler_is_late(
                session, now=g.now, after=current_app.config["HEARTBEAT_LATE_AFTER"]
            )
            checks["scheduler"] = "late" if late else "ok"
    except SQLAlchemyError:
        checks["database"] = "away"
    ok = checks["database"] == "ok" and checks["scheduler"] == "ok"
    return jsonify(status="ok" if ok else "degraded", checks=checks), 200 if ok else 503


@blp.get("/metrics")
@public
def metrics() -> Response:
    """Count requests and jobs, for Prometheus."""
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
