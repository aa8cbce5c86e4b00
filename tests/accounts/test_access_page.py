"""The page that tells who may do what."""

from pathlib import Path

from service.cli.access import access_page, page_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "access.md"


def test_the_page_says_what_the_table_and_the_routes_say(app):
    assert PAGE.read_text(encoding="utf-8") == page_of(app), (
        "run: waymark access-page > docs/access.md"
    )


def test_the_command_prints_the_page(app):
    assert app.test_cli_runner().invoke(access_page).output == page_of(app)


def test_every_route_of_the_interface_is_on_the_page(app):
    page = page_of(app)

    assert "| `GET /api/v1/me` | account | read |" in page
    assert "| `POST /api/v1/auth/login` | anybody | - |" in page
