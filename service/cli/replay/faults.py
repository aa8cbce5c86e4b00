"""What can go wrong with a story: it cannot be played, or it turns out differently."""


class BadJourney(Exception):
    """A journey cannot be played; the message names the step and the word."""


class Unmet(Exception):
    """The story did not turn out as told; the message says where, and what came instead."""
