"""Stories told from end to end, and what replay says of one that turns out differently."""

import copy
import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from service.cli import main
from service.cli.replay.expectations import EXPECTATIONS
from tests.conftest import databases

ANA = Path(__file__).parent / "ana.json"
MEI = Path(__file__).parent / "mei.json"


def replay(path, *more):
    return CliRunner().invoke(main, ["replay", str(path), *more])


@pytest.fixture
def story(tmp_path):
    """Ana's story, changed by a function and written to a file of its own."""

    def write(change):
        told = copy.deepcopy(json.loads(ANA.read_text("utf-8")))
        change(told)
        path = tmp_path / "story.json"
        path.write_text(json.dumps(told), "utf-8")
        return path

    return write


# The first steps tell who she is and what she takes: late steps that need no more come after these.
WHO_SHE_IS = 10


def step_that_expects(told, word):
    return next(number for number, step in enumerate(told["steps"]) if word in step["expect"])


@pytest.mark.parametrize("database", databases())
@pytest.mark.parametrize(
    ("told", "ends"),
    [
        (ANA, "Ana: first line, bone and liver metastases: 36 steps, as told.\n"),
        (MEI, "Mei: daylight saving, a flight, a put-off cycle and two outages: 44 steps,"
              " as told.\n"),
    ],
    ids=["ana", "mei"],
)  # fmt: skip
def test_a_story_comes_as_told(told, ends, database, request, tmp_path):
    if database == "postgresql":
        url = request.getfixturevalue("cluster").create_database(f"waymark_{told.stem}")
    else:
        url = f"sqlite:///{tmp_path / 'story.sqlite'}"

    done = replay(told, "--database", url)

    assert done.exit_code == 0, done.output
    assert done.output.endswith(ends)
    if database == "postgresql":
        engine = sa.create_engine(url)
        assert set(sa.inspect(engine).get_schema_names()) == {"information_schema", "public"}
        engine.dispose()


@pytest.mark.parametrize(
    ("word", "falsely"),
    [
        ("status", 418),
        ("grades", {"nausea": 2}),
        ("guidance_level", ["emergency"]),
        ("guidance_rules_any", ["EM-MSCC"]),
        ("alert", {"queue": "chaplaincy"}),
        ("alerts_opened", 1),
        ("alert_escalated", False),
        ("feed_has", ["no-such-article"]),
        ("every_item_has_reason", False),
        ("suggested_kinds", ["wellbeing"]),
        ("request_opened", "nurse"),
        ("total", 5),
        ("positive", False),
        ("next", None),
        ("reply_mentions", ["chaplain"]),
        ("mentions", ["tamoxifen"]),
        ("sent_to_ana", 2),
        ("open_alerts_of_ana", 1),
        ("bereavement_task", False),
        ("sent_at", ["2026-01-07T08:01"]),
        ("holds", {"/positive": False, "/answers/1": 1, "/nothing/#": 0}),
        ("reminder_local_time", "07:00"),
        ("private_note_hidden_from", ["ana"]),
        # Words Ana's own story does not use, put beside one it does.
        ("band", "severe"),
        ("alert_not", {"queue": "nursing", "rules_any": ["SYM-SEV"]}),
    ],
)
def test_a_story_that_turns_out_differently_is_told_so(story, word, falsely):
    beside = {
        "band": "positive", "alert_not": "alert", "holds": "positive", "sent_at": "sent_to_ana",
    }.get(word, word)  # fmt: skip

    def change(told):
        number = step_that_expects(told, beside)
        told["steps"][number]["expect"][word] = falsely
        first = {"reminder_local_time": number, "mentions": number}.get(word, WHO_SHE_IS)
        if word in {"open_alerts_of_ana", "bereavement_task"}:
            first = number - 2  # her death, which these two follow
        told["steps"] = told["steps"][:WHO_SHE_IS] + told["steps"][first : number + 1]

    done = replay(story(change))

    assert done.exit_code == 1, done.output
    assert f"  expected {word}: {falsely}\n  got: " in done.stderr
    assert done.stderr.startswith("Step ")
    assert "Traceback" not in done.output


def test_every_word_a_story_may_use_has_been_seen_to_fail():
    tested = {
        row[0] for row in test_a_story_that_turns_out_differently_is_told_so.pytestmark[0].args[1]
    }
    assert tested == set(EXPECTATIONS)


