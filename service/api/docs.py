"""The contract for people: every operation of the OpenAPI document on one page, served by us."""

from typing import Any

from flask import Blueprint, current_app, render_template

from service.api.call import public

blp = Blueprint("docs", __name__, template_folder="templates")
_METHODS = ("get", "post", "put", "patch", "delete")


@blp.get("/api/docs")
@public
def show() -> str:
    """Show the contract."""
    document = current_app.extensions["contract"].to_dict()
    return render_template(
        "contract.html", info=document["info"], groups=_groups(document), tags=document["tags"]
    )


def _groups(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the operations of each tag, in the order of the document."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                operation = item[method]
                groups.setdefault(operation["tags"][0], []).append(
                    {
                        "method": method.upper(), "path": path, "summary": operation["summary"],
                        "body": _schema_name(operation.get("requestBody", {})),
                        "answers": {
                            status: _schema_name(answer)
                            for status, answer in operation["responses"].items()
                        },
                    }
                )  # fmt: skip
    return groups


def _schema_name(part: dict[str, Any]) -> str:
    for content in part.get("content", {}).values():
        return str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]
    return str(part.get("$ref", "")).rpartition("/")[2]
