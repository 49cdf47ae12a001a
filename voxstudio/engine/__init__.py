"""Devices, checkpoint files, jobs, the training loop, and what a family is. It is handed registries and batches."""
