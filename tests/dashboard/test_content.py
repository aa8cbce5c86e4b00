"""The editors' pages: articles from draft to print, and whom patients can turn to."""

import re
from html.parser import HTMLParser
from uuid import uuid4

import pytest

from service.clinical import knowledge
from tests.accounts.conftest import PASSWORD
from tests.content.conftest import ARTICLE, published, step, written
from tests.counting import statements_counted
from tests.dashboard.conftest import readable

__all__ = ["published", "step", "written"]

FORM = {
    "slug": "nausea", "language": "en", "title": "Feeling sick: what we do here",
    "summary": "What helps, and whom to call.", "kind": "article", "audience": ["patient"],
    "body": "Eat little and often.\r\n\r\nCall us.", "sources": "Handbook\r\nAnother book",
    "expires_on": "2027-03-02", "tags": "food, nausea", "do": "save",
}  # fmt: skip
ENTRY = {
    "slug": "harbor-group", "kind": "support_group", "name": "Tuesday group",
    "about": "For people with advanced breast cancer.", "languages": "en, es",
    "phone": "206-555-0101", "url": "https://example.org/group", "when": "Tuesdays at five",
}  # fmt: skip
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> \u202elaer"
FRAME = 4


class Tags(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self):
        super().__init__()
        self.names, self.attributes, self.inline_scripts = set(), set(), 0

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes |= {name for name, _value in attrs}
        self.inline_scripts += tag == "script" and "src" not in dict(attrs)


def new(browser, **what):
    answer = browser.post("/content/new", FORM | {"key": str(uuid4())} | what)
    assert answer.status_code == 303, readable(answer)
    return answer.headers["Location"].partition("?")[0]


def seen(browser, path):
    body = browser.get(path).get_data(as_text=True)
    return re.search(r'name="seen" value="(\d+)"', body)[1]


def go(browser, path, step):
    return browser.post(f"{path}/{step}", {"seen": seen(browser, path)})


def test_an_editor_begins_at_the_articles(stranger, can_sign_in, browse):
    phone = can_sign_in("eva")
    form = {"email": "eva@example.org", "password": PASSWORD, "code": phone.code(), "next": "/"}
    answer = stranger.post("/sign-in", form)
    assert answer.headers["Location"] == "/content"
    page = browse("eva").get("/content").get_data(as_text=True)
    assert '<a class="brand" href="/content">' in page
    assert 'href="/content" aria-current="page"' in page


def test_a_draft_is_written_reviewed_and_published_on_its_pages(browse, call):
    eva, nora = browse("eva"), browse("nora")
    path = new(eva)
    assert "Draft" in eva.text(path)
    assert go(eva, path, "submit").status_code == 303
    assert "You wrote it" in eva.text(path)
    assert "Waits for a review" in nora.text("/content?status=in_review")
    assert go(nora, path, "review").status_code == 303
    assert "An editor publishes it" in nora.text(path)
    assert go(eva, path, "publish").headers["Location"] == f"{path}?done=publish"
    assert "your version 1" in eva.text("/content")

    read = call("ana", "GET /content/nausea").json
    assert (read["title"], read["sources"]) == (FORM["title"], ["Handbook", "Another book"])
    assert read["markdown"] == "Eat little and often.\n\nCall us."
    assert go(eva, path, "retire").status_code == 303
    assert call("ana", "GET /content/nausea").json["title"] != FORM["title"]


def test_the_same_form_twice_is_one_draft(browse, call):
    eva, key = browse("eva"), str(uuid4())
    assert new(eva, key=key) == new(eva, key=key)
    again = eva.post("/content/new", FORM | {"key": key, "title": "Other words"})
    assert again.status_code == 409
    assert "Other words" in again.get_data(as_text=True)
    assert len(call("eva", "GET /articles").json["items"]) == 1


