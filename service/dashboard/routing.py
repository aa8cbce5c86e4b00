"""What a page's module says of itself: its addresses, their names, and what answers them."""

from collections.abc import Callable
from typing import Any, NamedTuple

GET, POST = "GET", "POST"


class Route(NamedTuple):
    """One address of the dashboard: its rule, its name, what answers it, and by which method."""

    rule: str
    endpoint: str
    view: Callable[..., Any]
    method: str = GET
