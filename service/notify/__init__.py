"""Notify: everything that leaves, in one outbox, past one gate."""
