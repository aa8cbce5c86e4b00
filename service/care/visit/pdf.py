"""The visit page as PDF: one A4 page for most, tagged (PDF/UA-1), made by typst in this process.

The template is ours; everything else goes in as data (``sys_inputs``), so no text of hers is ever
read as markup.  The fonts are those typst brings along: Latin, Greek, Cyrillic.  Letters of other
scripts come out as empty boxes; what they stand for is still in the file's text.  Such a page
cannot be PDF/UA-1, which forbids the boxes, and is made without that promise.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import orjson
import typst

from service.care.visit.drawing import described, draw, numbered
from service.care.visit.words import cut


def pdf_of(page: Mapping[str, Any]) -> bytes:
    """Return a page that ``visit_summary`` made as PDF.  Takes some milliseconds; no database."""
    data = orjson.dumps(_printed(page)).decode()
    try:
        return _compiled(data, ["ua-1"])
    except typst.TypstError:
        return _compiled(data, [])


def _printed(page: Mapping[str, Any]) -> dict[str, Any]:
    drawing = draw(page)
    return {
        "title": f"Before the visit: {cut(page['patient'], 100)}",
        "subtitle": subtitle(page),
        "footer": f"Waymark, made on {page['made_at']:%Y-%m-%d %H:%M} UTC. "
        "It supports judgement and does not replace it.",
        "sections": [
            {
                "title": section["title"],
                "key": section["key"],
                "empty": section["empty"],
                "lines": [line["text"] for line in section["lines"]],
            }
            for section in page["sections"]
        ],
        "svg": drawing,
        "alt": described(page) if drawing else "",
        "marks": "   ".join(
            f"{number} = {on.day} {on:%B}: {cut(words, 160)}."
            for number, on, words in numbered(page)
        ),
    }


def subtitle(page: Mapping[str, Any]) -> str:
    """Return who she is and the days the page is about."""
    since, until = page["since"], page["until"]
    born = f"Born {page['birth_year']}. " if page["birth_year"] else ""
    return f"{born}From {since.day} {since:%B %Y} to {until.day} {until:%B %Y}."


def _compiled(data: str, standards: list[Literal["ua-1"]]) -> bytes:
    return typst.compile(
        _template(), format="pdf", sys_inputs={"page": data}, font_paths=_fonts(),
        pdf_standards=[*standards],
    )  # fmt: skip


@cache
def _template() -> bytes:
    return files("service.care.visit").joinpath("page.typ").read_bytes()


@cache
def _fonts() -> typst.Fonts:
    # The machine's own would make the same page look different from clinic to clinic.
    return typst.Fonts(include_system_fonts=False)
