"""Keys for pushes from the command line."""

import click

from service.notify.push.vapid import VapidKey


@click.command("vapid-key")
def vapid_key() -> None:
    """Make a key pair for pushes to browsers, as the setting VAPID_PRIVATE_KEY.

    Make one once and keep it: browsers subscribe to its public half, and a new one loses them.
    Needs no settings.
    """
    key = VapidKey.new()
    click.echo(f"VAPID_PRIVATE_KEY={key.private_text}")
    click.echo(f"# public half, as GET /api/v1/me/push-key answers it: {key.public_text}")
