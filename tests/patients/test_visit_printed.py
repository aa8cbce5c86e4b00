"""The two-minute page to print and as PDF: whole, tagged, safe whatever stands in it."""

import io
import re
from uuid import uuid4

import pytest
from pypdf import PdfReader

from tests.conftest import MONDAY_MORNING
from tests.dashboard.conftest import readable

MARKUP = (
    '#eval("1/0") #panic() $x$ *b* _i_ `r` \\ <a> @ref // end /* [x] = h {} "q" ~ -- --- \\u{41}'
)
HTML = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}{% raw %}"
SCRIPTS = "مرحبا شكرا नमस्ते 你好 한국어 ไทย Ω я 👩‍👧 \u202etxet\u202c a\u0301\u0302\u0303"


@pytest.fixture
def printed(call, world):
    def printed(who="omar", ending="pdf", since="2026-01-20"):
        path = f"/patients/{world['ana'].patient_id}/visit-summary.{ending}?since={since}"
        answer = call(who, f"GET {path}")
        assert answer.status_code == 200, answer.text
        return answer

    return printed


@pytest.fixture
def ask(call):
    def ask(text, who="ana"):
        body = {"id": str(uuid4()), "text": text}
        assert call(who, "POST /patients/me/questions", body).status_code == 201

    return ask


@pytest.fixture
def told(call):
    """Ana has said something in every part of her diary."""
    at = MONDAY_MORNING.isoformat()
    call("ana", "PATCH /patients/me", {"what_matters": "To dance at Lena's wedding."})
    for what, body in (
        ("questions", {"text": "May I fly in June?"}),
        ("treatments", {"code": "ribociclib", "started_on": "2026-02-02", "status": "active"}),
        ("symptom-reports", {"reported_at": "2026-02-20T09:00:00-08:00", "answers": [
            {"symptom": "nausea", "severity": 1, "frequency": 1}]}),
        ("symptom-reports", {"reported_at": at, "answers": [
            {"symptom": "nausea", "severity": 4, "frequency": 4}]}),
        ("wellbeing-checks", {"checked_at": at, "distress": 3, "topics": ["feelings"]}),
        ("events", {"kind": "scan", "title": "CT of the chest",
                    "starts_at": "2026-03-20T08:30:00-07:00"}),
    ):  # fmt: skip
        answer = call("ana", f"POST /patients/me/{what}", {"id": str(uuid4())} | body)
        assert answer.status_code == 201, answer.json


def text_of(answer):
    reader = PdfReader(io.BytesIO(answer.data))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_the_pdf_is_tagged_named_and_one_page(printed, told):
    answer = printed()
    reader = PdfReader(io.BytesIO(answer.data))
    root = reader.trailer["/Root"]

    assert answer.content_type == "application/pdf"
    assert root["/MarkInfo"]["/Marked"].value
    assert root["/StructTreeRoot"]["/K"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value
    assert reader.metadata.title == "Before the visit: Ana"
    assert b"pdfuaid:part>1<" in root["/Metadata"].get_data()
    assert len(reader.pages) == 1
    assert [round(float(side)) for side in reader.pages[0].mediabox[2:]] == [595, 842]


def test_everything_on_the_page_is_in_the_pdf(call, printed, told, world):
    page = call(
        "omar", f"GET /patients/{world['ana'].patient_id}/visit-summary?since=2026-01-20"
    ).json

    text = text_of(printed())

    for section in page["sections"]:
        assert section["title"] in text
        for line in section["lines"]:
            assert " ".join(line["text"].split()) in text, line["text"]
    assert "Page 1 of 1" in text
    assert "From 20 January 2026 to 2 March 2026" in text


def test_the_drawing_has_words_for_who_cannot_see_it(printed, told):
    data = printed().data
    alt = [
        str(one.get_object()["/Alt"])
        for one in _objects(data)
        if isinstance(one.get_object(), dict) and "/Alt" in one.get_object()
    ]

    assert alt == ["Over time: Nausea from mild to severe."]
    assert 'aria-label="Over time: Nausea from mild to severe."' in printed(ending="html").text


def _objects(data):
    reader = PdfReader(io.BytesIO(data))
    return [
        reader.get_object(number)
        for number in range(1, int(reader.trailer["/Size"]))
        if reader.get_object(number) is not None
    ]


def test_nothing_of_another_patients_is_in_it(printed, told, ask):
    ask("Zebra of Ben", who="ben")

    assert "Zebra" not in text_of(printed())
    assert "Zebra" not in printed(ending="html").text


@pytest.mark.parametrize(
    "text", [MARKUP, HTML, "\\" * 50, "#" * 50, "$" * 51, '"]}', "${sys.inputs}"]
)
def test_markup_in_her_words_is_text(ask, printed, text):
    ask(text)

    shown = " ".join(text.split())
    assert shown.replace(" ", "") in text_of(printed()).replace(" ", "")
    assert shown in readable(printed(ending="html")) or "<" in text


@pytest.mark.parametrize(
    "text", [SCRIPTS, "a\x07b\x1b[31mc\x7f", "\ufffe\uffff\ue000", "\u200d\u200b\ufeff", "ø" * 1999]
)
def test_no_letter_of_any_script_breaks_it(ask, printed, text):
    ask(text)

    assert PdfReader(io.BytesIO(printed().data)).pages
    assert printed(ending="html").status_code == 200


def test_letters_without_a_font_come_out_and_the_rest_stays_tagged(ask, printed):
    ask("你好 and hello")
    answer = printed()

    assert "and hello" in text_of(answer)
    assert PdfReader(io.BytesIO(answer.data)).trailer["/Root"]["/MarkInfo"]["/Marked"].value


def test_much_of_everything_stays_short(call, ask, printed, told):
    call("ana", "PATCH /patients/me", {"what_matters": "word " * 400})
    for _ in range(30):
        ask("why " * 500)

    reader = PdfReader(io.BytesIO(printed().data))

    assert len(reader.pages) <= 2
    assert "…" in text_of(printed())


def test_the_page_to_print_loads_and_runs_nothing(call, ask, printed, told):
    ask(HTML)
    call("ana", "PATCH /patients/me", {"display_name": HTML[:60]})
    answer = printed(ending="html")
    body = answer.text

    assert answer.content_type == "text/html; charset=utf-8"
    assert not re.search(r"<script|<img|<link|\sstyle=|\son\w+=\"|https?://(?!www\.w3\.org)", body)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "'self'" not in policy
    assert "'unsafe" not in policy
    assert body.count("<h1>") == 1


@pytest.mark.parametrize("ending", ["html", "pdf"])
def test_neither_is_kept_nor_named_after_her(printed, ending):
    answer = printed(ending=ending)

    assert answer.headers["Content-Disposition"] == f'inline; filename="visit-summary.{ending}"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_her_log_says_that_somebody_read_it(call, printed):
    printed()

    [entry, *_] = call("ana", "GET /patients/me/access-log").json["items"]
    assert (entry["name"], entry["topic"], entry["action"]) == ("Omar", "visit", "read")


@pytest.mark.parametrize("since", ["yesterday", "2026-02-30", "0001-01-01"])
def test_a_day_there_is_none_of_is_422(call, since):
    for ending in ("", ".html", ".pdf"):
        answer = call("ana", f"GET /patients/me/visit-summary{ending}?since={since}")
        assert answer.status_code == 422
        assert [one["pointer"] for one in answer.json["errors"]] == ["/since"]
