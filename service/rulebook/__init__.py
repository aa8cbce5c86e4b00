"""A clinic's own rules as rows: drafts, what is tried in silence, what is in force, and tries."""
