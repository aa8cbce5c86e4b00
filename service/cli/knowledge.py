"""Checking what medicine says here, before it goes live."""

from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from service.care.rule_cases import trial_of
from service.care.rule_language import page_of
from service.care.rules import RuleSet, rule_set_of
from service.cli.knowledge_import import import_instrument
from service.clinical import Knowledge, load, rules_written, shipped
from service.clinical.overlay_diff import differences
from service.clinical.reading import SITE, BadKnowledge, Review

# Texts the program itself turns to, whatever the rules say.
NEEDED_GUIDANCE = ("nobody-on-duty", "account-closed-status", "not-shared")


@click.group()
def knowledge() -> None:
    """Clinical knowledge: the files in which medicine says what is true here."""


@knowledge.command("check")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder laid out like service/clinical; the shipped one if left out.",
)
@click.option(
    "--dir",
    "site",
    envvar="KNOWLEDGE_DIR",
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    help="A site's own folder, laid over it; the one in KNOWLEDGE_DIR if left out.",
)
def check(root: Path | None, site: Path | None) -> None:
    """Read every clinical file, compile every rule, and say what there is.

    With a site's folder it also says what differs from what is shipped, rule by rule and word
    by word.  Stops at the first fault and names file, line, rule and word; of the tests beside the
    rules it names every one that does not hold, and what came instead.  Needs no database.

    Exit codes: 0 everything can be used, 1 something cannot.
    """
    where: Traversable = files("service.clinical") if root is None else root
    known = load(where, site)
    rules = rule_set_of(known)
    refuse_missing_texts(known)
    tried = trial_of(known)
    if tried.faults:
        raise click.ClickException("\n".join(str(fault) for fault in tried.faults))
    for line in told(known, rules):
        click.echo(line)
    for line in tried.told():
        click.echo(line)


@knowledge.command("reference")
def reference() -> None:
    """Print the page about the language of rules, docs/rule-language.md, made from the code."""
    click.echo(page_of(shipped()), nl=False)


@knowledge.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--dir",
    "site",
    envvar="KNOWLEDGE_DIR",
    required=True,
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    help="The site's own folder; the one in KNOWLEDGE_DIR if left out.",
)
def bring_in(file: Path, site: Path) -> None:
    """Check the definition of a questionnaire and put it into a site's folder.

    FILE is YAML as docs/instruments.md describes it.  It is tried together with everything else
    in the folder first; nothing is written unless all of it can be used.  Workers and scheduler
    read it at their next start.

    Exit codes: 0 it is in the folder, 1 it cannot be used.
    """
    for line in import_instrument(file, site):
        click.echo(line)


def told(known: Knowledge, rules: RuleSet) -> Iterator[str]:
    """Say what differs from what is shipped, if anything may, and how much there is."""
    if known.source.site is not None:
        yield f"Laid over what is shipped: {known.source.site}"
        yield from differences(known.source, rules_written(known))
        yield ""
    yield from summary(known, rules)


def refuse_missing_texts(known: Knowledge) -> None:
    """Let only knowledge past that has the texts the program itself turns to.

    Raises:
        BadKnowledge: one is missing.
    """
    written = {slug for slug, _language in known.guidance}
    for slug in NEEDED_GUIDANCE:
        if slug not in written:
            raise BadKnowledge(f"guidance/en/{slug}.md", (), "this text is needed and missing")


def summary(known: Knowledge, rules: RuleSet) -> Iterator[str]:
    """Say how much of everything there is, in which version, and how much is signed."""
    for name, stamp in sorted(known.stamps.items()):
        whose = ", the site's" if known.origins[name] == SITE else ""
        yield f"{name}: version {stamp.version}, {stamp.review.status}{whose}"
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
