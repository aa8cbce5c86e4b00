"""Exports: all that is held about her, in one file that only she can open."""
