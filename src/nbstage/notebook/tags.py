"""What a cell's tags and `#|` lines say about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from nbstage.model import Cell, Code, Label, Level, Metrics, Place, Problem, Role
from nbstage.notebook.stage_name import name_fault, proposed_name
from nbstage.notebook.words import Stranger, Word, find_words, tag_lines

_ROLES = {
    "stage": Role.STAGE,
    "imports": Role.IMPORTS,
    "functions": Role.FUNCTIONS,
    "parameters": Role.PARAMETERS,
    "check": Role.CHECK,
    "skip": Role.SKIP,
}
_SHARED = frozenset({Role.IMPORTS, Role.FUNCTIONS, Role.PARAMETERS, Role.SKIP})
_OF_A_STAGE = ("metrics", "printed metrics", "plots", "predict")
_SHOWN = 60
_EXECUTORS = ("notebook",)


def label(cell: Cell, path: str) -> tuple[Label, tuple[Problem, ...]]:
    """Give what the cell's words say, Kale's translated into ours, and what is wrong with them.

    A cell with `check` and `stage:NAME` has the role CHECK and the stage NAME. A cell whose only
    word is `metrics`, `plots` or `predict` has no role of its own: it belongs to the stage before.
    Where a name is one no stage may have, the label carries the name that the problem proposes.
    """
    found = find_words(cell, path)
    words = tuple(word for word in found if isinstance(word, Word))
    strangers = tuple(word for word in found if isinstance(word, Stranger))
    problems = (
        *_disagreements(words),
        *_contradictions(words),
        *_wrong_names(words),
        *_malformed(words),
        *map(_looks_like, strangers),
    )
    return _label(words), problems


def name_clashes(labels: Iterable[tuple[Cell, Label]], path: str) -> tuple[Problem, ...]:
    """Report stages whose names differ in case only: on many disks they would share a file."""
    spellings: dict[str, str] = {}
    reported: set[str] = set()
    problems: list[Problem] = []
    for cell, given in labels:
        name = given.stage
        if name is None:
            continue
        first = spellings.setdefault(name.lower(), name)
        if name != first and name not in reported:
            reported.add(name)
            problems.append(_clash(name, first, Place(path, cell.number)))
    return tuple(problems)


def with_prefix(labels: tuple[Label, ...], prefix: str) -> tuple[Label, ...]:
    """The labels with the prefix before the names of the notebook's stages, and before those of
    them that others run after.
    """
    if not prefix:
        return labels
    own = {found.stage for found in labels if found.stage}
    return tuple(
        replace(
            found,
            stage=found.stage and f"{prefix}_{found.stage}",
            after=tuple(f"{prefix}_{name}" if name in own else name for name in found.after),
        )
        for found in labels
    )


def without_tag_lines(code: Code) -> Code:
    """Leave out the `#|` lines that hold words of ours; other comments stay."""
    dropped = tag_lines(code.text)
    if not dropped:
        return code
    kept = [
        (line, number)
        for index, (line, number) in enumerate(
            zip(code.text.split("\n"), code.lines, strict=True), start=1
        )
        if index not in dropped
    ]
    text = "\n".join(line for line, _ in kept)
    numbers = tuple(number for _, number in kept) or code.lines[:1]
    return Code(text, numbers, code.requirements)


def _label(words: tuple[Word, ...]) -> Label:
    roles = tuple(_ROLES[word.kind] for word in words if word.kind in _ROLES)
    role = next((role for role in roles if role is not Role.STAGE), roles[0] if roles else None)
    kinds = {word.kind for word in words}
    stage = next(filter(None, map(_right_name, _values(words, "stage"))), None)
    assigned = Metrics.ASSIGNED if "metrics" in kinds else Metrics.NO
    resources = (word.value.partition("=") for word in words if word.kind == "resource")
    return Label(
        role=role if role and (stage or role is not Role.STAGE) else Role.UNTAGGED,
        stage=stage,
        metrics=Metrics.PRINTED if "printed metrics" in kinds else assigned,
        plots="plots" in kinds,
        predict="predict" in kinds,
        after=tuple(dict.fromkeys(filter(None, map(_right_name, _values(words, "after"))))),
        executor=next((name for name in _values(words, "executor") if name in _EXECUTORS), None),
        resources=tuple(
            dict.fromkeys(
                (key.strip(), value.strip()) for key, _, value in resources if key and value
            )
        ),
    )


def _right_name(name: str) -> str:
    return proposed_name(name) if name_fault(name) else name


def _values(words: tuple[Word, ...], kind: str) -> Iterator[str]:
    return (word.value for word in words if word.kind == kind)


def _disagreements(words: tuple[Word, ...]) -> Iterator[Problem]:
    """A tag says one thing, a comment line another."""
    for says in (_role_of, _executor_of):
        in_tags = [word for word in words if not word.in_comment and says(word)]
        in_comments = [word for word in words if word.in_comment and says(word)]
        if not in_tags or not in_comments:
            continue
        if {says(word) for word in in_tags} != {says(word) for word in in_comments}:
            tag, comment = in_tags[0], in_comments[0]
            yield Problem(
                "NBS105",
                f"the tag '{tag.text}' and the comment '#| {comment.text}' disagree",
                comment.place,
                "keep the one that is meant and take away the other.",
            )


def _role_of(word: Word) -> tuple[str, str] | None:
    return (word.kind, word.value) if word.kind in _ROLES else None


def _executor_of(word: Word) -> tuple[str, str] | None:
    return (word.kind, word.value) if word.kind == "executor" else None


def _contradictions(words: tuple[Word, ...]) -> Iterator[Problem]:
    """Words of one source that a cell can't have together."""
    for in_comment in (False, True):
        same = [word for word in words if word.in_comment is in_comment]
        ours = same if not in_comment or not any(map(_is_role_in_tags, words)) else []
        yield from _two_stages(ours)
        yield from _two_roles(ours)
    yield from _results_of_no_stage(words)


