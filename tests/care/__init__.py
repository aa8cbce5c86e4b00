"""Tests of the picture, the rules and what follows from them."""
