"""Whether made-up lives look like lives: by themselves, and together beside published numbers."""

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from statistics import fmean

import orjson
import pytest
from click.testing import CliRunner

from service.cli.synth import distributions
from service.cli.synth.counting import months_to_half
from service.cli.synth.distributions import measured, table
from service.cli.synth.levels import Felt
from service.cli.synth.lives import lives
from service.cli.synth.ndjson import lines_of
from service.cli.synth.numbers import numbers, numbers_in
from service.cli.synth.outings import GROWN
from service.clinical import knowledge
from service.clinical.parsing import BadKnowledge
from service.clinical.reading import document_of, read

UNTIL = datetime(2026, 11, 27, tzinfo=UTC)
HOME = files("service.clinical")
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def many():
    """Three hundred lives of the seed in the documentation."""
    return list(lives(1, 300, until=UNTIL))


@pytest.fixture(scope="module")
def found(many):
    return measured(many, until=UNTIL)


@pytest.mark.parametrize("aim", numbers()["aims"], ids=lambda aim: aim["key"])
def test_lives_come_to_what_they_aim_at(found, aim):
    assert aim["least"] <= found[aim["key"]] <= aim["most"]


def test_everything_measured_is_aimed_at_and_shown(found):
    aims = numbers()["aims"]
    assert {aim["key"] for aim in aims} | {"happenings"} == set(found)
    shown = table(found).splitlines()
    assert len(shown) == len(aims) + 2
    assert all(aim["name"] in line for aim, line in zip(aims, shown[2:], strict=True))


def test_the_page_shows_the_aims_of_the_file():
    page = (ROOT / "docs" / "synthetic-clinic.md").read_text("utf-8")
    for aim in numbers()["aims"]:
        within = f"{aim['least']:.3g} to {aim['most']:.3g}"
        assert any(
            line.startswith(f"| {aim['name']} |") and within in line and aim["source"] in line
            for line in page.splitlines()
        ), aim["key"]


def test_a_command_prints_the_table():
    done = CliRunner().invoke(distributions.main, ["--patients", "12", "--seed", "4"])

    assert done.exit_code == 0
    assert "| Weeks with a report" in done.output


def test_a_side_effect_builds_up_eases_while_the_drug_is_held_and_lingers_after_it():
    one = Felt(
        symptom="diarrhea", strength=2.0, first=100, last=200, onset=5, lingers=6, shape=(1.0,),
        holds=((150, 160),), after_hold=0.6,
    )  # fmt: skip

    assert one.on(99) == 0
    assert 0 < one.on(100) < one.on(103) < one.on(149) == 2.0
    assert one.on(150) > one.on(155) > one.on(160) > 0.3
    assert one.on(160) < one.on(161) == pytest.approx(1.2)
    assert one.on(203) > one.on(206) == pytest.approx(1.0)
    assert one.on(one.gone) < 0.1


def test_fever_comes_where_white_cells_are_low(many):
    hot = 0
    for life in many:
        codes = {one.body["code"] for one in life.happenings if one.kind == "treatment"}
        effects = frozenset().union(*(knowledge().treatments[code].effects for code in codes))
        for one in life.happenings:
            if one.kind == "symptom_report" and one.body.get("temperature_c", 0) >= 38:
                hot += 1
                assert "myelosuppressive" in effects
    assert hot > 15


def test_distress_follows_growth(many):
    before, after = [], []
    for life in many:
        told = [one.at for one in life.happenings if one.body.get("title") == GROWN]
        for one in life.happenings:
            if one.kind != "wellbeing_check":
                continue
            for at in told:
                if timedelta(0) < one.at - at < timedelta(days=21):
                    after.append(one.body["distress"])
                elif timedelta(days=30) < at - one.at < timedelta(days=90):
                    before.append(one.body["distress"])
    assert len(after) > 50
    assert fmean(after) > fmean(before) + 1


def test_drugs_fit_what_she_has(many):
    for life in many:
        diagnosis = next(one for one in life.happenings if one.kind == "diagnosis").body
        codes = {one.body["code"] for one in life.happenings if one.kind == "treatment"}
        kinds = {knowledge().treatments[code].treatment_class for code in codes}
        if diagnosis["er"] == "negative":
            modalities = {knowledge().treatments[code].modality for code in codes}
            assert "hormonal" not in modalities
        if diagnosis["her2"] != "positive":
            assert not any(kind.startswith("anti-HER2 antibody") for kind in kinds - _LOW_TOO)
        if {"denosumab_120", "zoledronic_acid"} & codes:
            sites = [one.body["metastatic_sites"] for one in life.happenings
                     if one.kind == "diagnosis"]  # fmt: skip
            assert any("bone" in each for each in sites)


_LOW_TOO = {"anti-HER2 antibody-drug conjugate (topo-I)"}


def test_a_line_begins_when_the_one_before_is_over(many):
    changes = 0
    for life in many:
        line_of, on = {}, set()
        for one in life.happenings:
            if one.kind == "treatment":
                line_of[one.body["id"]] = one.body.get("line")
            if one.kind not in ("treatment", "treatment_change"):
                continue
            id, status = one.body["id"], one.body["status"]
            if status in ("stopped", "completed"):
                on.discard(id)
            elif status == "active" and line_of[id]:
                lower = {other for other in on if line_of[other] < line_of[id]}
                assert not lower
                changes += line_of[id] > 1
                on.add(id)
    assert changes > 100


def test_lines_hold_the_whole_life(many):
    life = many[3]
    lines = [orjson.loads(line) for line in lines_of(life)]

    assert [line["kind"] for line in lines[:2]] == ["person", "diagnosis"]
    assert lines[0]["body"]["display_name"] == life.person.display_name
    assert lines[0]["body"]["stream"] == life.stream
    assert len(lines) == len(life.happenings) + 1
    assert {line["patient"] for line in lines} == {life.person.number}
    assert [line["body"] for line in lines[1:]] == [dict(one.body) for one in life.happenings]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("codes: [t_dm1]", "codes: [t_dm2]", "'t_dm2' is no code"),
        ("code: lapatinib, symptom: diarrhea", "code: lapatinib, symptom: joy", "'joy' is no sym"),
        ("always: [fatigue,", "always: [fatique,", "'fatique' is no symptom"),
        ("lung: [pleuritic_pain,", "lung: [pleuritic,", "'pleuritic' is no sign"),
        ("phone: 0.93", "phone: 1.93", "phone"),
        ("version: 1", "version: 1\nspare: 2", "spare"),
    ],
)
def test_a_slip_in_the_numbers_is_named(old, new, complaint):
    text = read(HOME, "synthetic.yaml").text
    assert old in text
    document = read(HOME, "synthetic.yaml")
    spoiled = document_of("synthetic.yaml", text.replace(old, new, 1))
    tried = type(document)("synthetic.yaml", spoiled.text, spoiled.data[0])

    with pytest.raises(BadKnowledge, match=complaint):
        numbers_in(tried, knowledge())


def test_half_have_died_where_the_estimate_says():
    # Ten who were there from the start, dying month by month: five are gone at month five.
    lived = [(0.0, float(month), True) for month in range(1, 11)]
    assert months_to_half(lived) == 5
    # Who comes late counts only from then on.
    assert months_to_half([*lived, (20.0, 30.0, False)]) == 5
    assert months_to_half([(0.0, 5.0, False)]) == float("inf")
