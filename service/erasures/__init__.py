"""Erasures: asked for, waited for, carried out, and proved."""
