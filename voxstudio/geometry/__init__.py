"""Grids to surfaces and back, mesh and image files, rendering without a screen."""
