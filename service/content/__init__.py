"""Content: articles, why one is shown to her, and what she did with it."""