def test_a_story_that_turns_out_differently_leaves_nothing_on_a_shared_server(story, request):
    if "postgresql" not in databases():
        return
    url = request.getfixturevalue("cluster").create_database("waymark_untold")

    def change(told):
        told["steps"] = told["steps"][:1]
        told["steps"][0]["expect"]["status"] = 418

    assert replay(story(change), "--database", url).exit_code == 1
    engine = sa.create_engine(url)
    assert set(sa.inspect(engine).get_schema_names()) == {"information_schema", "public"}
    engine.dispose()


def test_the_message_names_the_step_the_call_and_both_sides(story):
    def change(told):
        told["steps"] = told["steps"][:4]
        told["steps"][3]["expect"] = {"status": 404}

    done = replay(story(change))

    first, note, expected, got, *_ = done.stderr.splitlines()
    assert first == "Step 4, 2026-01-05T19:16:00-08:00, ana GET /patients/me/feed"
    assert note == "  (bone site logged: the bone article comes, and says why)"
    assert expected == "  expected status: 404"
    assert got.startswith("  got: 200 {")


def test_a_call_nobody_says_anything_about_has_to_succeed(story):
    def change(told):
        del told["steps"][0]["expect"]
        told["steps"][0]["body"]["role"] = "wizard"

    done = replay(story(change))

    assert done.exit_code == 1
    assert "  got: 422" in done.stderr


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda told: told["steps"][0]["expect"].update(weather="fine"),
            "story.json: step 1: expect: 'weather' is none of ",
        ),
        (
            lambda told: told["steps"][10]["expect"].update(total=3),
            "story.json: step 11: expect: 'total' is about the answer to a call",
        ),
        (
            lambda told: told["steps"][0].update(who="nora"),
            "story.json: step 1: 'who' is none of ",
        ),
        (
            lambda told: told["people"].update(nora="wizard"),
            "story.json: people: nora: there is no role 'wizard'",
        ),
        (
            lambda told: told["steps"][1]["body"].update(invitation_code="${letter}"),
            "story.json: step 2: nothing is known as ${letter}",
        ),
        (
            lambda told: told["steps"][3].update(at="2026-01-01T09:00:00-08:00"),
            "story.json: step 4: goes back in time, to 2026-01-01T09:00:00-08:00",
        ),
        (
            lambda told: told["steps"][0].update(at="2026-01-05T09:00:00"),
            "story.json: step 1: '2026-01-05T09:00:00' needs an offset",
        ),
        (
            lambda told: told["clinic"]["roster"].update(nursing=["zoe"]),
            "story.json: clinic: 'zoe' on the roster of nursing is nobody in people",
        ),
    ],
)
def test_a_story_nobody_can_play_is_refused_in_one_line(story, change, message):
    done = replay(story(change))

    assert done.exit_code == 1
    assert done.stderr.startswith(f"Error: {message}")
    assert done.stderr.count("\n") == 1


def test_a_story_is_not_played_over_somebody_elses_data(tmp_path):
    url = f"sqlite:///{tmp_path / 'used.sqlite'}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE mine (id INTEGER)"))
    engine.dispose()

    done = replay(ANA, "--database", url)

    assert done.exit_code == 1
    assert "is not empty: a story needs a database of its own" in done.stderr


def test_verbose_shows_the_answers(story):
    done = replay(story(lambda told: told.update(steps=told["steps"][:1])), "--verbose")

    assert done.exit_code == 0, done.output
    assert '"expires_at":"2026-01-19T17:00:00Z"' in done.output


@pytest.mark.parametrize("turn", ["provider sideways", "moon down", ""])
def test_a_turn_nobody_knows_is_refused(story, turn):
    def change(told):
        told["steps"].insert(1, {"at": told["steps"][0]["at"], "turn": turn})

    done = replay(story(change))

    assert done.exit_code == 1
    assert "step 2: turn: " in done.stderr


def test_without_a_provider_nothing_is_sent_and_afterwards_it_is(story):
    """The turn itself must matter: without the outage Mei's push comes at eight."""

    def change(told):
        mei = json.loads(MEI.read_text("utf-8"))
        told.update({name: mei[name] for name in ("title", "clinic", "people")})
        told["steps"] = [
            *mei["steps"][:5],
            {"at": "2026-02-23T07:00:00-08:00", "turn": "provider down"},
            {"advance_to": "2026-02-23T08:30:00-08:00", "expect": {"sent_to_ana": 1}},
        ]

    done = replay(story(change))

    assert done.exit_code == 1
    assert "expected sent_to_ana: 1\n  got: 0" in done.stderr
