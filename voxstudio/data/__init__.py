"""What networks learn from: parametric shapes, readers of real ones, rendered views."""
