"""The page before a visit on the screen, and the team's notes."""

import io
import re
from uuid import uuid4

import pytest
from pypdf import PdfReader

from tests.counting import statements_counted
from tests.dashboard.chromium import sign_in, tab
from tests.dashboard.conftest import readable

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}"


@pytest.fixture
def path(world):
    return f"/patients/{world['ana'].patient_id}"


@pytest.fixture
def said(call, fever, check_in):
    check_in(distress=6, topics=["feelings"])
    call("ana", "PATCH /patients/me", {"what_matters": "To dance at Lena's wedding."})
    body = {"id": str(uuid4()), "text": "May I fly in June?"}
    assert call("ana", "POST /patients/me/questions", body).status_code == 201


def test_the_page_leads_to_what_it_speaks_of(browse, said, fever, path):
    body = browse("nora").get(f"{path}/visit").get_data(as_text=True)

    assert (
        body.index("Lena") < body.index("May I fly") < body.index("Nausea") < body.index("Urgent")
    )
    assert f'href="/alerts/{fever}"' in body
    assert f'href="{path}?measure=nausea#trend-box"' in body
    assert "Symptom report, 2 March 2026, 09:00" in body
    assert f'href="{path}/visit"' in browse("nora").get(path).get_data(as_text=True)


def test_who_does_not_work_on_a_queue_is_not_led_to_its_alerts(browse, said, fever, path):
    body = browse("sol").get(f"{path}/visit").get_data(as_text=True)

    assert f"/alerts/{fever}" not in body
    assert "Urgent, 2 March" in body


def test_the_days_can_be_chosen(browse, said, path):
    nora = browse("nora")

    assert "From 1 March 2026 to 2 March 2026." in nora.text(f"{path}/visit?since=2026-03-01")
    assert "From 19 January 2026 to 2 March 2026." in nora.text(f"{path}/visit?since=")
    wrong = nora.get(f"{path}/visit?since=soon")
    assert wrong.status_code == 422
    assert "This is no day" in readable(wrong)
    assert "From 19 January 2026" in readable(wrong)


def test_the_pdf_is_of_the_same_days(browse, said, path):
    answer = browse("nora").get(f"{path}/visit.pdf?since=2026-03-01")
    text = PdfReader(io.BytesIO(answer.data)).pages[0].extract_text()

    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == 'inline; filename="visit-summary.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert "From 1 March 2026 to 2 March 2026" in text
    assert "May I fly in June?" in text


@pytest.mark.parametrize("page", ["visit", "visit.pdf"])
@pytest.mark.parametrize(
    ("who", "status"),
    [("omar", 200), ("sol", 200), ("chaya", 403), ("cora", 403), ("ada", 403), ("olga", 404)],
)
def test_the_page_is_for_those_the_table_names(browse, path, who, status, page):
    assert browse(who).get(f"{path}/{page}").status_code == status


def test_a_stranger_is_asked_to_sign_in(stranger, path):
    assert stranger.get(f"{path}/visit").status_code == 303
    assert stranger.get(f"{path}/visit.pdf").status_code == 303


def test_her_words_stay_words(call, browse, path):
    call("ana", "PATCH /patients/me", {"what_matters": HOSTILE})
    answer = browse("nora").get(f"{path}/visit")

    assert HOSTILE.replace("<script>", "") not in answer.get_data(as_text=True)
    assert "<img src=x" not in answer.get_data(as_text=True)
    assert "{{7*7}}" in readable(answer)


def test_the_page_costs_the_same_with_little_and_with_much(app, browse, call, said, path):
    nora = browse("nora")
    nora.get(f"{path}/visit")
    counts = []
    for _ in range(2):
        with statements_counted(app) as seen:
            nora.get(f"{path}/visit")
        counts.append(len([one for one in seen if not one.startswith("BEGIN")]))
        for number in range(12):
            at = f"2026-02-{number + 1:02}T12:00:00Z"
            body = {"id": str(uuid4()), "reported_at": at, "answers": [
                {"symptom": "nausea", "severity": 3, "frequency": 3}]}  # fmt: skip
            call("ana", "POST /patients/me/symptom-reports", body)
            call("ana", "POST /patients/me/questions", {"id": str(uuid4()), "text": "Why?"})
            body = {"id": str(uuid4()), "code": "letrozole", "started_on": f"2025-02-{number + 1:02}",
                    "status": "active"}  # fmt: skip
            call("ana", "POST /patients/me/treatments", body)
    # The frame, who she is, the log, and nine for the page.
    assert counts[0] == counts[1] <= 18


