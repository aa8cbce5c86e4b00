"""What an app developer writes against the generated client: sign in, log a symptom, read on.

Run as ``python app.py <address> <email> <password>``; prints what it saw as JSON.
"""

import datetime
import json
import sys
from uuid import uuid4

from waymark.api.auth import sign_in
from waymark.api.feed import read_feed
from waymark.api.symptoms import report_symptoms
from waymark.client import AuthenticatedClient, Client
from waymark.models import Answer, AnswerSymptom, LoginIn, SymptomReportIn


def main(base_url: str, email: str, password: str) -> None:
    stranger = Client(base_url=base_url)
    refused = sign_in.sync(client=stranger, body=LoginIn(email=email, password="wrong"))
    tokens = sign_in.sync(client=stranger, body=LoginIn(email=email, password=password))
    hers = AuthenticatedClient(base_url=base_url, token=tokens.access_token)
    said = SymptomReportIn(
        id=uuid4(),
        reported_at=datetime.datetime.fromisoformat("2026-03-02T09:00:00-08:00"),
        answers=[Answer(symptom=AnswerSymptom.NAUSEA, frequency=3, severity=3)],
    )
    first = report_symptoms.sync_detailed("me", client=hers, body=said)
    again = report_symptoms.sync_detailed("me", client=hers, body=said)
    feed = read_feed.sync_detailed("me", client=hers)
    said.id, said.temperature_c = uuid4(), 99
    wrong = report_symptoms.sync("me", client=hers, body=said)
    print(
        json.dumps(
            {
                "refused": refused.type_,
                "statuses": [one.status_code for one in (first, again, feed)],
                "level": first.parsed.guidance.level,
                "same": first.parsed.id == again.parsed.id,
                "feed": [item.slug for item in feed.parsed.items],
                "wrong": [error.to_dict() for error in wrong.errors],
            }
        )
    )


main(*sys.argv[1:])
