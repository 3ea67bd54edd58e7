"""Trees in a skops file, checked before scikit-learn makes them.

A fitted tree is a table of numbers by which scikit-learn finds its way without another look. With
numbers that a file's writer chose, it would read memory that is not its own.
"""

from __future__ import annotations

import io
import json

from nbstage.runtime.formats import Unsuited
from nbstage.runtime.skops_files import is_node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any
    from zipfile import ZipFile

    import numpy as np

    # Any: JSON, and arrays of every dtype.
    Json = Any
    Array = np.ndarray[Any, np.dtype[Any]]

TREE = "sklearn.tree._tree.Tree"
_OWNERS = "sklearn.tree._classes."
_FORESTS = "sklearn.ensemble._forest."
# These hand tables to their trees without asking whether they have all the columns.
UNCHECKED = (
    "sklearn.ensemble._gb.GradientBoostingClassifier",
    "sklearn.ensemble._gb.GradientBoostingRegressor",
    "sklearn.ensemble._iforest.IsolationForest",
)


def check_trees(schema: Json, archive: ZipFile) -> None:
    """Raises Unsuited where a number in a tree leads out of it, or its owner may misuse it."""
    owned: list[Json] = []
    trees: list[Json] = []
    ids: dict[object, Json] = {}
    for node in _nodes(schema):
        at = node.get("__id__")
        if at is not None and ids.setdefault(at, node) != node:
            raise Unsuited("it holds two objects with one number")  # skops would take the first
        name = f"{node.get('__module__')}.{node.get('__class__')}"
        if name in UNCHECKED:
            raise Unsuited(f"nbstage can't check the trees of a {node['__class__']}")
        if (node["__loader__"] == "TreeNode") != (name == TREE):
            raise Unsuited("it makes a tree in another way than skops does")
        if name == TREE:
            _check_tree(node, archive)
            trees.append(node)
        elif name.startswith(_OWNERS):
            owned += _trees_of(node)
        elif name.startswith(_FORESTS):
            _check_forest(node)
    if len(trees) != len(owned):
        raise Unsuited("it holds a tree outside of a model")


def _nodes(schema: Json) -> Iterator[Json]:
    left = [schema]
    while left:
        item = left.pop()
        if is_node(item):
            yield item
        if isinstance(item, (dict, list)):
            left.extend(item.values() if isinstance(item, dict) else item)


def _trees_of(owner: Json) -> list[Json]:
    """The tree that belongs to a model, if it is fitted."""
    attributes = _attributes(owner)
    tree = attributes.get("tree_")
    if tree is None:
        return []
    if tree.get("__loader__") != "TreeNode":
        raise Unsuited("a model's tree is none")
    if _columns(attributes) != _plain(_items(tree["__reduce__"]["args"])[0]):
        raise Unsuited("a tree is of another table than its model")
    return [tree]


def _check_forest(forest: Json) -> None:
    """A forest asks nothing but its own number of columns before it uses its trees."""
    attributes = _attributes(forest)
    found = attributes.get("estimators_")
    if found is None:
        return
    columns = _columns(attributes)
    if any(_columns(_attributes(part)) != columns for part in _items(found)):
        raise Unsuited("a tree is of another table than its forest")


def _attributes(node: Json) -> dict[str, Json]:
    """The attributes of a model; nothing among them that stands in for one of its methods."""
    from importlib import import_module

    content = node.get("content")
    plain = is_node(content) and content["__loader__"] == "DictNode"
    if node["__loader__"] != "ObjectNode" or not plain or content["__class__"] != "dict":
        raise Unsuited("a model in it is not stored as nbstage does it")
    keys = _items(content["key_types"])
    found = content["content"]
    kinds = {(key.get("__loader__"), key.get("__module__"), key.get("__class__")) for key in keys}
    if len(keys) != len(found) or kinds - {("TypeNode", "builtins", "str")}:
        raise Unsuited("a model in it has odd attributes")
    kind = getattr(import_module(node["__module__"]), node["__class__"], None)
    if any(callable(getattr(kind, name, None)) for name in found):
        raise Unsuited("a model in it has an attribute in place of a method")
    return dict(found)


def _columns(attributes: dict[str, Json]) -> int:
    if "n_features_in_" not in attributes:
        raise Unsuited("a model in it does not say how many columns it was fitted on")
    return _plain(attributes["n_features_in_"])


def _check_tree(node: Json, archive: ZipFile) -> None:
    columns, classes, outputs = _items(node["__reduce__"]["args"])
    state = node["content"]["content"]
    nodes, values = _array(state["nodes"], archive), _array(state["values"], archive)
    counts = _array(classes, archive)
    fits = (
        counts.ndim == 1
        and counts.dtype.kind == "i"
        and len(counts) == _plain(outputs) > 0
        and counts.min() > 0
        and nodes.ndim == 1
        and len(nodes) == _plain(state["node_count"]) > 0
        and values.shape == (len(nodes), len(counts), counts.max())
    )
    if not fits or not _leads_down(nodes, _plain(columns), _plain(state["max_depth"])):
        raise Unsuited("a tree in it leads nowhere")


def _leads_down(nodes: Array, columns: int, depth: int) -> bool:
    """Whether each step leads to a node further on, by a column that is there, until a leaf."""
    import numpy as np

    left, right, feature = (nodes[name] for name in ("left_child", "right_child", "feature"))
    places = np.arange(len(nodes))
    leaf = left == -1
    inner = (left > places) & (right > places) & (left < len(nodes)) & (right < len(nodes))
    inner &= (feature >= 0) & (feature < columns)
    if not np.where(leaf, right == -1, inner).all():
        return False
    level = np.zeros(1, dtype=np.intp)
    for _ in range(depth + 1):
        level = level[~leaf[level]]
        level = np.unique(np.concatenate([left[level], right[level]]))
        if not level.size:
            return True
    return False


def _items(node: Json) -> list[Json]:
    """What a list, a tuple or an array of objects holds, as skops tells it."""
    found = node["content"]
    if node["__loader__"] not in ("ListNode", "TupleNode") or not isinstance(found, list):
        raise Unsuited("a model in it is not stored as nbstage does it")
    return found


def _plain(node: Json) -> int:
    found = json.loads(node["content"]) if node["__loader__"] == "JsonNode" else None
    if type(found) is not int:
        raise Unsuited("a number in it is none")
    return found


def _array(node: Json, archive: ZipFile) -> Array:
    import numpy as np

    if node["__loader__"] != "NdArrayNode" or node["type"] != "numpy":
        raise Unsuited("an array in it is none")
    found: Array = np.load(io.BytesIO(archive.read(node["file"])), allow_pickle=False)
    return found
