"""Push: one message to every phone and browser of a person, by each platform's own protocol."""
