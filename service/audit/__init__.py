"""Audit: who saw and who changed what, written in the same transaction."""
