"""The contract, as it is to be released: ``waymark contract > docs/openapi.json``."""

import json

import click
from flask import current_app
from flask.cli import with_appcontext


@click.command()
@with_appcontext
def contract() -> None:
    """Print docs/openapi.json: the contract of this version."""
    document = current_app.extensions["contract"].to_dict()
    click.echo(json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False))
