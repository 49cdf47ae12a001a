"""The nine words of VoxStudio as frozen values; numpy and the standard library only."""