def test_a_note_is_written_read_and_taken_back(browse, call, path):
    nora = browse("nora")
    body = nora.get(path).get_data(as_text=True)
    assert "She can read it in her app" in body
    form = {"id": note_id(body), "text": "Lives alone."}

    saved = nora.post(f"{path}/notes", form)
    nora.post(f"{path}/notes", form)

    assert (saved.status_code, saved.headers["Location"]) == (303, f"{path}?done=noted")
    [note] = call("ana", "GET /patients/me/notes").json["items"]
    assert (note["text"], note["by_role"]) == ("Lives alone.", "nurse")
    assert "The note is saved." in nora.text(saved.headers["Location"])
    assert "Lives alone." in nora.text(path)
    assert "Nora, nurse" in nora.text(f"{path}/notes")
    take_back = f"{path}/notes/{note['id']}/take-back"
    assert take_back not in browse("chaya").get(path).get_data(as_text=True)
    assert browse("chaya").post(take_back).status_code == 403
    taken_back = nora.post(take_back)
    assert "The note is taken back." in nora.text(taken_back.headers["Location"])
    assert call("ana", "GET /patients/me/notes").json["items"] == []


@pytest.mark.parametrize("text", ["", "   ", "x" * 10_001])
def test_a_note_that_cannot_be_saved_comes_back_as_typed(browse, call, path, text):
    answer = browse("nora").post(f"{path}/notes", {"id": str(uuid4()), "text": text})

    assert answer.status_code == 422
    assert "Write a note of at most 10,000 characters." in readable(answer)
    assert text.strip() in answer.get_data(as_text=True)
    assert call("nora", f"GET {path}/notes").json["items"] == []


def test_a_form_sent_again_with_other_words_is_kept_for_another_try(browse, call, path):
    nora = browse("nora")
    form = {"id": str(uuid4()), "text": "First words"}
    nora.post(f"{path}/notes", form)

    answer = nora.post(f"{path}/notes", form | {"text": "Other words"})
    again = nora.post(
        f"{path}/notes", {"id": note_id(answer.get_data(as_text=True)), "text": "Other words"}
    )

    assert answer.status_code == 409
    assert "Other words" in readable(answer)
    assert again.status_code == 303
    assert len(call("nora", f"GET {path}/notes").json["items"]) == 2


def test_another_sites_form_writes_no_note(browse, call, path):
    form = {"id": str(uuid4()), "text": "Forged"}
    answer = browse("nora").post(f"{path}/notes", form, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert call("nora", f"GET {path}/notes").json["items"] == []


@pytest.mark.parametrize(("who", "status"), [("eva", 403), ("ada", 403), ("olga", 404)])
def test_who_may_not_write_notes_writes_none(browse, call, path, who, status):
    form = {"id": str(uuid4()), "text": "A note"}

    assert browse(who).post(f"{path}/notes", form).status_code == status
    assert browse(who).get(f"{path}/notes").status_code == status
    assert call("nora", f"GET {path}/notes").json["items"] == []


def test_writing_a_note_is_in_her_log(browse, call, path):
    browse("nora").post(f"{path}/notes", {"id": str(uuid4()), "text": "A note"})

    [entry, *_] = call("ana", "GET /patients/me/access-log").json["items"]
    assert (entry["name"], entry["topic"], entry["action"]) == ("Nora", "notes", "write")


@pytest.mark.browser
@pytest.mark.parametrize("colors", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_it_fits_every_width_and_prints_on_a_sheet(
    chromium, address, can_sign_in, said, path, width, colors
):
    size = {"width": width, "height": 800}
    with tab(chromium, address, viewport=size, color_scheme=colors) as page:
        sign_in(page, can_sign_in("nora"))
        page.goto(f"{path}/visit")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        sheets = PdfReader(io.BytesIO(page.pdf(format="Letter"))).pages
        text = " ".join(sheet.extract_text() for sheet in sheets)
        assert len(sheets) <= 2
        assert "Lena" in text
        assert "Sign out" not in text
        assert "What this stands on" not in text


def note_id(body):
    return re.search(r'name="id" value="([^"]+)"', body)[1]
