# %% [markdown]
# # Penguins by weight
#
# A heading changes nothing in the pipeline.

# %% tags=["imports"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression

# %% tags=["parameters"]
# Penguins lighter than this are chicks.
min_mass = 2700
test_share = 0.25  # kept for the test

# %% [markdown]
# ## Load

# %% tags=["stage:load"]
# Read the penguins that have been weighed.
penguins = pd.read_csv("../data/penguins.csv").dropna()
penguins = penguins[penguins["body_mass_g"] >= min_mass]
penguins.head()

# %% tags=["skip"]
penguins.plot.scatter(x="flipper_length_mm", y="body_mass_g")
plt.show()

# %% tags=["stage:split"]
# Keep the last penguins for the test.
cut = int(len(penguins) * (1 - test_share))
train_set, test_set = penguins.iloc[:cut], penguins.iloc[cut:]

# %% tags=["stage:train"]
# Fit a line through flippers and weights.

# One feature is enough to see that the pipeline runs.
model = LinearRegression()
model.fit(train_set[["flipper_length_mm"]], train_set["body_mass_g"])

# %% tags=["stage:evaluate"]
# Say how far off the line is on penguins it has not seen.
predicted = model.predict(test_set[["flipper_length_mm"]])

# %% tags=["metrics"]
error = float(np.abs(predicted - test_set["body_mass_g"]).mean())
r2 = model.score(test_set[["flipper_length_mm"]], test_set["body_mass_g"])
print(f"mean error {error:.0f} g, R2 {r2:.2f}")

# %% tags=["plots"]
fit = pd.DataFrame({"weight": test_set["body_mass_g"], "predicted": predicted})
fig, ax = plt.subplots()
ax.scatter(fit["weight"], fit["predicted"])
fig.savefig("../figures/fit.png")
