"""How software of others uses Waymark.  Nothing here is part of the service."""
