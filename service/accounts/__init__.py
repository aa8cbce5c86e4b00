"""People: who they are, what they may see, and how they prove it."""
