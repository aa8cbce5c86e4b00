"""Emergencies: a record opened by somebody of another clinic, who is told, and who reviews it."""
