"""The comment that silences ruff names just what ruff finds in a user's code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nbstage.convert.render.lint import noqa

# Statements as they stand in notebooks. What ruff finds in them is asked of ruff.
SNIPPETS = r"""
value.shape
---
value["a"]
---
value == 3
---
value.a, other
---
value + 1
---
[1, 2, value]
---
value if other else 3
---
f"{value}"
---
"text"
---
len(value), value.mean()
---
{"a": float(value)}
---
unused = value
---
unused, also = value
---
unused, also = 1, value
---
used, unused = value
used.show()
---
_, used = value
used.show()
---
first = second = value
first.show()
---
unused: int = 3
---
unused: int
---
again = 1
again += 1
---
unused = [x for x in value]
---
kept = value


def inner():
    return kept


inner()
---
hidden = value


def inner():
    hidden = 3
    return hidden


inner()
---
unused = value
locals()
---
gone = value
del gone
---
for unused in value:
    other.show()
---
for unused in value:
    other.show()
unused = 3
---
with value as unused:
    other.show()
---
with value as (unused, also):
    other.show()
---
if (unused := value):
    other.show()
---
match value:
    case [unused, *also]:
        other.show()
---
try:
    value.show()
except ValueError as unused:
    other.show()
---
try:
    value.show()
except:
    other.show()
---
try:
    value.show()
except Exception:
    other.show()
---
try:
    value.show()
except Exception:
    pass
---
for item in other:
    try:
        value.show(item)
    except Exception:
        continue
---
try:
    value.show()
except Exception as error:
    raise ValueError from error
---
try:
    value.show()
except ValueError as error:
    other.show()
    raise error
---
for value in other:
    print(value)
---
with other as value:
    print(value)
---
def twice():
    return 1


def twice():
    return 2


twice()
---
class Old(object):
    pass


Old()
---
class Old():
    sizes = [1, 2]

    def __init__(self):
        super(Old, self).__init__()


Old()
---
def default(size=[], other={}, *, more=list()):
    return size, other, more


default()
---
def default(size=value.size()):
    return size


default()
---
def ends():
    value.show()
    return


ends()
---
print("%d of %s" % (value, other))
---
print("{} of {}".format(value, other), "{0}".format(value), "{a}".format(a=value))
---
print("{} {}".format(*value))
---
print(f"none", f"{value:.2f}", f"{value:>{other}}")
---
print(f"{str(value)}")
---
print(dict(a=1), dict(), list(), tuple(), dict(**value))
---
print(list(x for x in value), set([1]), set([x for x in value]), dict([(1, 2)]))
---
print(tuple([1]), list((1, 2)), list([x for x in value]), dict({}), any([x for x in value]))
---
print(list(sorted(value)), sorted(list(value)), sorted(set(value)), list(set(value)))
---
print(set(value[::-1]), list(map(lambda x: x + 1, value)), list(zip(value, value[1:])))
---
print(int(round(value)), int(len(value)), int(value / 2), int(5 * 3), round(value, 2))
---
print(str("a"), int(), float("inf"), float(1), str(value))
---
print("a b c".split(), "".join(["a", value]), "a".encode("utf-8"), value.strip("aba"))
---
print(range(0, 3), range(1, 3), getattr(value, "a"), getattr(value, other), sum(value, []))
---
setattr(value, "a", 3)
---
print("")
---
data = open(value).read()
print(data)
---
with open(value) as file:
    print(file.read())
---
with value as one:
    with other as two:
        print(one, two)
---
print(dict.fromkeys(value, []), list(value)[0], [x for x in value][0], value[0])
---
import logging

logging.info("a")
logging.getLogger("a").info("b")
---
import subprocess

subprocess.run(["ls"])
subprocess.run(["ls"], check=True)
---
import re

print(re.compile("a", re.I | re.MULTILINE))
---
import datetime

print(datetime.datetime.utcnow(), datetime.datetime.now())
---
print(u"a", (lambda: 3)())
---
print((value), (value.size) + 1, (1, 2))
---
print((value))
---
print((value.size) + (3))
---
print(((value)), sum((x for x in value)), ((1, 2)))
---
used = (
    (value + 1)
)
print(used)
---
print("\d", r"\d", "\\d")
---
exec("a = 1")
---
exit()
---
raise Exception("a")
---
raise NotImplemented
---
try:
    value.show()
except (IOError, KeyError):
    raise IOError("a")
---
print(value == None, value != True, value is None, value is "a", type(value) == type(other))
---
print(not value in other, not value is other, not value == other, not not value)
---
print(value == value, 1 == 2, value in other.keys(), True if value else False)
---
assert (value, "message")
---
if value:
    if other:
        value.show()
---
if value > other:
    value = other
print(value)
---
def truth():
    if value:
        return True
    return False


truth()
---
for key in other.keys():
    print(key)
---
for key, _ in other.items():
    print(key)
---
for key in other:
    print(other[key])
---
found = []
for key in other:
    found.append(key)
print(found)
---
position = 0
for key in other:
    print(position, key)
    position += 1
---
if value:
    other.show()
    pass
---
l = value
print(l)
---
double = lambda x: x * 2
double(3)
---
a = 1; print(a)
---
print(value);
---
if value: print(other)
---
#
print(value)
---
value = value
print(value)
""".strip("\n").split("\n---\n")

IMPORTS = """
import matplotlib.pyplot as pyplot
---
import numpy as numpy
---
from typing import List, Optional
x: List[Optional[int]] = []
---
import os, sys
print(os, sys)
---
from functools import lru_cache


@lru_cache(maxsize=None)
def one():
    return 1


@lru_cache()
def two():
    return 2


@lru_cache
def three():
    return 3


@lru_cache(maxsize=3)
def four():
    return 4
---
import os
import subprocess
import time
import urllib.request


async def stage(value):
    with open(value) as file:
        await file
    time.sleep(1)
    os.system("ls")
    subprocess.run(["ls"], check=True)
    print(urllib.request.urlopen(value))
""".strip("\n").split("\n---\n")

# What the tool itself answers for.
NEVER_SILENCED = {"F401", "F821", "I001"}


def module(snippet: str) -> str:
    lines = [f"    {line}".rstrip() for line in snippet.split("\n")]
    head = ["def stage(value, other):", "    print(value)"]
    return "\n".join([*head, *lines, "    value.last()", ""])


TEXTS = [*map(module, SNIPPETS), *IMPORTS]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[set[str]]:
    """What ruff finds in each text: by its defaults, and by those it had before 0.17."""
    folder = tmp_path_factory.mktemp("snippets")
    for number, text in enumerate(TEXTS):
        (folder / f"m{number}.py").write_text(text)
    command = ["ruff", "check", "--isolated", "--no-cache", "--output-format", "json"]
    command += ["--extend-select", "E4,E7,E9,F", str(folder)]
    said = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False
    ).stdout
    codes: list[set[str]] = [set() for _ in TEXTS]
    for finding in json.loads(said):
        codes[int(Path(finding["filename"]).stem[1:])].add(finding["code"])
    return codes


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_the_comment_names_what_ruff_finds(number: int, found: list[set[str]]) -> None:
    expected = sorted(found[number] - NEVER_SILENCED)
    silenced = f"# ruff: noqa: {', '.join([*expected, 'RUF100'])}"
    assert noqa(TEXTS[number]) == ([silenced] if expected else []), TEXTS[number]


def test_a_module_with_nothing_to_silence_has_no_comment() -> None:
    assert noqa("import math\n\n\ndef area(radius):\n    return math.pi * radius**2\n") == []
