"""What is written without DVC's writer is what DVC's writer gives, byte for byte."""

from __future__ import annotations

from collections import OrderedDict

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nbstage.repro.inside.plain import plain_yaml

WORDS = st.text(st.sampled_from("abcefnotyADNx_/.-+= 0179:#'\"*&!%@`{}[],|>?~\n\té"), max_size=40)
HASHES = st.text(st.sampled_from("0123e9af"), min_size=32, max_size=32)
ODD = "true|No|null|~|_|1_000|0x1F|1e5|12:30|2020-01-01|a  b|a |<<|=|---|...|- a|a: b|a #b|/|.inf"
TRICKY = st.sampled_from([*ODD.split("|"), "word " * 30, "longer" * 30])
SCALARS = st.one_of(WORDS, HASHES, TRICKY, st.integers(), st.booleans(), st.floats(), st.none())
DATA = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(WORDS | TRICKY, inner, max_size=4)
    ),
    max_leaves=12,
)


def written_by_dvc(data: object) -> str:
    from dvc.utils.serialize import dumps_yaml

    text: str = dumps_yaml(data)
    return text


@settings(max_examples=400)
@given(st.dictionaries(WORDS | TRICKY, DATA, min_size=1, max_size=4))
@example({"a": {"n": 1e-7}})
@example({"a": [[1]]})
@example({"a": [{"path": "b", "md5": "0" * 32}, {"path": "c", "md5": "12e4" * 8}]})
def test_it_is_what_dvc_writes_or_is_left_to_dvc(data: dict[str, object]) -> None:
    assert plain_yaml(data) in (None, written_by_dvc(data))


def test_an_entry_of_a_lock_is_not_left_to_dvc() -> None:
    entry = {
        "cmd": "python -m pipeline.train",
        "deps": [{"path": "data/in-1.csv", "hash": "md5", "md5": "0a" * 16, "size": 12}],
        "params": {"params.yaml": OrderedDict(train=OrderedDict(depth=3, fast=True))},
        "outs": [{"path": "out", "hash": "md5", "md5": "f" * 32 + ".dir", "nfiles": 2}],
    }
    assert plain_yaml({"stages": {"train": entry}}) == written_by_dvc({"stages": {"train": entry}})


@pytest.mark.parametrize("word", ["deps", "a/b.csv", "python -m pipeline.s1", "s1@x-2", "9f" * 16])
def test_the_usual_words_are_plain(word: str) -> None:
    assert (plain_yaml({"a": word}) is None) is ("@" in word)


def test_what_is_there_twice_is_left_to_dvc() -> None:
    shared = ["a"]
    assert plain_yaml({"a": shared, "b": shared}) is None
