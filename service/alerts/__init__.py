"""Alerts: matters a person of the care team has to answer, on a clock."""
