"""Steps, checkpoints, and how a run begins."""
