"""Taking a page apart: whatever stands in it, and however little of it is read at a time."""

import json

import orjson
import pytest

from service.studies.pages import Page

ODD = [
    {"a": 'a "quote", a \\ and a }]'}, {"b": [{"c": []}, "studies", []]}, {"studies": ["[", "{"]},
    {"d": "ä\u2028\U0001f600"}, {},
]  # fmt: skip


def read(text, size=7, **limits):
    data = text.encode() if isinstance(text, str) else text
    page = Page((data[at : at + size] for at in range(0, len(data), size)), **limits)
    return page, list(page)


def faults(pieces):
    return [(piece.number, piece.fault) for piece in pieces if piece.fault]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 10_000])
@pytest.mark.parametrize("indent", [None, 2])
def test_a_page_read_in_any_pieces_is_the_page(size, indent):
    text = json.dumps(
        {"nextPageToken": "studies", "x": ["studies", [1]], "studies": ODD, "totalCount": 9},
        indent=indent, ensure_ascii=False,
    )  # fmt: skip

    page, pieces = read(text, size)

    assert [piece.data for piece in pieces] == ODD
    assert [piece.number for piece in pieces] == [1, 2, 3, 4, 5]
    assert (page.total, page.has_next, page.is_whole, page.count) == (9, True, True, 5)


def test_an_empty_page_is_a_page():
    page, pieces = read('{"studies": []}')

    assert pieces == []
    assert (page.total, page.has_next, page.is_whole) == (None, False, True)


def test_a_page_cut_anywhere_keeps_what_came_before_and_says_so():
    text = json.dumps({"studies": ODD, "totalCount": 5})
    for end in range(len(text)):
        page, pieces = read(text[:end])

        kept = [piece.data for piece in pieces if not piece.fault]
        assert kept == ODD[: len(kept)]
        assert len(faults(pieces)) == 1, end
        assert not page.is_whole
    page, pieces = read(text[: text.index('{"d"')])
    assert faults(pieces) == [(None, "cut in the middle, after 3 studies")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"studies": [{"a": 1}, {"b": nope}, {"c": 3}]}', [(2, "not readable as JSON")]),
        ('{"studies": [1, {"a": 1}, null]}', [(1, "not a study"), (3, "not a study")]),
        ('{"other": []}', [(None, "no page of the registry: it has no list of studies")]),
        ('[{"a": 1}]', [(None, "no page of the registry: it has no list of studies")]),
        ("", [(None, "no page of the registry: it has no list of studies")]),
        (b"\x1f\x8b\x08\x00\xff\xfe", [(None, "no page of the registry: it has no list of studies")]),
        ('{"studies": [{}], nope}', [(None, "not readable as JSON around its studies")]),
        ('{"studies": [{}]} and more', [(None, "not readable as JSON around its studies")]),
        (b'{"studies": [{"a": "\xff"}, {"b": 1}]}', [(1, "not readable as JSON")]),
        ('{"studies": [{"a": ' + "[" * 3000 + "]" * 3000 + "}, {}]}", [(1, "not readable as JSON")]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_the_rest_goes_on(text, expected):
    assert faults(read(text)[1]) == expected


def test_a_study_too_long_is_passed_over_without_being_held():
    long = {"long": ["x" * 50] * 1000}
    text = json.dumps({"studies": [{"a": 1}, long, {"c": 3}]})

    page, pieces = read(text, 64, limit=4_000)

    assert faults(pieces) == [(2, "longer than any study may be")]
    assert [piece.data for piece in pieces if not piece.fault] == [{"a": 1}, {"c": 3}]
    assert page.is_whole


def test_a_text_without_an_end_is_not_read_for_ever():
    def endless():
        yield b'{"studies": [{"a": "'
        while True:
            yield b"x" * 1_000

    page = Page(endless(), limit=50_000)

    assert faults(page) == [(None, "something in it is longer than any study")]


def test_a_page_with_a_byte_order_mark_is_a_page():
    page, pieces = read(b"\xef\xbb\xbf" + orjson.dumps({"studies": [{"a": 1}]}))

    assert [piece.data for piece in pieces] == [{"a": 1}]
    assert page.is_whole
