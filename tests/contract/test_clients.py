"""Clients that stock generators make of the contract: they compile, and do Ana's morning.

What is needed for it (Node's packages, a Python environment) is put there by ``make contract``.
"""

import compileall
import json
import os
import re
import shlex
import shutil
import subprocess

import pytest

from tests.contract.conftest import HERE, PASSWORD

pytestmark = pytest.mark.one_database

NODE_BIN = HERE / "node_modules" / ".bin"
PYTHON_BIN = HERE.parents[1] / ".venv-contract" / "bin"


PAGE = (HERE.parents[1] / "docs" / "app-developers.md").read_text()
SNIPPETS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EMAIL = "ana@example.org"


def the_only(kind):
    [found] = [text for language, text in SNIPPETS if language == kind]
    return found


def commands(tool):
    """Return the commands of the shell snippet that begins with a tool, as lists of words."""
    [found] = [text for kind, text in SNIPPETS if kind == "sh" and text.split()[:2].count(tool)]
    return [shlex.split(line) for line in found.splitlines()]


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


def test_the_page_for_app_developers_has_these_snippets_and_no_others():
    assert [kind for kind, _ in SNIPPETS] == ["sh", "ts", "sh", "python"]


def test_the_typescript_of_the_page_compiles_and_works(document, live, world, ana_can_sign_in):
    # Beside node_modules, where its imports are looked for.
    build = HERE / "build"
    shutil.rmtree(build, ignore_errors=True)
    build.mkdir()
    (build / "openapi.json").write_text(json.dumps(document))
    (build / "package.json").write_text('{"type": "module"}')
    shutil.copy(HERE / "tsconfig.json", build)
    (build / "app.ts").write_text(the_only("ts"))
    *making, running = commands("openapi-typescript")
    for npx, tool, *words in making:
        assert npx == "npx"
        run(NODE_BIN / tool, *words, cwd=build)
    assert running[:2] == ["node", "app.js"]
    check_morning(run("node", "app.js", live, EMAIL, PASSWORD, cwd=build))


def test_the_python_of_the_page_compiles_and_works(
    document_file, live, world, ana_can_sign_in, tmp_path
):
    (tmp_path / "app.py").write_text(the_only("python"))
    (tool, *words), running = commands("openapi-python-client")
    run(PYTHON_BIN / tool, *words, cwd=tmp_path)
    assert compileall.compile_dir(tmp_path / "waymark", quiet=2)
    assert running[:2] == ["python", "app.py"]
    check_morning(run(PYTHON_BIN / "python", "app.py", live, EMAIL, PASSWORD, cwd=tmp_path))
