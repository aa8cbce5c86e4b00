"""The demo: a clinic with people in it, from nothing to the first sign-in in one command."""
