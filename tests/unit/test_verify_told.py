"""How a verification reads."""

from __future__ import annotations

import json

from nbstage.report.data import as_json
from nbstage.verify.nouns import (
    Draws,
    Failed,
    Finding,
    Kind,
    Unseeded,
    Verdict,
    Verification,
    Verified,
)
from nbstage.verify.told import verification_as_data, verified_as_text

FINDINGS = (
    Finding("load", Kind.VALUE, "raw", Verdict.EQUAL),
    Finding("load", Kind.VALUE, "rows", Verdict.DIFFERS, "[3]: 1 became 2"),
    Finding("fit", Kind.VALUE, "model", Verdict.NOT_COMPARED, "'0.pkl' can't be read: EOFError"),
    Finding("fit", Kind.METRIC, "auc", Verdict.NOT_REPRODUCIBLE, "two runs: " + "0.123456 " * 8),
    Finding("", Kind.FILE, "notebooks/a\nb.txt", Verdict.DIFFERS, "line 1: '\x1b' became ''"),
)

TEXT = """\
notebooks/nb.ipynb

  load  raw                value   equal
        rows               value   differs: [3]: 1 became 2
  fit   model              value   not compared: '0.pkl' can't be read: EOFError
        auc                metric  not reproducible
      two runs: 0.123456 0.123456 0.123456 0.123456 0.123456 0.123456 0.123456 0.123456
        notebooks/a b.txt  file    differs: line 1: '\\x1b' became ''

written by cells that are not part of the pipeline, and not compared:
  look.txt

1 equal, 2 differ, 1 not reproducible, 1 not compared

no seed governs these calls:
  cell 4, line 2: time.time() (the time)
  hint: give generators a seed, and take times and names from a parameter.

drawn without a seed, in stages that began with the state that the notebook has there:
  stage 'load' (numpy, random)"""


def verified() -> Verified:
    return Verified(
        "notebooks/nb.ipynb",
        findings=FINDINGS,
        left_out=("look.txt",),
        unseeded=(Unseeded(4, 2, "time.time()", "the time"),),
        draws=(Draws("load", ("numpy", "random")),),
    )


def test_a_table_by_stage_says_what_is_equal_and_where_the_rest_first_differs() -> None:
    assert verified_as_text(verified()) == TEXT


def test_a_failure_is_shown_with_its_cell_and_stage() -> None:
    failed = Failed("notebook", "fit", 7, "ValueError: \x1bno")
    assert verified_as_text(Verified("nb.ipynb", failed)) == (
        "nb.ipynb\n\nfailed: the notebook did not come to its end in cell 7, stage 'fit'\n\n"
        "  ValueError: \\x1bno"
    )


def test_nothing_to_compare_is_said() -> None:
    assert verified_as_text(Verified("nb.ipynb")).endswith(
        "nothing to compare: no stage hands anything on or writes a file"
    )


def test_a_machine_reads_the_same() -> None:
    data = json.loads(as_json(verification_as_data(Verification((verified(),)))))
    (one,) = data["notebooks"]
    assert not data["ok"]
    assert one["counts"] == {
        "equal": 1,
        "differs": 2,
        "not reproducible": 1,
        "not compared": 1,
    }
    assert one["findings"][1] == {
        "stage": "load",
        "kind": "value",
        "name": "rows",
        "verdict": "differs",
        "detail": "[3]: 1 became 2",
    }
    assert one["unseeded"] == [{"cell": 4, "line": 2, "call": "time.time()", "why": "the time"}]
    assert one["draws"] == [{"stage": "load", "sources": ["numpy", "random"]}]


def test_all_is_well_only_if_everything_is_equal() -> None:
    equal = Verified("nb.ipynb", findings=FINDINGS[:1])
    assert Verification((equal,)).ok
    assert not Verification((equal, verified())).ok
    assert not Verification((Verified("nb.ipynb", Failed("pipeline", "a", None, "")),)).ok
    assert not Verification().ok
