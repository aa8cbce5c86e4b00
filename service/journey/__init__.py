"""The journey: what was diagnosed, and how that has changed."""
