"""Predictions for a whole file: in parts, restartable, with the bad rows beside it."""
