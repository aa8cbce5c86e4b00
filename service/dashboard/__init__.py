"""The HTML edge: what the care team sees and clicks.

Pages work without a script; htmx only lets the queue refresh itself and rows change in place.
Who may see what is the access table's to say (``accounts.access``), as it is for the API.
"""

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from service.dashboard import (
    assets,
    formatting,
    pages,
    security,
    views_alert,
    views_outbox,
    views_panel,
    views_patient,
    views_queue,
    views_requests,
    views_sign_in,
)
from service.dashboard.alert_page import person_words

_GET, _POST = ["GET"], ["POST"]
_ROUTES = (
    ("/sign-in", "show_sign_in", views_sign_in.show_sign_in, _GET),
    ("/sign-in", "sign_in", views_sign_in.sign_in, _POST),
    ("/sign-out", "sign_out", views_sign_in.sign_out, _POST),
    ("/static/<name>", "static_file", views_sign_in.static_file, _GET),
    ("/", "panel", views_panel.show_panel, _GET),
    ("/queues/<queue>", "queue", views_queue.show_queue, _GET),
    ("/alerts/<uuid:alert_id>", "alert", views_alert.show_alert, _GET),
    ("/alerts/<uuid:alert_id>/acknowledge", "acknowledge", views_alert.acknowledge, _POST),
    ("/alerts/<uuid:alert_id>/contact-attempts", "contact", views_alert.record_contact, _POST),
    ("/alerts/<uuid:alert_id>/close", "close", views_alert.close, _POST),
    ("/alerts/<uuid:alert_id>/reopen", "reopen", views_alert.reopen, _POST),
    ("/support-requests/<uuid:request_id>", "support_request", views_requests.show_request, _GET),
    ("/support-requests/<uuid:request_id>/claim", "claim", views_requests.claim, _POST),
    ("/support-requests/<uuid:request_id>/contact-attempts", "contact_request",
     views_requests.record_contact, _POST),
    ("/support-requests/<uuid:request_id>/close", "close_request", views_requests.close, _POST),
    ("/outbox", "outbox", views_outbox.show_outbox, _GET),
    ("/outbox/<uuid:message_id>/retry", "retry", views_outbox.retry, _POST),
    ("/patients/<uuid:patient_id>", "patient", views_patient.show_patient, _GET),
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Attach the pages."""
    blueprint = Blueprint("dashboard", __name__, template_folder="templates")
    for rule, endpoint, view, methods in _ROUTES:
        blueprint.add_url_rule(rule, endpoint, view, methods=methods)
    for kind, handler in pages.HANDLERS:
        blueprint.register_error_handler(kind, handler)
    blueprint.before_request(_refuse_forged)
    app.register_blueprint(blueprint)
    app.before_request(_unknown_page)
    app.after_request(security.add_headers)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        asset_url=assets.asset_url, formatting=formatting, person_words=person_words
    )


def _refuse_forged() -> Response | None:
    if security.is_forged():
        return pages.message(
            403, heading="This did not come from a page of Waymark",
            text="Nothing was changed. Open the page again and use its own buttons.",
        )  # fmt: skip
    return None


def _unknown_page() -> Response | None:
    """Answer people who ask for no page of ours with a page; machines get their problems."""
    error = request.routing_exception
    if error is None or isinstance(error, RequestRedirect) or not security.is_for_people():
        return None
    return pages.on_http_error(error) if isinstance(error, HTTPException) else None