def test_a_preview_shows_and_saves_nothing(browse, call):
    eva = browse("eva")
    shown = eva.post("/content/new", FORM | {"do": "preview", "body": "## Well\n\n**now**"})
    assert shown.status_code == 200
    assert "<h2>Well</h2>" in shown.get_data(as_text=True)
    assert call("eva", "GET /articles").json["items"] == []
    path = new(eva)
    shown = eva.post(path, FORM | {"do": "preview", "body": "**now**", "title": "Not kept"})
    body = shown.get_data(as_text=True)
    assert "<strong>now</strong>" in body
    assert 'value="Not kept"' in body
    assert "Not kept" not in eva.get(path).get_data(as_text=True)


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(browse, call):
    eva = browse("eva")
    wrong = {"slug": "No Slug", "title": "", "sources": "", "expires_on": "soon", "audience": []}
    answer = eva.post("/content/new", FORM | wrong)
    body = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for name in wrong:
        assert f'id="{name}-error"' in body, name
    assert "Eat little and often." in body
    assert 'value="No Slug"' in body
    braces = eva.post("/content/new", FORM | {"body": "Call {oncology_line}"})
    assert 'id="body-error"' in braces.get_data(as_text=True)
    assert call("eva", "GET /articles").json["items"] == []


def test_who_saves_second_is_told_and_keeps_what_she_wrote(browse):
    eva = browse("eva")
    path = new(eva)
    old = seen(eva, path)
    assert eva.post(path, FORM | {"seen": old, "title": "First"}).status_code == 303
    second = eva.post(path, FORM | {"seen": old, "title": "Second"})
    assert second.status_code == 409
    assert "Read it again first" in readable(second)
    assert 'value="Second"' in second.get_data(as_text=True)
    go(eva, path, "submit")
    late = eva.post(path, FORM | {"title": "Too late", "body": "My long text"})
    assert late.status_code == 409
    assert "My long text" in readable(late)


def test_a_step_that_does_not_follow_is_told_on_the_page(browse):
    eva, nora = browse("eva"), browse("nora")
    path = new(nora)
    assert go(nora, path, "submit").status_code == 303
    own = go(nora, path, "review")
    assert own.status_code == 409
    assert "Somebody else has to review" in readable(own)
    early = go(eva, path, "publish")
    assert early.status_code == 409
    assert "has to review this version first" in readable(early)
    assert nora.post(f"{path}/publish").status_code == 403


def test_ones_own_version_begins_with_what_the_projects_says(browse, call):
    eva = browse("eva")
    page = eva.text("/content/slug/nausea")
    assert knowledge().articles["nausea", "en"].title in page
    assert "Write our own version" in page
    form = {"language": "en", "key": str(uuid4())}
    path = eva.post("/content/slug/nausea/copy", form).headers["Location"].partition("?")[0]
    [draft] = call("eva", "GET /articles").json["items"]
    assert path == f"/content/{draft['id']}"
    assert draft["title"] == knowledge().articles["nausea", "en"].title
    assert "both say the same" in eva.text(f"{path}/changes?with=project")
    assert eva.post("/content/slug/nothing/copy", form).status_code == 404
    assert eva.get("/content/slug/nothing").status_code == 404


def test_a_version_is_copied_and_compared_with_the_one_before(browse):
    eva = browse("eva")
    first = new(eva)
    form = {"key": str(uuid4())}
    second = eva.post(f"{first}/copy", form).headers["Location"].partition("?")[0]
    text = {"seen": seen(eva, second), "body": "Eat little and often.\n\nCall the nurses."}
    assert eva.post(second, FORM | text).status_code == 303
    shown = eva.text(f"{second}/changes?with={first.rpartition('/')[2]}")
    assert "Taken out: Call us." in shown
    assert "Added: Call the nurses." in shown
    other = new(eva, slug="our-garden")
    for unknown in ("", "x", str(uuid4()), other.rpartition("/")[2]):
        assert eva.get(f"{second}/changes?with={unknown}").status_code == 404


