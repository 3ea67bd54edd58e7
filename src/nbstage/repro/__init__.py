"""`dvc repro`, with one DVC for all stages, a warm start for each and several at a time."""
