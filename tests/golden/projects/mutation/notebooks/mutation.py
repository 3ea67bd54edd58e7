# %% tags=["stage:basket"]
# Fill a basket.
basket = ["apple", "pear"]
also_basket = basket
weights = {"apple": 150, "pear": 180}
owner = "Ada"

# %% tags=["stage:shop"]
# Buy more: both names mean the same basket.
also_basket.append("plum")
weights["plum"] = 40


# %% tags=["stage:price"]
# What one gram costs.
price = 0.002


# %% tags=["stage:shop"]
def add(fruit, grams, to):
    to += [fruit]
    weights[fruit] = grams


add("fig", 30, basket)

# %% tags=["stage:count"]
# Count what is in it.
total = sum(weights[fruit] for fruit in basket)
assert basket is also_basket

# %% tags=["stage:report"]
# Say what was bought.
print(owner, len(basket), total)

# %% tags=["metrics"]
fruits = len(also_basket)
cost = total * price
