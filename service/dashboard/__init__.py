"""The HTML edge: what the care team sees and clicks."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Attach the pages."""
