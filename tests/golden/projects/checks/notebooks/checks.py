# %% tags=["imports"]
import numpy as np
import pandas as pd

# %% tags=["parameters"]
least = 3

# %% tags=["functions"]
TOLERANCE = 1e-9


def near(a, b):
    return abs(a - b) < TOLERANCE


# %% tags=["stage:load"]
trips = pd.DataFrame({"id": range(6), "km": np.arange(6.0)})

# %% tags=["check"]
# No trip is there twice.
assert trips["id"].is_unique
# A trip has a length, if only 0.
assert trips["km"].notna().all()

# %% tags=["stage:clean"]
long = trips[trips["km"] >= least]
short = long
total = float(long["km"].sum())

# %% tags=["check"]
import pytest

assert near(total, 12.0), f"""the sum
is {total}"""
with pytest.raises(KeyError):
    long["miles"]


# %% tags=["check"]
# No trip is shorter than `least`, and one is as long as the longest of all!
def longest(table):
    return table["km"].max()


assert (long["km"] >= least).all()
assert longest(long) == longest(trips)

# %% tags=["stage:train"]
speeds = [km / 2 for km in long["km"]]
fastest = speeds

# %% tags=["check"]
fastest.append(0.0)
assert speeds[-1] == 0.0
!echo checked

# %% tags=["stage:show"]
print(max(long["km"]))
