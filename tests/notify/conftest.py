"""What the tests of messages share."""

import pytest

from service.db import transaction


@pytest.fixture
def session_of(app):
    """Do something in a transaction of its own."""

    def session_of(do):
        with app.app_context(), transaction() as session:
            return do(session)

    return session_of
