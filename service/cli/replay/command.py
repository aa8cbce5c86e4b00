"""``waymark replay``: play a story, and see whether it turns out as told."""

import sys
from pathlib import Path

import click

from service.cli.replay.faults import BadJourney, Unmet
from service.cli.replay.journey import read
from service.cli.replay.place import fresh_app
from service.cli.replay.player import Player
from service.jobs.passing import HandClock


@click.command()
@click.argument("journey", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--database",
    metavar="URL",
    help="Play here: a new SQLite file, or PostgreSQL, in a schema that is removed again."
    "  A temporary SQLite file if left out.",
)
@click.option("--verbose", is_flag=True, help="Show every answer.")
def replay(journey: Path, database: str | None, verbose: bool) -> None:
    """Play JOURNEY, a patient's story as API calls with what must come of them.

    Everything runs in this process, on a database of its own and in the story's own time:
    calls through the HTTP contract, and between them every tick of the scheduler that has
    anything to do.  Needs no settings.

    Exit codes: 0 everything came as told, 1 something did not (what was expected and what came
    instead is on standard error), 2 the journey could not be found.
    """
    try:
        story = read(journey)
        clock = HandClock(story.steps[0].at)
        with fresh_app(database, clock) as app:
            Player(app, clock, story, say=click.echo, verbose=verbose).play()
    except BadJourney as bad:
        raise click.ClickException(f"{journey.name}: {bad}") from None
    except Unmet as unmet:
        click.echo(str(unmet), err=True)
        sys.exit(1)
    click.echo(f"{story.title}: {len(story.steps)} steps, as told.")
