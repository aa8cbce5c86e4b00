"""Answers of hot routes, written without a schema."""

from collections.abc import Mapping
from typing import Any

import orjson
from flask import Response


def json_answer(body: Mapping[str, Any], status: int = 200) -> Response:
    """Return a JSON answer; ids as text, moments in UTC with ``Z``, as the schemas write them."""
    return Response(
        orjson.dumps(body, option=orjson.OPT_UTC_Z), status, mimetype="application/json"
    )
