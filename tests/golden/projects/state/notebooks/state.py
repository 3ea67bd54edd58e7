# %% tags=["imports"]
import random
import warnings

import numpy as np
import pandas as pd

# %% tags=["imports"]
pd.set_option("display.precision", 3)
warnings.filterwarnings("ignore", category=FutureWarning)
np.random.seed(0)
random.seed(0)

# %% tags=["stage:draw"]
# Draw the first numbers.
first = np.random.normal(size=5)
order = list(range(5))
random.shuffle(order)

# %% tags=["stage:go_on"]
# Draw more: they follow the first ones.
second = np.random.normal(size=3)
table = pd.DataFrame({"second": second})
print(table)

# %% tags=["stage:own"]
# A generator of its own, which travels with its state.
rng = np.random.default_rng(1)
third = rng.integers(10, size=4)

# %% tags=["stage:last"]
# Draw from all of them.
fourth = rng.integers(10, size=4)
fifth = np.random.uniform()
sixth = random.random()
print(order, first, third, fourth, fifth, sixth)
