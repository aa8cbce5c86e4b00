"""A language is a folder: nothing but files makes it read, told and listed."""

from uuid import uuid4

import pytest

from service.clinical import BadKnowledge, knowledge
from service.content.articles import Shelf
from service.content.readability import measured
from tests.site.conftest import STAMP

ARTICLE = f"""---
slug: tdxd-ild
title: Xu xa
kind: article
audience: [patient]
tags: [her2, safety]
language: xx
version: 1
summary: Xo xi.
sources: ["Our clinic"]
{STAMP.splitlines()[1]}
expires_on: 2028-11-30
needs: []
priority: safety
pinned: false
---
Xu **xa** xo.
"""
GUIDANCE = f"""---
slug: fever-on-treatment
title: Xe
level: call_now
language: xx
version: 1
{STAMP}---
Xu {{oncology_line}} xa {{emergency_number}}.
"""


@pytest.fixture
def folder(site):
    """A made-up language, which no line of code knows of."""
    site.write("articles/xx/tdxd-ild.md", ARTICLE)
    site.write("guidance/xx/fever-on-treatment.md", GUIDANCE)
    return site


@pytest.fixture
def speaks(call):
    """Ana's language, as it is in some country."""
    assert call("ana", "PATCH /me", {"locale": "xx-US"}).status_code == 200


def takes(call, code):
    body = {"id": str(uuid4()), "code": code, "started_on": "2026-02-20", "status": "active"}
    assert call("ana", "POST /patients/me/treatments", body).status_code == 201


def test_its_articles_are_read_and_shown_and_the_others_are_english(call, folder, speaks):
    assert call("ana", "GET /content/tdxd-ild").json["language"] == "en"
    folder.in_force()
    takes(call, "t_dxd")

    read = call("ana", "GET /content/tdxd-ild").json
    assert (read["language"], read["title"]) == ("xx", "Xu xa")
    assert read["html"].strip() == "<p>Xu <strong>xa</strong> xo.</p>"
    cards = {
        one["slug"]: one["title"] for one in call("ana", "GET /patients/me/feed").json["items"]
    }
    assert cards["tdxd-ild"] == "Xu xa"
    assert call("ana", "GET /content/nausea").json["language"] == "en"


def test_its_guidance_is_said_with_the_clinics_numbers(call, folder, speaks):
    folder.in_force()
    takes(call, "ribociclib")
    body = {
        "id": str(uuid4()), "reported_at": "2026-03-02T09:00:00-08:00", "temperature_c": 38.2,
    }  # fmt: skip
    said = call("ana", "POST /patients/me/symptom-reports", body).json["guidance"]

    assert (said["title"], said["text"]) == ("Xe", "Xu 206-555-0100 xa 911.")


def test_an_article_is_found_on_an_empty_shelf(folder, clock):
    folder.in_force()
    found = Shelf({}).find("tdxd-ild", "xx", today=clock.now().date())
    assert found is knowledge().articles["tdxd-ild", "xx"]


def test_it_is_not_graded_where_there_is_no_measure_for_it(folder):
    known = folder.in_force()
    assert measured(known.articles["tdxd-ild", "xx"].body, "xx") == (3, None)


def test_it_may_say_nothing_softer_than_english(site):
    site.write("guidance/xx/fever-on-treatment.md", GUIDANCE.replace("call_now", "call_today"))
    with pytest.raises(BadKnowledge, match="'call_today' is not the level of the English text"):
        site.in_force()
