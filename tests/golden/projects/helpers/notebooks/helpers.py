# %% tags=["imports"]
import math
from dataclasses import dataclass
from functools import lru_cache

# %% tags=["functions"]
EARTH_RADIUS = 6371.0  # km
WORDS = {
    "near": 500,
    "far": 5_000,
}


# Positions are in degrees; east and north are positive.
@dataclass(frozen=True)
class Place:
    """A place on Earth."""

    name: str
    north: float
    east: float


def radians(degrees):
    """An angle as `math` wants it."""
    return degrees * math.pi / 180


@lru_cache(maxsize=None)
def distance(one, other):
    """Kilometres between two places, along a great circle."""
    north, south = radians(one.north), radians(other.north)
    turn = radians(other.east - one.east)
    cosine = math.sin(north) * math.sin(south)
    cosine += math.cos(north) * math.cos(south) * math.cos(turn)
    return EARTH_RADIUS * math.acos(min(1.0, cosine))


def in_words(kilometres):
    for word, limit in WORDS.items():
        if kilometres <= limit:
            return word
    return "at the other end of the world"


# %% tags=["stage:places"]
# Take three towns.
towns = [
    Place("Tromsø", 69.65, 18.96),
    Place("Oslo", 59.91, 10.75),
    Place("Sydney", -33.87, 151.21),
]

# %% tags=["stage:measure"]
# Measure how far apart they are.
apart = {
    (one.name, other.name): distance(one, other)
    for one in towns
    for other in towns
    if one is not other
}


def longest(ways):
    return max(ways, key=ways.get)


# %% tags=["stage:tell"]
# Tell it in words.
story = [f"{a} and {b} are {in_words(km)}" for (a, b), km in apart.items()]
print("\n".join(story), longest(apart), sep="\n")
