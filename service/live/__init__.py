"""Live updates: who watches, what has changed since, and the streams that say so (0047)."""
