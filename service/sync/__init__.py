"""Offline sync with a patient's phones, by the WatermelonDB protocol.  See docs/decisions/0046."""
