"""How files are read, and what a reader may rely on."""

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from service.clinical import BadKnowledge, check, knowledge
from service.clinical.reading import read

HOME = Path(str(files("service.clinical")))


def test_yaml_words_mean_what_they_look_like(tmp_path):
    (tmp_path / "words.yaml").write_text("on: no\nat: 21:00\nday: 2026-11-01\nyes: true\nn: 7\n")

    words = read(tmp_path, "words.yaml").data

    assert words == {"on": "no", "at": "21:00", "day": "2026-11-01", "yes": True, "n": 7}


def test_others_can_check_their_data_against_a_schema():
    with pytest.raises(BadKnowledge, match=r"guidance/en/x\.md: .*\"slug\" is a required"):
        check("guidance", {}, "guidance/en/x.md")


def test_what_is_shipped_cannot_be_changed_by_those_who_read_it():
    shipped = knowledge()

    with pytest.raises(TypeError):
        shipped.symptoms["nausea"] = None
    with pytest.raises(TypeError):
        shipped.treatments["palbociclib"].schedule["on_days"] = 28
    with pytest.raises(AttributeError):
        shipped.treatments["palbociclib"].name = "x"
    assert knowledge() is shipped


def test_knowledge_loads_without_the_web_or_the_database():
    code = (
        "import sys, service.clinical as c; c.knowledge(); "
        "sys.exit(bool({'flask', 'sqlalchemy', 'marshmallow'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_file_names_the_place_it_was_written_in_or_ships_a_closed_code_system():
    for file in HOME.rglob("*"):
        if file.suffix in {".json", ".yaml"} and "schemas" not in file.parts:
            text = file.read_text("utf-8").casefold()
            for word in (
                "/home/",
                "read_file",
                "snomed",
                '"atc"',
                "nci_term",
                "proae_variable",
            ):
                assert word not in text, f"{word} in {file.name}"


def test_every_schema_is_itself_a_schema():
    for file in (HOME / "schemas").glob("*.schema.json"):
        schema = json.loads(file.read_text("utf-8"))
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        if file.name != "common.schema.json":
            with pytest.raises(BadKnowledge):
                check(file.name.removesuffix(".schema.json"), None, file.name)


def test_a_file_that_is_not_text_is_named(tmp_path):
    (tmp_path / "red_flags.yaml").write_bytes(b"version: \xff")

    with pytest.raises(BadKnowledge, match=r"red_flags\.yaml: .*UTF-8"):
        read(tmp_path, "red_flags.yaml")


def test_a_long_complaint_is_cut_short():
    with pytest.raises(BadKnowledge) as refused:
        check("support", {"entries": ["x" * 5000]}, "support.yaml")

    assert len(str(refused.value)) < 400