def test_a_slug_of_the_clinics_own_says_where_it_is_read(browse):
    eva = browse("eva")
    path = new(eva, slug="our-garden")
    assert "No rule puts our-garden into anybody's feed" in eva.text(path)
    assert "The project has no article of this name" in eva.text("/content/slug/our-garden")
    assert "No rule puts" not in eva.text(new(eva))


def test_what_has_expired_is_marked(browse, clock):
    eva = browse("eva")
    new(eva, expires_on="2026-03-03")
    assert "Expired" not in eva.text("/content")
    clock.pass_time(days=2)
    assert "Expired on 3 March" in browse("eva").text("/content")


@pytest.mark.parametrize(
    ("name", "path", "status"),
    [("sol", "/content", 200), ("ada", "/content", 200), ("per", "/content", 403),
     ("sol", "/content/new", 403), ("ada", "/support/new", 403), ("nora", "/support", 200),
     ("nora", "/support/new", 403), ("sol", "/support/new", 200), ("per", "/support", 403),
     ("chaya", "/support/new", 200), ("eva", "/support/new", 200)],
)  # fmt: skip
def test_each_role_opens_what_the_table_says(browse, name, path, status):
    assert browse(name).get(path).status_code == status


def test_readers_have_no_buttons_and_another_clinic_no_pages(browse, call):
    path = new(browse("eva"))
    page = browse("sol").get(path).get_data(as_text=True)
    assert f'action="{path}' not in page
    assert "does not change them" in page
    olga = browse("olga")
    assert olga.get(path).status_code == 404
    assert olga.post(f"{path}/review").status_code == 404
    assert "Feeling sick" not in olga.text("/content")


def test_no_patient_stands_on_the_pages_of_an_editor(browse, fever):
    eva = browse("eva")
    pages = [new(eva), "/content", "/content/new", "/content/slug/nausea", "/support"]
    for path in pages:
        assert "Ana" not in eva.text(path), path


def test_hostile_text_stays_text_on_every_page(browse, call):
    eva = browse("eva")
    what = dict.fromkeys(("title", "summary", "sources", "tags", "body"), HOSTILE)
    path = new(eva, **what | {"tags": HOSTILE[:50]})
    copy = eva.post(f"{path}/copy", {"key": str(uuid4())}).headers["Location"].partition("?")[0]
    bodies = [eva.post("/content/new", FORM | what | {"do": "preview"}).get_data(as_text=True)]
    entry = {"name": HOSTILE, "about": HOSTILE, "when": HOSTILE, "key": str(uuid4())}
    support = eva.post("/support/new", ENTRY | entry).headers["Location"].partition("?")[0]
    go(eva, path, "submit")
    paths = [path, copy, "/content", "/content/slug/nausea", support, "/support",
             f"{copy}/changes?with=project"]  # fmt: skip
    bodies += [eva.get(one).get_data(as_text=True) for one in paths]
    go(eva, support, "publish")
    bodies.append(eva.get("/support").get_data(as_text=True))
    for body in bodies:
        found = Tags()
        found.feed(body)
        assert not found.names & {"img", "style", "iframe"}
        assert not [one for one in found.attributes if one == "style" or one.startswith("on")]
        assert found.inline_scripts == 0
        assert len(re.findall(r"<h1[ >]", body)) == 1
        assert "alert(1)" in body


def test_no_address_and_no_form_breaks_a_page(browse):
    eva = browse("eva")
    path = new(eva)
    for odd in ("/content?after=x", "/content?after=WzEsIDJd", "/content?status=%00",
                "/content/slug/%00", "/content/slug/nausea?language=%F0", "/support/new?from=x",
                f"{path}?done=<b>", "/support?x"):  # fmt: skip
        assert eva.get(odd).status_code < 500, odd
    for form in ({}, {"seen": "x" * 50}, {"seen": "9" * 9}, {"do": "preview"}, {"title": "\x00"},
                 {"body": "x" * 600_000}, {"sources": "\n" * 9000}):  # fmt: skip
        for to in ("/content/new", path, f"{path}/submit", f"{path}/copy", "/support/new"):
            assert eva.post(to, form).status_code < 500, (to, list(form))


