"""Is it alive, is it ready, what does it count: for whoever runs it, without patient data."""

from datetime import datetime, timedelta
from hmac import compare_digest
from ipaddress import ip_address

from flask import Blueprint, Response, current_app, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from service.api.call import public
from service.api.dispatch_metrics import dispatch_text
from service.care.rules_in_force import broken_somewhere
from service.db import transaction
from service.errors import NotFound
from service.notify.lateness import backlog_of, histograms
from service.notify.queries import scheduler_is_late
from service.reminders.queries import next_moments
from service.row_security import reach_every_clinic

blp = Blueprint("health", __name__)
_BY_PROXIES = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Via")

# A scheduler that ticks and yet leaves what is due undone for this long is not working.
OVERDUE_AFTER = timedelta(minutes=5)


@blp.get("/healthz")
@public
def alive() -> Response:
    """Answer, if the process can."""
    return jsonify(status="ok")


@blp.get("/readyz")
@public
def ready() -> tuple[Response, int]:
    """Tell whether requests can be served: database, migrations, scheduler."""
    checks = {"database": "ok", "scheduler": "ok", "messages": "ok"}
    rules = "ok"
    try:
        with transaction() as session:
            reach_every_clinic(session)
            late = scheduler_is_late(
                session, now=g.now, after=current_app.config["HEARTBEAT_LATE_AFTER"]
            )
            overdue = overdue_by(session, g.now)
            checks["scheduler"] = "late" if late else "ok"
            checks["messages"] = "overdue" if overdue > OVERDUE_AFTER else "ok"
            rules = "broken" if broken_somewhere(session) else "ok"
    except SQLAlchemyError:
        checks["database"] = "away"
    ok = set(checks.values()) == {"ok"}
    # A clinic's own rule that cannot be read is loud and no reason to answer nobody: ours stands.
    status = "ok" if ok and rules == "ok" else "degraded"
    return jsonify(status=status, checks={**checks, "rules": rules}), 200 if ok else 503


@blp.get("/metrics")
@public
def metrics() -> Response:
    """Count requests, jobs and how late messages leave, for Prometheus.

    For whoever knows ``METRICS_TOKEN``; where there is none, for this machine alone.  Everybody
    else is told that there is no such page.
    """
    if not _may_count():
        raise NotFound
    text = generate_latest()
    try:
        with transaction() as session:
            reach_every_clinic(session)
            text += dispatch_text(
                histograms(session),
                backlog_of(session),
                overdue=overdue_by(session, g.now),
                now=g.now,
            )
    except SQLAlchemyError:
        pass  # the rest is worth having without the database
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def _may_count() -> bool:
    token: str | None = current_app.config["METRICS_TOKEN"]
    if token is not None:
        shown = request.headers.get("Authorization", "")
        return compare_digest(shown.encode(), f"Bearer {token}".encode())
    # A proxy on this machine calls from loopback too, and brings the whole world along.
    is_passed_on = any(name in request.headers for name in _BY_PROXIES)
    try:
        return not is_passed_on and ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def overdue_by(session: Session, now: datetime) -> timedelta:
    """Return for how long the scheduler has left undone what it should have: zero if nothing.

    What a provider does not take is tried again at its time, and so is not overdue.
    """
    backlog = backlog_of(session)
    moments = [backlog.next_try_at, *next_moments(session)]
    return max((now - moment for moment in moments if moment), default=timedelta(0))
