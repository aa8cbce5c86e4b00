"""Treatments: what she takes, has had done, or is to have."""
