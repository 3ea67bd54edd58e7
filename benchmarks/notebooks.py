"""The notebooks that are converted: one as long as wanted, and a small one tagged for Kale."""

from __future__ import annotations

import json

STAGES = 50

_IMPORTS = """
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import mean_absolute_error
from sklearn.preprocessing import StandardScaler
"""
_PARAMETERS = """
seed = 7
n_rows = 400
n_estimators = 20  # trees in each forest
highest_rate = 12.5
quantile = 0.9
"""
_FUNCTIONS = """
REGIONS = ["north", "south", "east", "west"]


def clip_rate(rate, highest):
    \"\"\"A rate without what only a slip of the pen explains.\"\"\"
    return rate.clip(lower=0, upper=highest)


def add_weekday(orders):
    orders["weekday"] = orders["day"] % 7
    orders["weekend"] = orders["weekday"] >= 5
    return orders


def fit_forest(table, target, trees):
    columns = [column for column in table.columns if column.startswith("rate")]
    forest = RandomForestRegressor(n_estimators=trees, random_state=seed)
    return forest.fit(table[columns], table[target]), columns


class Scores:
    \"\"\"Scores by name, the best first.\"\"\"

    def __init__(self):
        self.found = {}

    def add(self, name, score):
        self.found[name] = round(score, 6)
        return self

    def best(self):
        return sorted(self.found.items(), key=lambda item: item[1])
"""
_FIRST = """
rng = np.random.default_rng(seed)
orders = pd.DataFrame(
    {
        "day": np.arange(n_rows),
        "region": rng.choice(REGIONS, n_rows),
        "amount": rng.gamma(2.0, 30.0, n_rows),
        "visits": rng.integers(1, 40, n_rows),
    }
)
orders["rate"] = orders["amount"] / orders["visits"]
scores = Scores()
history = []
totals = {}
"""
# `{n}` is the number of the cell: each makes names and columns of its own, as cells do.
_CELLS = (
    """
# Visits of a single day are too few to divide by.
visits_{n} = orders["visits"].rolling(7, min_periods=1).mean()
orders["rate_{n}"] = clip_rate(orders["amount"] / visits_{n}, highest_rate)
orders.loc[orders["rate_{n}"].isna(), "rate_{n}"] = orders["rate_{n}"].median()
""",
    """
by_region = orders.groupby("region", as_index=False).agg(total_{n}=("amount", "sum"))
orders = orders.merge(by_region, on="region", how="left")
orders["share_{n}"] = orders["amount"] / orders["total_{n}"]
orders = orders.drop(columns=["total_{n}"])
orders.head()
""",
    """
by_region = orders.groupby("region")
totals["cell {n}"] = {{region: float(part["amount"].sum()) for region, part in by_region}}
history.append({{"cell": {n}, "rows": len(orders), "columns": len(orders.columns)}})
if len(history) > 20:
    history.pop(0)
""",
    """
def smooth_{n}(table, column, days=7):
    \"\"\"The running mean of a column, for each region by itself.\"\"\"
    parts = []
    for _, part in table.groupby("region"):
        parts.append(part[column].rolling(days, min_periods=1).mean())
    return pd.concat(parts).reindex(table.index)


orders = add_weekday(orders)
orders["smooth_{n}"] = smooth_{n}(orders, "amount")
""",
    """
columns_{n} = [column for column in orders.columns if column.startswith("rate")]
scaler = StandardScaler().fit(orders[columns_{n}])
values = scaler.transform(orders[columns_{n}])
scaled_{n} = pd.DataFrame(values, columns=columns_{n}, index=orders.index)
scaled_{n}.describe().round(2)
""",
    """
limit_{n} = orders["amount"].quantile(quantile)
large = orders.query("amount > @limit_{n}").sort_values("amount", ascending=False)
for region in REGIONS:
    rows = large[large["region"] == region]
    if rows.empty:
        continue
    totals.setdefault(region, []).append(float(rows["amount"].max()))
""",
    """
forest_{n}, used = fit_forest(orders, "amount", n_estimators)
error = mean_absolute_error(orders["amount"], forest_{n}.predict(orders[used]))
scores.add("forest {n}", error)
print(f"{{error:.2f}} after cell {n}, best so far {{scores.best()[0]}}")
""",
    """
fig, axes = plt.subplots(1, 2, figsize=(9, 4))
for ax, column in zip(axes, ["amount", "rate"]):
    for region, part in orders.groupby("region"):
        ax.plot(part["day"], part[column], label=region, linewidth=1)
    ax.set(title=f"{{column}} ({n})", xlabel="day")
axes[0].legend()
plt.show()
""",
    """
try:
    corr_{n} = orders[["amount", "visits", "rate"]].corr()
except ValueError as problem:
    print("no correlation:", problem)
else:
    strongest = corr_{n}.abs().unstack().sort_values()
    history[-1]["strongest"] = float(strongest.iloc[0])
""",
    """
orders["rank_{n}"] = orders.groupby("region")["amount"].rank(pct=True)
orders["band_{n}"] = np.where(orders["rank_{n}"] > quantile, "high", "usual")
top_{n} = orders["band_{n}"].value_counts().to_dict()
orders.drop(columns=["rank_{n}", "band_{n}"], inplace=True)
""",
)


_KALE_CELLS = (
    (
        "imports",
        """
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split
""",
    ),
    ("pipeline-parameters", "seed = 7\ntest_size = 0.25"),
    ("step:load", 'raw = pd.read_csv("orders.csv")'),
    (
        "step:prepare prev:load",
        """
orders = raw.dropna()
orders["rate"] = orders["amount"] / orders["visits"]
train, test = train_test_split(orders, test_size=test_size, random_state=seed)
""",
    ),
    (
        "step:train prev:prepare",
        'model = LinearRegression().fit(train[["rate", "visits"]], train["amount"])',
    ),
    (
        "step:test prev:train",
        'score = model.score(test[["rate", "visits"]], test["amount"])\nprint(score)',
    ),
)


def long_notebook(cells: int) -> str:
    """The JSON of a notebook of `cells` code cells in 50 stages that hand a table on and change it.

    It runs, with imports, helpers, a class, pandas in place and by copies, loops, models, plots.
    """
    written = [
        _cell(_IMPORTS, "imports"),
        _cell(_PARAMETERS, "parameters"),
        _cell(_FUNCTIONS, "functions"),
        _cell(_FIRST, "stage:stage_01"),
    ]
    left = cells - len(written)
    for number in range(left):
        text = _CELLS[number % len(_CELLS)].format(n=number)
        written.append(_cell(text, f"stage:stage_{1 + number * STAGES // left:02}"))
    return _notebook(written)


def kale_notebook() -> str:
    """The JSON of a notebook of four stages, tagged for Kale; nbstage takes it as it is."""
    return _notebook([_cell(text, *tags.split()) for tags, text in _KALE_CELLS])


def _cell(text: str, *tags: str) -> dict[str, object]:
    return {
        "cell_type": "code",
        "metadata": {"tags": tags},
        "source": text.strip("\n"),
        "execution_count": None,
        "outputs": [],
    }


def _notebook(cells: list[dict[str, object]]) -> str:
    numbered = [{"id": f"cell-{number}", **cell} for number, cell in enumerate(cells, start=1)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    names = {"experiment_name": "orders", "pipeline_name": "orders", "pipeline_description": ""}
    metadata = {"kernelspec": kernel, "kubeflow_notebook": names}
    return json.dumps(
        {"cells": numbered, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1
    )
