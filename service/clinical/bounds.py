"""How much a piece of YAML may be, and that it ends.

A few lines can say a great deal: anchors of anchors grow by powers, an anchor inside itself never
ends, and brackets can be nested deeper than a program can follow.  Files come from sites and rules
from editors, so all of it is refused by name before anything is made of it.
"""

import yaml

LONGEST = 2_000_000
"""In characters; the longest file of ours has a fortieth of it."""

DEEPEST = 30
"""How deep lists and mappings may be nested; no file of ours is half as deep."""

MOST_NODES = 200_000
"""How many words, lists and mappings there may be, with every alias written out."""


def fault_in(text: str, *, aliases: bool = True) -> tuple[str, int] | None:
    """Return what is wrong with the size of a text and on which line, ``None`` if nothing is.

    Args:
        text: YAML.
        aliases: whether an anchor (&) may be repeated by an alias (*) at all.

    What is no YAML at all has no size; whoever parses it says so in better words.
    """
    if len(text) > LONGEST:
        return f"longer than {LONGEST:,} characters", 1
    try:
        return _Measuring(aliases).fault_in(text)
    except yaml.YAMLError:
        return None


class _Measuring:
    """Counts while it reads: what is open, and how much stands behind each anchor."""

    def __init__(self, aliases: bool) -> None:
        self.aliases = aliases
        self.nodes = 0
        self.open: list[tuple[str | None, int]] = []
        self.behind: dict[str, int] = {}

    def fault_in(self, text: str) -> tuple[str, int] | None:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            complaint = self._take(event)
            if complaint:
                return complaint, event.start_mark.line + 1 if event.start_mark else 1
        return None

    def _take(self, event: yaml.Event) -> str | None:
        if isinstance(event, yaml.AliasEvent):
            if not self.aliases:
                return "an alias (*) cannot be used here: write it out"
            if any(anchor == event.anchor for anchor, _ in self.open):
                return f"'*{event.anchor}' stands inside what it repeats, which would never end"
            # An anchor that nobody set is refused by the parser.
            self.nodes += self.behind.get(event.anchor or "", 1)
        elif isinstance(event, yaml.CollectionStartEvent):
            self.open.append((event.anchor, self.nodes))
            self.nodes += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = self.open.pop()
            if anchor is not None:
                self.behind[anchor] = self.nodes - before
        elif isinstance(event, yaml.ScalarEvent):
            self.nodes += 1
        return self._too_much()

    def _too_much(self) -> str | None:
        if len(self.open) > DEEPEST:
            return f"nested too deep, more than {DEEPEST} times"
        if self.nodes > MOST_NODES:
            return f"more than {MOST_NODES:,} words, with every alias (*) written out"
        return None
