"""The document in a file, a live server, and somebody who can sign in."""

import json
import threading
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from tests.accounts.conftest import PASSWORD, ana_can_sign_in, cheap_passwords
from tests.conftest import API

__all__ = ["PASSWORD", "ana_can_sign_in", "cheap_passwords"]

HERE = Path(__file__).parent


@pytest.fixture
def document(client):
    return client.get(f"{API}/openapi.json").json


@pytest.fixture
def document_file(document, tmp_path):
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document))
    return file


@pytest.fixture
def live(app):
    """Return the address of a server that answers for the application."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join(timeout=30)
    server.server_close()
