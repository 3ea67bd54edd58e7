"""How much CPU nbstage takes, start-up included: `python -m benchmarks`, or `make bench`."""