def test_the_list_goes_on_on_the_next_page(browse, written, clock):
    for number in range(53):
        clock.pass_time(seconds=number % 2)
        written(slug=f"our-{number}", title=f"Title {number:02}")
    eva = browse("eva")
    first = eva.get("/content").get_data(as_text=True)
    more = re.search(r'href="(/content\?[^"]*after=[^"]+)"', first)[1].replace("&amp;", "&")
    second = eva.get(more).get_data(as_text=True)
    names = [set(re.findall(r"Title \d\d(?=<)", page)) for page in (first, second)]
    assert not names[0] & names[1]
    assert len(names[0] | names[1]) == 53


@pytest.mark.parametrize(("path", "own"), [("/content", 3), ("/support", 3)])
def test_a_list_costs_the_same_for_little_and_for_much(app, browse, written, call, path, own):
    eva = browse("eva")

    def cost():
        with statements_counted(app) as found:
            assert eva.get(path).status_code == 200
        return len([one for one in found if not one.startswith("BEGIN")])

    written()
    entry = call("sol", "POST /support-entries", ENTRY | {"languages": ["en"]}).json
    call("sol", f"POST /support-entries/{entry['id']}/publish")
    eva.get(path)
    assert cost() == FRAME + own
    for number in range(20):
        written("nora" if number % 2 else "omar", slug=f"our-{number}")
        body = ENTRY | {"languages": ["en"], "slug": f"our-{number}"}
        call("sol", "POST /support-entries", body)
    assert cost() == FRAME + own


def test_whom_patients_can_turn_to_is_written_and_shown(browse, call):
    sol = browse("sol")
    answer = sol.post("/support/new", ENTRY | {"key": str(uuid4())})
    path = answer.headers["Location"].partition("?")[0]
    assert "Tuesday group" not in str(call("ana", "GET /support").json)
    changed = {"seen": seen(sol, path), "when": "Wednesdays"}
    assert sol.post(path, ENTRY | changed).status_code == 303
    assert go(sol, path, "publish").status_code == 303
    [shown] = [
        one for one in call("ana", "GET /support").json["items"] if one["slug"] == "harbor-group"
    ]
    assert (shown["name"], shown["when"]) == ("Tuesday group", "Wednesdays")
    page = sol.text("/support")
    for word in ("Tuesday group", "206-555-0101", "English, Spanish", "Wednesdays", "Your clinic"):
        assert word in page
    assert go(sol, path, "retire").status_code == 303
    assert "Tuesday group" not in str(call("ana", "GET /support").json)
    assert "Out of use" in sol.text("/support")


def test_a_wrong_entry_is_told_beside_its_fields(browse, call):
    sol = browse("sol")
    wrong = {"phone": "call me", "url": "http://example.org", "languages": "english", "name": ""}
    answer = sol.post("/support/new", ENTRY | wrong)
    body = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for name in wrong:
        assert f'id="{name}-error"' in body, name
    line = sol.post("/support/new", ENTRY | {"kind": "line", "phone": ""})
    assert 'id="phone-error"' in line.get_data(as_text=True)
    assert call("sol", "GET /support-entries").json["items"] == []


def test_the_projects_entry_fills_the_form_of_ones_own(browse):
    body = browse("sol").get("/support/new?from=crisis-line-988").get_data(as_text=True)
    assert 'value="crisis-line-988"' in body
    assert 'value="988"' in body


def test_articles_read_as_the_api_gives_them(browse, published):
    version = published(body="## Now\n\nSee [us](https://example.org).")
    answer = browse("nora").get(f"/content/{version['id']}")
    assert version["html"].strip() in answer.get_data(as_text=True)
    assert f"reading grade {version['reading_grade']}" in readable(answer)
    assert ARTICLE["sources"][0] in readable(answer)


