"""Measures: how well a clinic answers, counted week by week."""
