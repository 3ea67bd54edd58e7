# %% tags=["parameters"]
# How often to try.
tries = 3
rate: float = 1e-3
offset = -1
name = "yes"  # a word that YAML would take for a truth value
path = "C:\\data: 1 #2"
verbose = True
limit = None
sizes = [8, 16, 32]
grid = {
    "depth": [1, 2],
    "kind": {"gini": 0.5},
}
window = (2, 4)
text = """two
lines"""
low, high = 0, 10

# %% tags=["functions"]
def scaled(values, by=None):
    """The values times the rate: a helper's own use of a parameter."""
    return [value * rate * (by or 1) for value in values]


# %% tags=["stage:first"]
# Scale the sizes.
found = scaled(sizes, by=offset)
if verbose:
    print(name, path, text)

# %% tags=["stage:second"]
# Try again and again.
for step in range(tries):
    found = [value + low for value in found if limit is None or value < limit]

# %% tags=["stage:third"]
# Use what is left of the parameters.
best = max(grid["depth"]) + window[0] + high

# %% tags=["metrics"]
score = sum(found) + best
