"""What a site's own systems can be told of, and how a person reads it."""

from collections.abc import Mapping

JOINED = "patient.joined"
DIED = "patient.died"
# The name promise S-58 gives it.
DELETED = "patient.deleted"
CONSENT_WITHDRAWN = "consent.withdrawn"
REPORT_CREATED = "report.created"

EVENT_TYPES: Mapping[str, str] = {
    "alert.opened": "An alert was opened",
    "alert.escalated": "Nobody answered an alert in time, and the next was told",
    "alert.acknowledged": "Somebody has taken an alert",
    "alert.closed": "An alert was closed",
    "support_request.opened": "Somebody asked for a person",
    "support_request.closed": "A request for a person was closed",
    JOINED: "A patient joined",
    DIED: "A death was entered",
    DELETED: "A patient was erased (goes to every endpoint)",
    REPORT_CREATED: "A report came in",
    CONSENT_WITHDRAWN: "A patient withdrew a consent",
}
"""The types, each with what it says in the words of a person."""

# Also of her who does not share her record with the care team: nothing of it is in them.
OF_EVERYBODY = frozenset({JOINED, DIED, DELETED, CONSENT_WITHDRAWN})
