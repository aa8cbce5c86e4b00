"""How stored records become facts: words, answers, treatments and measures.  Pure."""
