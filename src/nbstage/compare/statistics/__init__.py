"""How far two sets of predictions for the same rows are apart, and whether chance explains it."""
