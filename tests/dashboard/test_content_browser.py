"""The pages about articles in a real Chromium: they fit, and hostile text stays text there."""

import pytest

from tests.dashboard.chromium import BY_LOOKS, barriers, looks, sign_in, tab

HOSTILE = "<script>document.title='taken'</script><img src=x onerror=alert(1)> \u202elaer"
BODY = f"## What helps\n\nEat **tiny** meals. {HOSTILE}\n\n[bad](javascript:alert(1))"

pytestmark = pytest.mark.browser


@pytest.fixture
def signed_in(chromium, address, can_sign_in):
    """Open somebody's tab at her first page."""

    def signed_in(name, first, **options):
        opened = tab(chromium, address, **options)
        page = opened.__enter__()
        open_tabs.append(opened)
        sign_in(page, can_sign_in(name), name, first)
        return page

    open_tabs = []
    yield signed_in
    for opened in reversed(open_tabs):
        opened.__exit__(None, None, None)


def test_hostile_text_stays_text_in_the_preview(signed_in):
    eva = signed_in("eva", "/content")
    eva.goto("/content/slug/nausea")
    eva.get_by_role("button", name="Write our own version").click()
    eva.get_by_label("Title").fill("Feeling sick")
    eva.get_by_label("Text").fill(BODY)
    eva.get_by_role("button", name="Preview").click()
    preview = eva.get_by_role("region", name="Preview")
    assert preview.get_by_role("heading", name="What helps").count() == 1
    assert "document.title='taken'" in preview.inner_text()
    assert preview.locator("script, img, a[href]").count() == 0
    assert eva.title() != "taken"


def test_the_pages_fit_and_can_be_used_by_everybody(signed_in, call):
    article = {
        "slug": "nausea", "language": "en", "title": HOSTILE, "kind": "article",
        "audience": ["patient"], "summary": "word" * 50, "sources": ["word" * 100],
        "tags": [HOSTILE[:60]], "expires_on": "2026-03-01", "body": BODY + "\n\n" + "word" * 200,
    }  # fmt: skip
    entry = {
        "slug": "a-group", "kind": "support_group", "name": HOSTILE, "about": "word" * 100,
        "languages": ["en", "zh-Hant"], "url": "https://example.org/" + "a" * 200, "when": HOSTILE,
    }  # fmt: skip
    mine = call("eva", "POST /articles", article).json["id"]
    other = call("nora", "POST /articles", article | {"title": "Plain", "body": "Plain."}).json[
        "id"
    ]
    own = call("eva", "POST /articles", article | {"slug": "our-garden"}).json["id"]
    group = call("eva", "POST /support-entries", entry).json["id"]
    shown = call("eva", "POST /support-entries", entry | {"slug": "shown"}).json["id"]
    assert call("eva", f"POST /support-entries/{shown}/publish").status_code == 200
    page = signed_in("eva", "/content")
    for path in ("/content", "/content/new", f"/content/{mine}", f"/content/{other}",
                 f"/content/{own}", f"/content/{other}/changes?with={mine}",
                 f"/content/{mine}/changes?with=project", "/content/slug/nausea",
                 "/content/slug/our-garden", "/support", "/support/new", f"/support/{group}",
                 f"/support/{shown}"):  # fmt: skip
        page.goto(path)
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.title() != "taken", path
        assert barriers(page) == [], path
        for look in looks(page):
            assert page.evaluate(wide) <= 0, (path, look)
            assert barriers(page, BY_LOOKS) == [], (path, look)
    page.goto(f"/content/{other}")
    assert "Plain" in page.inner_text("h1")
    page.goto(f"/content/{mine}")
    assert HOSTILE in page.inner_text("h1")
