"""What opens any family: the papers' measures, speed, and what the machine can do."""
