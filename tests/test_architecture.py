"""What the design promises, checked."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from service.errors import DomainError
from service.records import PatientRecord
from service.tables import metadata

ROOT = Path(__file__).parent.parent
SOURCE = sorted((ROOT / "service").rglob("*.py"))
PURE = [
    "symptoms.rules", "treatments.rules", "treatments.dosing", "wellbeing.rules",
    "reminders.rules", "panel.rules", "panel.rhythm", "alerts.worktime", "alerts.ladder",
    "accounts.roster_rules", "accounts.passkey_rules", "accounts.sso_rules", "journey.rules", "care.icalendar_text", "care.calendar_rules",
    "care.picture", "care.rules", "care.rule_cases", "clinical", "measures.rules", "content.articles",
    "content.rules", "content.readability", "accounts.roster_plan",
    "care.visit.words", "care.visit.symptoms", "care.visit.hers", "care.visit.wellbeing",
    "care.visit.drawing", "care.lab.pairing", "care.lab.report",
]  # fmt: skip
# flask-smorest's own routes: the document and the page that shows it.
DOCUMENTATION = {"api-docs.openapi_json", "api-docs.openapi_swagger_ui", "api-docs.openapi_redoc"}


def test_every_route_says_who_may_call_it(app):
    unguarded = {
        endpoint
        for endpoint, view in app.view_functions.items()
        if endpoint not in DOCUMENTATION and not hasattr(view, "allowed")
    }
    assert unguarded == set()


def test_every_route_about_a_patient_is_guarded_by_topic(app):
    open_to_all = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "pid" in rule.arguments and app.view_functions[rule.endpoint].allowed is None
    }
    assert open_to_all == set()


@pytest.mark.parametrize("module", PURE)
def test_rules_load_without_the_web_or_the_database(module):
    code = (
        f"import service.{module}, sys; "
        "sys.exit(bool({'flask', 'sqlalchemy', 'marshmallow'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_problem_slugs_are_unique(app):
    def below(kind):
        return [kind, *(k for child in kind.__subclasses__() for k in below(child))]

    slugs = [kind.slug for kind in below(DomainError)[1:]]
    assert sorted(slugs) == sorted(set(slugs))


def test_every_problem_is_explained(app):
    def below(kind):
        return [kind, *(k for child in kind.__subclasses__() for k in below(child))]

    page = (ROOT / "docs" / "problems.md").read_text()
    unexplained = [kind.slug for kind in below(DomainError)[1:] if f"`{kind.slug}`" not in page]
    assert unexplained == []


def test_problems_are_listed_by_status_and_name():
    page = (ROOT / "docs" / "problems.md").read_text()
    rows = [line.split("|")[1:3] for line in page.splitlines() if line[:3].strip("| ").isdigit()]
    assert rows == sorted(rows)
    assert len(rows) > 40


def test_patients_come_first_in_every_index_of_their_records():
    misplaced = {
        f"{table.name}.{index.name}"
        for table in metadata.sorted_tables
        for index in table.indexes
        if {"patient_id", "content_hash"} <= set(table.c.keys())
        and next(iter(index.columns)).name
        not in {"patient_id", "clinic_id", "next_at", "planned_until", "doses_until"}
    }
    assert misplaced == set()


def test_every_record_of_a_patient_has_the_common_columns():
    common = {name for name in vars(PatientRecord) if not name.startswith("_")}
    owned = [table for table in metadata.sorted_tables if "content_hash" in table.c]
    assert len(owned) >= 9
    assert all(common <= set(table.c.keys()) for table in owned)


@pytest.mark.parametrize("path", SOURCE, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_stay_readable_in_one_sitting(path):
    assert len(path.read_text().splitlines()) <= 300


def test_nothing_is_imported_inside_a_function():
    hidden = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCE
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_only_the_edges_open_transactions():
    edges = ("service/api", "service/dashboard", "service/jobs", "service/cli", "service/db.py")
    openers = {
        str(path.relative_to(ROOT))
        for path in SOURCE
        if not str(path.relative_to(ROOT)).startswith(edges)
        and any(
            isinstance(node, ast.Call) and getattr(node.func, "id", "") == "transaction"
            for node in ast.walk(ast.parse(path.read_text()))
        )
    }
    assert openers == set()
