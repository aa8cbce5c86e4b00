"""Routes: today's short form."""

from typing import Any

from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.problems import ApiBlueprint
from service.care.check_in import check_in_for
from service.care.check_in_schemas import CheckInOut

blp = ApiBlueprint("check_in", __name__, description="Today's short form")


@blp.route("/patients/<pid:pid>/check-in")
@allow(Topic.SYMPTOMS, Do.READ)
@blp.response(200, CheckInOut)
def read_check_in(*, call: Call) -> Any:
    """Read what to ask her today: at most twelve symptoms, each with the reason it is asked.

    Made anew from what she takes and what she last said. Warning signs are always there.
    `same_as_last` is the body of a symptom report for "nothing has changed".
    """
    return check_in_for(call.session, call.viewer, call.patient, now=call.now)
