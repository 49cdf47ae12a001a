"""The window. Qt and interactive VTK rendering live here and nowhere else."""
