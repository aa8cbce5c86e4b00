"""Reminders: what she asked to be reminded of, and what became of each time."""