def test_who_was_signed_out_meanwhile_gets_back_what_she_wrote(stranger, call):
    answer = stranger.post("/content/new", FORM | {"body": "An hour of work"})
    assert answer.status_code == 401
    assert "An hour of work" in readable(answer)
    assert call("eva", "GET /articles").json["items"] == []


def test_a_version_comes_out_on_a_day_an_editor_names(browse, clock):
    eva = browse("eva")
    path = new(eva, expires_on="2026-03-20")
    go(eva, path, "submit")
    go(browse("nora"), path, "review")

    def name(day, **what):
        return eva.post(f"{path}/schedule", {"seen": seen(eva, path), "publish_on": day} | what)

    refused = name("2026-03-21")
    assert (refused.status_code, "Its last day is before this day." in readable(refused)) == (
        422, True,
    )  # fmt: skip
    assert "Give the day, as 2027-03-02." in readable(name("soon"))
    assert name("2026-03-09").status_code == 303
    for page in (path, "/content"):
        assert "goes out on 9 March" in eva.text(page)
        assert "20 March in 18 days" in eva.text(page)
    assert "It comes out by itself." in browse("nora").text(path)
    assert name("", do="take-back").status_code == 303
    assert "goes out on" not in eva.text(path)


def test_dates_of_a_group_are_entered_in_plain_choices(browse, call):
    sol = browse("sol")
    dates = {"local_start": "2026-03-03T18:00", "minutes": "90", "until": "2026-06-30"}
    for repeats, rule in (
        ("weekday", "FREQ=MONTHLY;BYDAY=1TU;UNTIL=20260630"), ("2 weeks", "FREQ=WEEKLY;INTERVAL=2;UNTIL=20260630"),
    ):  # fmt: skip
        form = (
            ENTRY
            | dates
            | {"repeats": repeats, "key": str(uuid4()), "slug": repeats[:1] + "-group"}
        )
        path = sol.post("/support/new", form).headers["Location"].partition("?")[0]
        said = call("sol", f"GET /support-entries/{path.rpartition('/')[2]}").json["meets"]
        assert (said["recurrence"], said["time_zone"]) == (rule, "America/Los_Angeles")
    page = sol.get(path).get_data(as_text=True)
    assert '<option value="2 weeks" selected>' in page
    assert 'value="2026-06-30"' in page
    assert "As it was written before" not in page
    assert (
        sol.post(path, form | {"seen": seen(sol, path), "not_on": "2026-03-17"}).status_code == 303
    )
    go(sol, path, "publish")
    assert "Tuesday 3 March, 18:00; Tuesday 31 March, 18:00" in sol.text(path)
    assert "Tuesday 3 March, 18:00" in sol.text("/support")
    wrong = sol.post("/support/new", form | {"minutes": "long", "key": str(uuid4())})
    assert (wrong.status_code, "Give the first day" in readable(wrong)) == (422, True)


def test_a_chaplain_reads_which_faith_she_asked_for(browse, call):
    body = {"id": str(uuid4()), "kind": "chaplain", "faith": "none", "contact_by": "visit"}
    assert call("ana", "POST /patients/me/support-requests", body).status_code == 201
    assert "No religion" in browse("chaya").text(f"/support-requests/{body['id']}")


def test_a_recurrence_that_is_none_of_the_choices_stays_as_it_is(browse, call):
    rule = "FREQ=MONTHLY;BYDAY=1TU,3TU"
    meets = {"local_start": "2026-03-03T18:00", "minutes": 60, "recurrence": rule}
    entry = ENTRY | {"languages": ["en"], "meets": meets}
    id = call("sol", "POST /support-entries", entry).json["id"]
    sol, path = browse("sol"), f"/support/{id}"
    assert '<option value="kept" selected>' in sol.get(path).get_data(as_text=True)
    form = ENTRY | {"local_start": meets["local_start"], "minutes": "75", "repeats": "kept"}
    assert sol.post(path, form | {"seen": seen(sol, path)}).status_code == 303
    said = call("sol", f"GET /support-entries/{id}").json["meets"]
    assert (said["recurrence"], said["minutes"]) == (rule, 75)
