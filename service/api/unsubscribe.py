"""The link at the foot of an e-mail: a click asks, a button or the mail program does it.

No sign-in: the token is the permission.  Programs get JSON, browsers a page.
"""

from typing import Any

from flask import Response, current_app, make_response, render_template, request
from marshmallow import fields

from service.accounts import preferences
from service.api.call import public
from service.api.problems import ApiBlueprint
from service.db import transaction
from service.notify.unsubscribing import Subscription, read_token, unsubscribe
from service.wire import Out

blp = ApiBlueprint("unsubscribe", __name__, description="Stopping e-mails of one kind")
_WAYS = {"email": "e-mail", "push": "push message"}


class SubscriptionOut(Out):
    """What a link is about: a kind of message over one way, and whether this call stopped it."""

    channel = fields.String()
    kind = fields.String()
    off = fields.Boolean()


@blp.route("/unsubscribe/<unsubscribe_token>")
@public
@blp.response(200, SubscriptionOut)
def ask(unsubscribe_token: str) -> Any:
    """Read what a link would stop; nothing is stopped by looking."""
    return _answer(read_token(current_app.extensions["tokens"], unsubscribe_token), off=False)


@blp.route("/unsubscribe/<unsubscribe_token>", methods=["POST"])
@public
@blp.response(200, SubscriptionOut)
def stop(unsubscribe_token: str) -> Any:
    """Stop messages of one kind over one way, in one click (RFC 8058).

    Whatever the body says: mail programs send ``List-Unsubscribe=One-Click``, and somebody who
    wants no more mail is not refused for a form.
    """
    subscription = read_token(current_app.extensions["tokens"], unsubscribe_token)
    with transaction() as session:
        unsubscribe(session, subscription)
    return _answer(subscription, off=True)


def _answer(subscription: Subscription, *, off: bool) -> dict[str, Any] | Response:
    accepted = request.accept_mimetypes.best_match(["application/json", "text/html"])
    if accepted != "text/html":
        return {"channel": subscription.channel, "kind": subscription.kind, "off": off}
    return make_response(
        render_template(
            "unsubscribe.html", is_off=off, way=_WAYS[subscription.channel],
            kind=preferences.KINDS[subscription.kind],
        )
    )  # fmt: skip
