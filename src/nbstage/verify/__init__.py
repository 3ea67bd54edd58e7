"""Does the pipeline compute what the notebook computes? Both are run from scratch and compared."""
