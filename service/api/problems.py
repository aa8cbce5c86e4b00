"""Errors as RFC 9457 problem details (application/problem+json), and bodies read strictly."""

from collections.abc import Callable, Mapping
from functools import update_wrapper, wraps
from typing import Any

import orjson
from flask import Flask, Response, current_app, g, request
from flask_smorest import Api, Blueprint
from marshmallow import INCLUDE, Schema, ValidationError, fields
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from werkzeug.exceptions import BadRequest, HTTPException, UnsupportedMediaType

from service.api import contract, strict_json
from service.api.answers import json_answer
from service.api.app_versions import AppTooOld
from service.api.bounds import check_size, first
from service.api.contract import path_parameters
from service.api.described import shape_of
from service.errors import (
    Conflict,
    DomainError,
    Gone,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Outdated,
    Rejected,
    TooMany,
    pointed,
)  # fmt: skip
from service.wire import Moment

RETRY_SECONDS = "5"
PROBLEM_TYPE = "application/problem+json"


class Problem(Schema):
    """Shape of every error body, for the OpenAPI document.  Some kinds say more."""

    class Meta:
        unknown = INCLUDE

    type = fields.String(required=True, metadata={"description": "Names the kind of problem"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    instance = fields.String(metadata={"description": "urn:uuid of this request"})
    errors = fields.List(
        fields.Dict(), metadata={"description": "Invalid input: JSON pointer and detail"}
    )


STATUS_OF: Mapping[type[DomainError], int] = {
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    Rejected: 422,
    Outdated: 412,
    NotSignedIn: 401,
    TooMany: 429,
    Gone: 410,
    AppTooOld: 426,
}


class ApiBlueprint(Blueprint):
    """A group of routes; bodies are read strictly: 415 for another type, 400 for no JSON."""

    def route(self, rule: str, **options: Any) -> Any:
        """Add a route; one that anybody may call says so in the contract."""
        register = super().route(rule, parameters=path_parameters(rule), **options)

        def decorate(view: Callable[..., Any]) -> Any:
            is_public = getattr(view, "allowed", ()) is None
            headers = [contract.IF_MATCH] if hasattr(view, "minds_if_match") else []
            if options.get("methods") == ["POST"] and not is_public:
                headers.append(contract.IDEMPOTENCY_KEY)
            said: dict[str, Any] = {"operationId": view.__name__}
            said |= {"security": []} if is_public else {}
            said |= {"parameters": headers} if headers else {}
            return register(self.doc(**said)(view))

        return decorate

    def alt_response(self, status: int, *, schema: Any, **kwargs: Any) -> Any:
        """Describe another answer; errors have a content type of their own."""
        if schema is Problem:
            kwargs["content_type"] = PROBLEM_TYPE
        described = super().alt_response(status, schema=schema, **kwargs)
        return lambda view: _described_by(described(view), view)

    def versioned(self, view: Callable[..., Any]) -> Any:
        """Describe that a route minds ``If-Match``; see ``versions.if_version``."""
        outdated = {
            "description": "Someone else was first",
            "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        described = self.doc(responses={"412": outdated})(view)
        described.minds_if_match = True
        return described

    def arguments(self, schema: Any, *, location: str = "json", **kwargs: Any) -> Any:
        """Read arguments by a schema built once, and describe them in the contract.

        Bodies are loaded here and not by webargs, which takes as long for it again.
        """
        built = schema() if isinstance(schema, type) else schema
        described = super().arguments(built, location=location, **kwargs)
        if location != "json":
            return described

        def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(described(view))
            def loaded(*args: Any, **kwargs: Any) -> Any:
                return view(_loaded(built), *args, **kwargs)

            return loaded

        return decorate

    def response(self, status_code: int, schema: Any = None, **kwargs: Any) -> Any:
        """Write the answer by a schema built once, and describe it in the contract."""
        built = schema() if isinstance(schema, type) else schema
        described = super().response(status_code, built, **kwargs)
        return lambda view: update_wrapper(
            _written(built, status_code, view), described(view), updated=("__dict__",)
        )


def _described_by(described: Callable[..., Any], view: Callable[..., Any]) -> Callable[..., Any]:
    # The view gives the other answer itself; nothing has to be wrapped around it.
    view._apidoc = described._apidoc  # type: ignore[attr-defined]
    return view


def _written(schema: Schema | None, status: int, view: Callable[..., Any]) -> Callable[..., Any]:
    """Write what a view returns: a response as it is, else by the schema."""

    @wraps(view)
    def answered(*args: Any, **kwargs: Any) -> Any:
        result = view(*args, **kwargs)
        if isinstance(result, Response):
            return result
        body, code = result if isinstance(result, tuple) else (result, status)
        if body is None:
            return Response(status=code)
        return json_answer(schema.dump(body) if schema else body, code)

    return answered


def _loaded(schema: Schema) -> Any:
    body = _json_body()
    check_size(request.get_data(), body, schema)
    try:
        return schema.load(body)
    except ValidationError as invalid:
        raise InvalidInput(errors=first(pointed(invalid.messages))) from None


def _json_body() -> Any:
    """Return the body; an empty one without a type counts as ``{}``."""
    body = request.get_data()
    if not body and not request.content_type:
        return {}
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        return strict_json.read(body)
    except strict_json.NotStrict:
        raise BadRequest from None


class InvalidInput(Rejected):
    """A field is missing, unknown, of the wrong type or out of range."""

    slug = "invalid-input"
    title = "The request is not valid."


class ProblemApi(Api):
    """flask-smorest, answering every error in one format."""

    ERROR_SCHEMA = Problem

    def init_app(self, app: Flask, **kwargs: Any) -> None:
        """Attach to the application."""
        spec = {**contract.OPTIONS, "extra_plugins": [contract.WordsForStrangers()]}
        super().init_app(app, spec_kwargs=spec, **kwargs)
        self.register_field(Moment, "string", "date-time")
        self.ma_plugin.converter.add_attribute_function(shape_of)
        self.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
        self.spec.options["security"] = [{"bearer": []}]
        app.register_error_handler(DomainError, _domain_problem)
        app.register_error_handler(IntegrityError, _integrity_problem)
        app.register_error_handler(OperationalError, _database_away)
        app.register_error_handler(PoolExhausted, _database_away)
        app.register_error_handler(DBAPIError, _connection_lost)

    def _register_responses(self) -> None:
        # flask-smorest documents errors as what else is answered; ours have a type of their own.
        self.DEFAULT_RESPONSE_CONTENT_TYPE = PROBLEM_TYPE
        super()._register_responses()
        del self.DEFAULT_RESPONSE_CONTENT_TYPE

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Answer anything raised with ``abort``, unknown routes and crashes included."""
        invalid = getattr(error, "data", {}).get("messages")
        if invalid:
            errors = first(found for place in invalid.values() for found in pointed(place))
            return problem(422, InvalidInput.slug, InvalidInput.title, errors=errors)
        response = problem(error.code or 500, None, error.name)
        # Allow on 405, Retry-After on 429.
        kept = {k: v for k, v in error.get_headers() if k != "Content-Type"}
        response.headers.update(kept)
        return response


def problem(
    status: int,
    slug: str | None,
    title: str,
    *,
    errors: list[tuple[str, str]] | None = None,
    **extra: Any,
) -> Response:
    """Build a problem document.  Nothing of the request but its id is in it."""
    body: dict[str, Any] = {
        "type": current_app.config["PROBLEM_BASE_URL"] + slug if slug else "about:blank",
        "title": title,
        "status": status,
        "instance": f"urn:uuid:{g.request_id}" if "request_id" in g else None,
        **extra,
    }
    if errors:
        body["errors"] = [{"pointer": pointer, "detail": detail} for pointer, detail in errors]
    return Response(orjson.dumps(body), status, mimetype=PROBLEM_TYPE)


def _domain_problem(error: DomainError) -> Response:
    status = next(STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF)
    response = problem(status, error.slug, error.title, errors=error.errors, **error.extra)
    if isinstance(error, NotSignedIn):
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _integrity_problem(_error: IntegrityError) -> Response:
    # Two requests that were each right alone and together are not: the database refused the
    # later one whole.  Sending it again gets the precise answer.
    return problem(409, Conflict.slug, Conflict.title)


def _database_away(_error: Exception) -> Response:
    response = problem(503, "try-again", "Waymark cannot reach its records just now.")
    response.headers["Retry-After"] = RETRY_SECONDS
    return response


def _connection_lost(error: DBAPIError) -> Response:
    if error.connection_invalidated:
        return _database_away(error)
    raise error
