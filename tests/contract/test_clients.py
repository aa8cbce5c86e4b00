"""Clients that stock generators make of the contract: they compile, and do Ana's morning.

What is needed for it (Node's packages, a Python environment) is put there by ``make contract``.
"""

import compileall
import json
import os
import shutil
import subprocess

import pytest

from tests.contract.conftest import HERE, PASSWORD

pytestmark = pytest.mark.one_database

NODE_BIN = HERE / "node_modules" / ".bin"
PYTHON_BIN = HERE.parents[1] / ".venv-contract" / "bin"


def run(*command, cwd, **env):
    """Run a command and return what it printed; fail with all it said."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env={**os.environ, **env}, timeout=300,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}: {done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout


def check_morning(printed):
    """Check what either client saw of Ana's morning."""
    saw = json.loads(printed)
    assert saw["refused"].endswith("/sign-in-failed")
    assert saw["statuses"] == [201, 200, 200]
    assert saw["level"] == "call_today"
    assert saw["same"] is True
    assert saw["feed"][0] == "nausea"
    assert [error["pointer"] for error in saw["wrong"]] == ["/temperature_c"]


def test_the_linter_has_nothing_to_say(document_file):
    run(NODE_BIN / "redocly", "lint", "--config", HERE / "redocly.yaml", document_file, cwd=HERE)


def test_a_typescript_client_compiles_and_works(document_file, live, world, ana_can_sign_in):
    # Beside node_modules, where its imports are looked for.
    build = HERE / "build"
    shutil.rmtree(build, ignore_errors=True)
    build.mkdir()
    shutil.copy(HERE / "app.ts", build)
    run(
        NODE_BIN / "openapi-typescript", document_file, "-o", build / "schema.d.ts",
        "--default-non-nullable", "false", cwd=HERE,
    )  # fmt: skip
    (build / "package.json").write_text('{"type": "module"}')
    shutil.copy(HERE / "tsconfig.json", build)
    run(NODE_BIN / "tsc", "-p", build, cwd=HERE)
    check_morning(run("node", build / "app.js", live, "ana@example.org", PASSWORD, cwd=build))


def test_a_python_client_compiles_and_works(document_file, live, world, ana_can_sign_in, tmp_path):
    client = tmp_path / "waymark"
    run(
        PYTHON_BIN / "openapi-python-client", "generate", "--path", document_file, "--meta", "none",
        "--config", HERE / "python-client.yaml", "--output-path", client, cwd=tmp_path,
    )  # fmt: skip
    assert compileall.compile_dir(client, quiet=2)
    printed = run(
        PYTHON_BIN / "python", HERE / "app.py", live, "ana@example.org", PASSWORD,
        cwd=tmp_path, PYTHONPATH=str(tmp_path),
    )  # fmt: skip
    check_morning(printed)
