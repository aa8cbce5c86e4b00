"""Checking what medicine says here, before it goes live."""

from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from service.care.rules import BadRule, Rule, RuleSet, rules_in, vocabulary_of
from service.clinical import Knowledge, load
from service.clinical.reading import BadKnowledge, Review, read, read_folder

# Texts the program itself turns to, whatever the rules say.
NEEDED_GUIDANCE = ("nobody-on-duty", "account-closed-status")


@click.group()
def knowledge() -> None:
    """Clinical knowledge: the files in which medicine says what is true here."""


@knowledge.command("check")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder laid out like service/clinical; the shipped one if left out.",
)
def check(root: Path | None) -> None:
    """Read every clinical file, compile every rule, and say what there is.

    Stops at the first fault and names file, line, rule and word.  Needs no settings and no
    database.

    Exit codes: 0 everything can be used, 1 something cannot.
    """
    where: Traversable = files("service.clinical") if root is None else root
    known = load(where)
    rules = rules_of(where, known)
    cross_check(where, known, rules)
    for line in summary(known, rules):
        click.echo(line)


def rules_of(root: Traversable, known: Knowledge) -> RuleSet:
    """Compile the rules of a folder over its own knowledge.

    Raises:
        BadRule: the first fault found; among them a text, article or symptom that is not there.
    """
    words = vocabulary_of(known)
    found: dict[str, Rule] = {}
    for document in read_folder(root, "rules", ".yaml"):
        for number, rule in enumerate(rules_in(document, words)):
            if rule.id in found:
                complaint = f"stands in {found[rule.id].file} too"
                raise BadRule(document, (number, "id"), complaint, rule.id)
            found[rule.id] = rule
    return RuleSet(found.values())


def cross_check(root: Traversable, known: Knowledge, rules: RuleSet) -> None:
    """Look at what one file says of another, and no compiler sees.

    Raises:
        BadKnowledge: a warning sign names a rule, or the program a text, that is not there.
    """
    flags = read(root, "red_flags.yaml")
    for place, flag in enumerate(known.red_flags.values()):
        for number, rule in enumerate(flag.rules):
            if rule not in rules.by_id:
                at = ("red_flags", place, "rules", number)
                raise flags.refuse(at, f"there is no rule {rule!r}")
    written = {slug for slug, _language in known.guidance}
    for slug in NEEDED_GUIDANCE:
        if slug not in written:
            raise BadKnowledge(f"guidance/en/{slug}.md", (), "this text is needed and missing")


def summary(known: Knowledge, rules: RuleSet) -> Iterator[str]:
    """Say how much of everything there is, in which version, and how much is signed."""
    for name, stamp in sorted(known.stamps.items()):
        yield f"{name}: version {stamp.version}, {stamp.review.status}"
    folders: dict[str, list[Review]] = {
        "instruments": [form.stamp.review for form in known.instruments.values()],
        "articles": [article.review for article in known.articles.values()],
        "guidance texts": [text.review for text in known.guidance.values()],
    }
    for name, reviews in folders.items():
        yield _counted(name, [review.status for review in reviews])
    yield _counted("rules", [str(rule.review["status"]) for rule in rules.rules])
    unverified = [rule.id for rule in rules.rules if "unverified" in rule.status]
    yield f"rules with an unverified threshold: {len(unverified)} ({', '.join(unverified)})"
    yield (
        f"{len(known.symptoms)} symptoms, {len(known.treatments)} treatments, "
        f"{len(known.red_flags)} warning signs, {len(known.support)} places of support"
    )
    unsigned = sum(not stamp.review.is_signed for stamp in known.stamps.values())
    unsigned += sum(not review.is_signed for some in folders.values() for review in some)
    unsigned += sum(rule.review["status"] != "reviewed" for rule in rules.rules)
    yield f"All of it can be used; {unsigned} of these are not signed by a clinician."


def _counted(name: str, statuses: list[str]) -> str:
    parts = ", ".join(f"{count} {status}" for status, count in sorted(Counter(statuses).items()))
    return f"{len(statuses)} {name}: {parts or 'none'}"
