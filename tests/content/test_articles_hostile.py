"""Hostile text in every field of an article: refused where it is no text, else shown as text."""

import pytest

from service.content.articles import html_of
from service.content.readability import measured
from service.content.rules import as_text, changes
from tests.content.conftest import ARTICLE

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
RIGHT_TO_LEFT = "\u202eevil\u200f"
TEXTS = ("title", "summary", "body")


@pytest.mark.parametrize("text", [HOSTILE, RIGHT_TO_LEFT, "\U0001f33f", "<b>" * 60])
def test_what_looks_like_a_page_stays_text(call, published, text):
    published(title=text, summary=text, sources=[text], tags=[text[:60]], body=text)
    read = call("ana", "GET /content/nausea").json
    assert (read["title"], read["summary"], read["sources"]) == (text, text, [text])
    assert read["markdown"] == text
    for tag in ("<script", "<img", "<b>"):
        assert tag not in read["html"]


@pytest.mark.parametrize(
    "markdown",
    [
        "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java&#10;script:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)", "[x](vbscript:x)", "[x](//evil.example)",
        "[x](/sign-out)", "[x](file:///etc/passwd)", "<javascript:alert(1)>",
        "![x](https://evil.example/seen.png)", "<iframe src=https://evil.example></iframe>",
        "[x]: javascript:alert(1)\n[x]", "<a href='javascript:alert(1)'>x</a>",
        "<style>*{display:none}</style>", '[x](https://a.b "onclick=alert(1)")',
        "<svg/onload=alert(1)>", "[x](&#106;avascript:alert(1))",
    ],
)  # fmt: skip
def test_no_markdown_becomes_a_script_a_frame_or_a_picture(markdown):
    html = html_of(markdown).lower()
    for bad in ("<script", "<img", "<iframe", "<style", "<svg", 'href="javascript', 'href="data',
                'href="vbscript', 'href="file', 'href="/', "<a href='"):  # fmt: skip
        assert bad not in html, html


def test_links_lead_to_pages_addresses_and_phones():
    for address in ("https://example.org/a", "mailto:a@example.org", "tel:+12065550100"):
        assert f'href="{address}"' in html_of(f"[x]({address})")


@pytest.mark.parametrize("field", TEXTS)
@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"])
def test_characters_that_steer_machines_are_refused(call, field, character):
    answer = call("eva", "POST /articles", ARTICLE | {field: f"a{character}b"})
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json["errors"]} == {f"/{field}"}


@pytest.mark.parametrize("field", ["title", "summary"])
def test_a_title_is_one_line(call, field):
    assert call("eva", "POST /articles", ARTICLE | {field: "a\nb"}).status_code == 422


def test_line_ends_of_every_kind_are_the_same(written):
    assert written(body="a\r\nb\rc\nd")["markdown"] == "a\nb\nc\nd"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"body": "x" * 20_001}, "/body"), ({"body": "a\n" * 500}, "/body"),
        ({"title": "x" * 201}, "/title"), ({"summary": "x" * 201}, "/summary"),
        ({"sources": ["x" * 501]}, "/sources/0"), ({"sources": ["x"] * 31}, "/sources"),
        ({"sources": []}, "/sources"), ({"tags": ["x" * 61]}, "/tags/0"),
        ({"slug": "A b"}, "/slug"), ({"slug": "x" * 61}, "/slug"), ({"slug": "a\n"}, "/slug"),
        ({"slug": "../etc"}, "/slug"), ({"language": "english"}, "/language"),
        ({"language": "en\n"}, "/language"), ({"kind": "advert"}, "/kind"),
        ({"audience": []}, "/audience"), ({"audience": ["dogs"]}, "/audience/0"),
        ({"needs": ["hope"]}, "/needs/0"), ({"expires_on": "soon"}, "/expires_on"),
        ({"expires_on": None}, "/expires_on"), ({"body": "  \n "}, "/body"),
        ({"body": "Call {oncology_line}."}, "/body"), ({"priority": "safety"}, "/priority"),
        ({"pinned": True}, "/pinned"), ({"review": {"status": "reviewed"}}, "/review"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_and_nothing_is_written(call, change, pointer):
    answer = call("eva", "POST /articles", ARTICLE | change)
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json["errors"]]
    assert call("eva", "GET /articles").json["items"] == []


def test_a_change_is_checked_as_a_new_version_is(call, written):
    id = written()["id"]
    for change in (
        {"body": "{x}"},
        {"sources": []},
        {"title": ""},
        {"slug": "x"},
        {"audience": []},
    ):
        assert call("eva", f"PATCH /articles/{id}", change).status_code == 422, change
    assert call("eva", f"GET /articles/{id}").json["version"] == 1


def test_two_versions_are_compared_line_by_line():
    front = {**ARTICLE, "tags": [], "needs": []}
    before = as_text(front, "One.\n\nTwo.")
    after = as_text(front | {"title": "Sick", "sources": ["A", "B"]}, "One.\n\nThree.\n\nTwo.")
    found = [f"{one.mark}{one.text}" for one in changes(before, after) if one.mark != " "]
    assert found == [
        f"-Title: {ARTICLE['title']}", "+Title: Sick", f"-Source: {ARTICLE['sources'][0]}",
        "+Source: A", "+Source: B", "+Three.", "+",
    ]  # fmt: skip
    kept = [one.text for one in changes(before, before)]
    assert "\n".join(kept) == before


def test_a_text_without_words_has_no_grade_and_only_english_has_one():
    assert measured("## \n\n— —", "en") == (0, None)
    assert measured("Coma poco y con frecuencia.", "es") == (5, None)
    assert measured("Eat little and often.", "en-US") == (4, pytest.approx(1, abs=3))
