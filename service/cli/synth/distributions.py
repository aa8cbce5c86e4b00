"""What made-up lives come to together, beside the published numbers they aim at.

``python -m service.cli.synth.distributions --patients 10000 --seed 1`` prints the table of
``docs/synthetic-clinic.md``.  Only what happened is counted, as somebody would who was handed the
lines and knew nothing of how they were made.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import click

from service.cli.synth.counting import Weeks, is_severe_or_worse, months_to_half
from service.cli.synth.life import Happening, Life
from service.cli.synth.lives import lives
from service.cli.synth.numbers import Numbers, numbers

_DAYS_A_YEAR = 365.25
_DAYS_A_MONTH = 30.44
_TICKS_FROM = 60
_NIGHT_FROM, _NIGHT_UNTIL = 22, 6
_FEVER = 38.0
_SITES = ("bone", "lung", "liver", "brain")
_SCREENS = frozenset({"phq-2", "phq-4"})


class Distributions:
    """Counts over any number of lives; what is kept of each is a few numbers."""

    def __init__(self, known: Numbers, *, until: datetime) -> None:
        self._known, self._until = known, until
        self._counts: Counter[str] = Counter()
        self._years = 0.0
        self._lived: list[tuple[float, float, bool]] = []

    def add(self, life: Life) -> None:
        """Count one life."""
        kinds: dict[str, list[Happening]] = {}
        for one in life.happenings:
            kinds.setdefault(one.kind, []).append(one)
        ends_on = _last_day(life, kinds, self._until)
        joined_on = life.person.joined_at.date()
        self._years += max((ends_on - joined_on).days, 1) / _DAYS_A_YEAR
        counts = self._counts
        counts["people"] += 1
        counts["deaths"] += life.person.died_on is not None
        counts["with_caregiver"] += "caregiver" in kinds
        counts["happenings"] += len(life.happenings)
        self._of_disease(kinds, joined_on, ends_on, died=life.person.died_on is not None)
        self._of_reports(life, kinds, joined_on, ends_on)
        self._of_moods(kinds)
        self._of_treatments(kinds)

    def measured(self) -> Mapping[str, float]:
        """Return what was aimed at by its key, and how many happenings a life has."""
        counts = self._counts
        found = {
            name: counts[name] / max(counts[of], 1)
            for name, of in (
                ("weekly_completion", "weeks"), ("reports_severe_or_worse", "reports"),
                ("distress_4", "checks"), ("distress_5", "checks"), ("item_9", "screens"),
                ("stage_iv_at_diagnosis", "spread"), ("hormonal", "people"),
                ("triple_negative", "people"), *((site, "spread") for site in _SITES),
                ("fever_of_chemotherapy", "on_chemotherapy"), ("covered", "ticked"),
                ("at_night", "reports"), ("with_caregiver", "people"), ("happenings", "people"),
            )
        }  # fmt: skip
        found["mean_lines"] = counts["lines"] / max(counts["spread"], 1)
        found["deaths_a_year"] = counts["deaths"] / max(self._years, 1e-9)
        found["silent_spells_a_year"] = counts["spells"] / max(self._years, 1e-9)
        found["months_to_half"] = months_to_half(self._lived)
        return found

    def _of_disease(
        self, kinds: Mapping[str, list[Happening]], joined_on: date, ends_on: date, *, died: bool
    ) -> None:
        body, counts = kinds["diagnosis"][0].body, self._counts
        er, her2 = body["er"], body["her2"]
        counts["hormonal"] += er == "positive" and her2 != "positive"
        counts["triple_negative"] += er == "negative" and her2 != "positive"
        if not body["metastatic_sites"]:
            return
        counts["spread"] += 1
        counts["stage_iv_at_diagnosis"] += body["stage_iv_at_diagnosis"]
        counts.update(site for site in _SITES if site in body["metastatic_sites"])
        lines = [one.body.get("line", 0) for one in kinds.get("treatment", ())]
        counts["lines"] += max(lines, default=0)
        since = date.fromisoformat(body.get("recurred_on", body["diagnosed_on"]))
        entry, left = (joined_on - since).days, (ends_on - since).days
        self._lived.append((entry / _DAYS_A_MONTH, left / _DAYS_A_MONTH, died))

    def _of_reports(
        self, life: Life, kinds: Mapping[str, list[Happening]], joined_on: date, ends_on: date
    ) -> None:
        zone, counts = ZoneInfo(life.person.time_zone), self._counts
        reports = kinds.get("symptom_report", [])
        weeks = Weeks(joined_on, ends_on, kinds, zone)
        expected, kept, spells = weeks.counted([one.at for one in reports])
        counts.update(weeks=expected, weekly_completion=kept, spells=spells)
        counts["reports"] += len(reports)
        counts["reports_severe_or_worse"] += sum(is_severe_or_worse(reports, self._known))
        for one in reports:
            hour = one.at.astimezone(zone).hour
            counts["at_night"] += hour >= _NIGHT_FROM or hour < _NIGHT_UNTIL
        if any(self._is_chemotherapy(one) for one in kinds.get("treatment", ())):
            counts["on_chemotherapy"] += 1
            hot = any(one.body.get("temperature_c", 0.0) >= _FEVER for one in reports)
            counts["fever_of_chemotherapy"] += hot

    def _is_chemotherapy(self, one: Happening) -> bool:
        modality = self._known.knowledge.treatments[one.body["code"]].modality
        return modality == "chemotherapy" and one.body["status"] in ("active", "planned")

    def _of_moods(self, kinds: Mapping[str, list[Happening]]) -> None:
        for one in kinds.get("wellbeing_check", ()):
            self._counts["checks"] += 1
            self._counts["distress_4"] += one.body["distress"] >= 4
            self._counts["distress_5"] += one.body["distress"] >= 5
        for one in kinds.get("questionnaire", ()):
            self._counts["screens"] += one.body["questionnaire"] in _SCREENS
            if one.body["questionnaire"] == "phq-9":
                self._counts["item_9"] += one.body["answers"].get("9", 0) >= 1

    def _of_treatments(self, kinds: Mapping[str, list[Happening]]) -> None:
        said = Counter(one.body["status"] for one in kinds.get("dose", ()))
        if said["taken"] >= _TICKS_FROM:
            self._counts["covered"] += said["taken"]
            self._counts["ticked"] += said["taken"] + said["missed"]


def measured(dealt: Iterable[Life], *, until: datetime) -> Mapping[str, float]:
    """Return what lives come to together, by the keys of ``aims`` in ``synthetic.yaml``."""
    found = Distributions(numbers(), until=until)
    for life in dealt:
        found.add(life)
    return found.measured()


def table(found: Mapping[str, float]) -> str:
    """Write what was measured beside what it aims at, as a table in Markdown."""
    rows = ["| | published | measured | kept within | source | why it differs |",
            "|---|---|---|---|---|---|"]  # fmt: skip
    for aim in numbers()["aims"]:
        published = "nobody has" if aim["published"] is None else f"{aim['published']:.3g}"
        within = f"{aim['least']:.3g} to {aim['most']:.3g}"
        rows.append(
            f"| {aim['name']} | {published} | {found[aim['key']]:.3g} | {within}"
            f" | {aim['source']} | {aim['why']} |"
        )
    return "\n".join(rows)


def _last_day(life: Life, kinds: Mapping[str, list[Happening]], until: datetime) -> date:
    if life.person.died_on is not None:
        return life.person.died_on
    for one in kinds.get("care_status", ()):
        if one.body["care_status"] == "withdrawn":
            return one.at.date()
    return until.date()


@click.command()
@click.option("--patients", default=10_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--years", default=3.0, show_default=True)
@click.option("--until", default="2026-11-26", show_default=True, help="The last day, as a day.")
def main(patients: int, seed: int, years: float, until: str) -> None:
    """Deal lives, count them, and print the table of docs/synthetic-clinic.md."""
    end = datetime.fromisoformat(until).replace(tzinfo=UTC) + timedelta(days=1)
    found = measured(lives(seed, patients, until=end, years=years), until=end)
    click.echo(table(found))
    click.echo(f"\n{found['happenings']:.0f} happenings a life.")


if __name__ == "__main__":
    main()
