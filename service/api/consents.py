"""What a patient has agreed to: the texts, what she says to each, and what she said before."""

from typing import Any

from service.accounts import consent_queries as queries
from service.accounts.access import Do, Topic
from service.accounts.consent_schemas import ConsentIn, ConsentPage, ConsentWithHistory
from service.api.call import Call, allow
from service.api.problems import ApiBlueprint, Problem
from service.care import sharing

blp = ApiBlueprint("consents", __name__, description="What she has agreed to")
_CONSENT = "/patients/<pid:pid>/consents/<purpose>"


@blp.route("/patients/<pid:pid>/consents")
@allow(Topic.CONSENTS, Do.READ)
@blp.response(200, ConsentPage)
def list_consents(*, call: Call) -> Any:
    """List what she is asked to agree to, and what she has said."""
    return {"items": queries.consents_of(call.session, call.patient), "next_cursor": None}


@blp.route(_CONSENT)
@allow(Topic.CONSENTS, Do.READ)
@blp.response(200, ConsentWithHistory)
def read_consent(purpose: str, *, call: Call) -> Any:
    """Read one consent: its text, what holds, and what she said before."""
    return queries.consent_of(call.session, call.patient, purpose)


@blp.route(_CONSENT, methods=["PUT"])
@allow(Topic.CONSENTS, Do.WRITE)
@blp.arguments(ConsentIn)
@blp.response(200, ConsentWithHistory)
@blp.alt_response(409, schema=Problem, description="She has read another version of the text")
def answer_consent(said: dict[str, Any], purpose: str, *, call: Call) -> Any:
    """Agree or refuse; it holds at once, and can be changed at any time."""
    sharing.answer_consent(
        call.session, call.patient, change=call.change, by=call.viewer, purpose=purpose, **said
    )
    return queries.consent_of(call.session, call.patient, purpose)
