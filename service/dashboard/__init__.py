"""The HTML edge: what the care team sees and clicks.

Pages work without a script; htmx only lets the queue refresh itself and rows change in place.
Who may see what is the access table's to say (``accounts.access``), as it is for the API.
"""

from types import ModuleType

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from service.dashboard import (
    assets,
    formatting,
    pages,
    security,
    sso_provider,
    views_account,
    views_alert,
    views_audit,
    views_cascade,
    views_changes,
    views_clinic,
    views_content,
    views_drills,
    views_emergencies,
    views_erasures,
    views_join,
    views_lab,
    views_measures,
    views_notes,
    views_outbox,
    views_panel,
    views_passkeys,
    views_password,
    views_patient,
    views_queue,
    views_requests,
    views_roster,
    views_rules,
    views_safety_plan,
    views_sessions,
    views_sign_in,
    views_sign_in_link,
    views_sso,
    views_staff,
    views_step_up,
    views_studies,
    views_support,
    views_visit,
    views_webhooks,
    views_welfare,
)
from service.dashboard.alert_page import person_words

PAGES: tuple[ModuleType, ...] = (
    views_account, views_alert, views_audit, views_cascade, views_changes, views_clinic,
    views_content, views_drills, views_emergencies, views_erasures, views_join, views_lab,
    views_measures, views_notes, views_outbox, views_panel, views_passkeys, views_password,
    views_patient, views_queue, views_requests, views_roster, views_rules, views_safety_plan,
    views_sessions, views_sign_in, views_sign_in_link, views_sso, views_staff, views_step_up,
    views_studies, views_support, views_visit, views_webhooks, views_welfare,
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Attach the pages.

    Raises:
        BadConfig: the settings of the single sign-on do not do.
    """
    app.extensions["sso"] = sso_provider.provider_of(app.config)
    blueprint = Blueprint("dashboard", __name__, template_folder="templates")
    for route in (route for module in PAGES for route in module.ROUTES):
        blueprint.add_url_rule(route.rule, route.endpoint, route.view, methods=[route.method])
    for kind, handler in pages.HANDLERS:
        blueprint.register_error_handler(kind, handler)
    blueprint.before_request(_refuse_forged)
    app.register_blueprint(blueprint)
    app.before_request(_unknown_page)
    app.after_request(security.add_headers)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        asset_url=assets.asset_url, formatting=formatting, person_words=person_words,
        has_passkeys=views_passkeys.has_passkeys,
    )  # fmt: skip


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
