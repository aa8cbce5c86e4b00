"""The symptom diary: what she reports, how it is graded, and what was measured."""
