"""A few requests that tell whether a service does what its bundle says."""

from __future__ import annotations

from nbstage.bundle import Bundle
from nbstage.bundle.same import first_difference
from nbstage.deploy.asking import Answer, Service, ask
from nbstage.deploy.nouns import Check

TIMES = 20
_SHOWN = 200


def smoke(
    service: Service, bundle: Bundle, latency: float, times: int = TIMES
) -> tuple[Check, ...]:
    """What a service's health, version, predictions and speed are, against those in its bundle.

    The predictions are those of the bundle's examples; the slowest of `times` requests for a row,
    but for one in twenty, has to be answered within `latency` seconds.
    """
    health = ask(service, "/health/ready")
    ready = Check("health", health.status == 200, _why(health) or "ready")
    if not ready.ok:
        return (ready,)
    same, predicted = _version(health, bundle), _prediction(service, bundle)
    if not predicted.ok:
        return ready, same, predicted
    return ready, same, predicted, _latency(service, bundle, latency, times)


def passed(checks: tuple[Check, ...]) -> bool:
    """Whether all is well."""
    return all(check.ok for check in checks)


def _version(health: Answer, bundle: Bundle) -> Check:
    told = health.data
    said = told if isinstance(told, dict) else {}
    wanted = {"model": bundle.model, "version": bundle.version, "commit": bundle.commit}
    wrong = [
        f"{key} {said.get(key)!r}, not {value!r}"
        for key, value in wanted.items()
        if said.get(key) != value
    ]
    if wrong:
        return Check("version", False, f"it serves {'; '.join(wrong)}")
    return Check("version", True, f"{bundle.model} {bundle.version or 'unregistered'}")


def _prediction(service: Service, bundle: Bundle) -> Check:
    """The examples' predictions are those of the machine that the bundle was made on."""
    what = "prediction"
    rows, expected = [*bundle.examples], [dict(row) for row in bundle.expected]
    if not rows:
        return Check(what, True, "the bundle has no example to compare with")
    answer = ask(service, "/predict", rows)
    told = answer.data
    found = told.get("predictions") if isinstance(told, dict) else None
    if answer.status != 200 or not isinstance(found, list):
        return Check(what, False, _why(answer) or "the answer holds no predictions")
    if any(not isinstance(row, dict) for row in found):
        return Check(what, False, "the answer's predictions are no rows")
    why = first_difference(found, expected)
    if why:
        return Check(what, False, f"it is not the recorded one: {why}")
    count = f"{len(rows)} examples" if len(rows) > 1 else "1 example"
    return Check(what, True, f"as recorded, for {count}")


def _latency(service: Service, bundle: Bundle, latency: float, times: int) -> Check:
    what = "latency"
    row = bundle.examples[0] if bundle.examples else bundle.example
    answers = [ask(service, "/predict", row) for _ in range(times)]
    failed = next((answer for answer in answers if answer.status != 200), None)
    if failed is not None:
        return Check(what, False, f"a request failed: {_why(failed)}")
    taken = sorted(answer.seconds for answer in answers)
    middle, slow = taken[len(taken) // 2], taken[-1 - len(taken) // 20]
    told = f"half within {1000 * middle:.1f} ms, 95% within {1000 * slow:.1f} ms"
    if slow > latency:
        return Check(what, False, f"{told}; at most {1000 * latency:g} ms are allowed")
    return Check(what, True, told)


def _why(answer: Answer) -> str:
    """Why an answer is none, "" if it is one."""
    if answer.status == 200:
        return ""
    said = " ".join(answer.text.split())[:_SHOWN]
    return f"status {answer.status}: {said}" if answer.status else f"no answer: {said}"