def _is_role_in_tags(word: Word) -> bool:
    return word.kind in _ROLES and not word.in_comment


def _two_stages(words: list[Word]) -> Iterator[Problem]:
    stages = {word.value: word for word in words if word.kind == "stage"}
    if len(stages) > 1:
        names = " and ".join(f"'{name}'" for name in stages)
        last = list(stages.values())[-1]
        hint = "split the cell, or keep one of the stages."
        yield Problem("NBS106", f"the cell belongs to the stages {names}", last.place, hint)


def _two_roles(words: list[Word]) -> Iterator[Problem]:
    roles = {_ROLES[word.kind]: word for word in words if word.kind in _ROLES}
    if set(roles) == {Role.STAGE, Role.CHECK} or len(roles) < 2:
        return
    first, second = list(roles.values())[:2]
    yield _together(first, second)


def _results_of_no_stage(words: tuple[Word, ...]) -> Iterator[Problem]:
    """Only a stage has metrics and plots, and only a stage can be on the way to a prediction."""
    results = [word for word in words if word.kind in _OF_A_STAGE]
    for word in words:
        if _ROLES.get(word.kind) in _SHARED and results:
            yield _together(word, results[0])
            return


def _together(first: Word, second: Word) -> Problem:
    message = f"a cell can't be '{first.text}' and '{second.text}' at once"
    return Problem("NBS106", message, second.place, "split the cell, or keep one of the two.")


def _wrong_names(words: tuple[Word, ...]) -> Iterator[Problem]:
    for word in words:
        fault = name_fault(word.value) if word.kind == "stage" and word.value else ""
        if fault:
            proposal = proposed_name(word.value)
            hint = (
                f"call it '{proposal}'."
                if proposal
                else "use letters a to z, digits and underscores."
            )
            message = f"the stage name '{_short(word.value)}' {fault}"
            yield Problem("NBS107", message, word.place, hint)


def _short(name: str) -> str:
    return name if len(name) <= _SHOWN else f"{name[:_SHOWN]}..."


def _malformed(words: tuple[Word, ...]) -> Iterator[Problem]:
    """Words whose value is missing or unknown."""
    checks: dict[str, tuple[Callable[[str], bool], str]] = {
        "stage": (bool, "name the stage: `stage:train`."),
        "after": (bool, "name a stage: `after:load`."),
        "resource": (_is_key_value, "give it a value: `resource:gpu=1`."),
        "executor": (_EXECUTORS.__contains__, "the only executor is `executor:notebook`."),
    }
    for word in words:
        is_right, hint = checks.get(word.kind, (lambda _: True, ""))
        if not is_right(word.value):
            yield Problem("NBS108", f"'{word.text}' is incomplete", word.place, hint)


def _is_key_value(text: str) -> bool:
    key, equals, value = text.partition("=")
    return bool(key.strip() and equals and value.strip())


def _looks_like(word: Stranger) -> Problem:
    message = f"'{word.text}' looks like one of nbstage's tags, but is none"
    hint = "tags are `stage:NAME`, `after:NAME`, `imports`, `functions`, `parameters`, `metrics`, "
    hint += "`plots`, `predict`, `check`, `skip`, `executor:notebook` and `resource:KEY=VALUE`."
    return Problem("NBS108", message, word.place, hint, Level.NOTE)


def _clash(name: str, first: str, place: Place) -> Problem:
    message = f"the stages '{first}' and '{name}' differ in case only"
    return Problem("NBS109", message, place, f"write '{first}' in both, or choose another name.")
