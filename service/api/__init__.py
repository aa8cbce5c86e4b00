"""The HTTP edge.  Views are handed who calls and a transaction; they call one action and return.

Everything is under ``/api/v1``; the contract is ``/api/v1/openapi.json``, for people ``/api/docs``.
"""

import logging
from uuid import UUID

import orjson
from flask import Flask, Response, g, request
from flask.json.provider import JSONProvider
from werkzeug.exceptions import UnsupportedMediaType

from service.api import (
    adherence,
    alerts,
    articles,
    audit,
    auth,
    away,
    calendar,
    cascade,
    catalog,
    changes,
    check_in,
    clinics,
    consents,
    credentials,
    docs,
    doses,
    drills,
    emergencies,
    erasures,
    events,
    exports,
    feed,
    grants,
    health,
    invitations,
    lab,
    me,
    measures,
    notes,
    outbox,
    own_credentials,
    panel,
    passkeys,
    patients,
    questions,
    reminders,
    rosters,
    rules,
    safety_plans,
    search,
    security_txt,
    sign_in_links,
    staff,
    step_up,
    studies,
    support_entries,
    symptoms,
    sync,
    timeline,
    treatments,
    unsubscribe,
    views,
    visit_summary,
    webhooks,
    wellbeing,
)
from service.api.app_versions import check_app_version
from service.api.call import PatientId
from service.api.carrying import PREFIX, carry
from service.api.problems import ProblemApi
from service.api.rates import CallRates, tell_what_is_left
from service.clock import Clock
from service.ids import new_id

BLUEPRINTS = (
    auth.blp, step_up.blp, credentials.blp, passkeys.blp, sign_in_links.blp,
    own_credentials.blp, me.blp, invitations.blp, catalog.blp, patients.blp,
    treatments.blp, doses.blp, adherence.blp, symptoms.blp, wellbeing.blp, reminders.blp,
    events.blp, calendar.blp, timeline.blp, feed.blp, alerts.blp, panel.blp, consents.blp,
    grants.blp, outbox.blp, unsubscribe.blp, cascade.blp, away.blp, notes.blp, questions.blp,
    visit_summary.blp,
    safety_plans.blp, views.blp, measures.blp, drills.blp, articles.blp, support_entries.blp,
    staff.blp, clinics.blp, rosters.blp, rules.blp, audit.blp, check_in.blp, studies.blp, lab.blp,
    search.blp, exports.blp, erasures.blp, emergencies.blp, sync.blp, webhooks.blp,
    changes.blp,
)  # fmt: skip


class OrjsonProvider(JSONProvider):
    """JSON by orjson: ten times the standard library's speed, and strict (no NaN)."""

    def dumps(self, obj: object, **_kwargs: object) -> str:
        """Write JSON."""
        return orjson.dumps(obj, option=orjson.OPT_NON_STR_KEYS).decode()

    def loads(self, s: str | bytes, **_kwargs: object) -> object:
        """Read JSON."""
        return orjson.loads(s)


def init_app(app: Flask, clock: Clock) -> None:
    """Attach every route to the application."""
    app.json = OrjsonProvider(app)
    app.url_map.converters["pid"] = PatientId
    # By its name: Flask's own way to it would add a handler that writes everything.
    logging.getLogger(app.name).addFilter(calendar.hide_token)
    app.extensions["call_rates"] = CallRates(app.config["CALLS_A_MINUTE"])

    @app.before_request
    def freeze_time() -> None:
        # One request, one moment: two readings of the clock could straddle midnight.
        g.now = clock.now()
        g.request_id = _request_id(request.environ.get("HTTP_X_REQUEST_ID"))

    @app.before_request
    def refuse_unread() -> None:
        # A few bytes could become a great many: bodies are read as they come.
        if request.content_encoding:
            raise UnsupportedMediaType
        check_app_version()

    @app.after_request
    def name_request(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.request_id
        tell_what_is_left(response)
        carry(response)
        return response

    problem_api = ProblemApi(app)
    for blueprint in BLUEPRINTS:
        problem_api.register_blueprint(blueprint, url_prefix=PREFIX)
    app.extensions["contract"] = problem_api.spec
    app.register_blueprint(docs.blp)
    app.register_blueprint(health.blp)
    app.register_blueprint(security_txt.blp)


def _request_id(given: str | None) -> str:
    if given is None:
        return str(new_id())
    # Only a UUID is taken over: anything else would let a caller write into our logs.
    try:
        return str(UUID(given))
    except ValueError:
        return str(new_id())
