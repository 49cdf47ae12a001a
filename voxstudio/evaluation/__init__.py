"""Metrics on arrays, and on a classifier that is passed in."""
