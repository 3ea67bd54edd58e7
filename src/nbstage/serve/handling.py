"""A request to `/predict`, from its first bytes to what is counted and logged of it."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime

from fastapi import Request, Response
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect

from nbstage.serve.answer import as_json
from nbstage.serve.body import Refusal
from nbstage.serve.guard import REQUEST
from nbstage.serve.lane import Busy, TooLate
from nbstage.serve.log import Entry, Lines
from nbstage.serve.predicting import ROWS, Answer, Form, answer, refuse
from nbstage.serve.work import Work


async def handle_predict(work: Work, request: Request, form: Form = ROWS) -> Response:
    """The predictions, or why there are none."""
    limits = work.service.limits
    body = await _body(request, limits.body, limits.seconds)
    told, lines = await _answer(work, form, body, request.scope[REQUEST])
    _count(work, told)
    if work.log is not None and lines:
        work.log.add(lines)
    again = {"retry-after": "1"} if told.status == 503 else None
    response = Response(told.body, told.status, again, "application/json")
    if work.copier is not None and form is ROWS and isinstance(body, bytes) and told.status == 200:
        # After the answer is out.
        response.background = BackgroundTask(work.copier.offer, body, told.body)
    return response


def json_response(status: int, data: object) -> Response:
    """An answer in JSON."""
    return Response(as_json(data), status, media_type="application/json")


async def _answer(work: Work, form: Form, body: bytes | Refusal, name: str) -> tuple[Answer, Lines]:
    """What is answered to a request of that name, and what is to be logged of it."""
    limits = work.service.limits
    if isinstance(body, Refusal):
        return refuse((body,)), ()
    try:
        return await work.lane.run(lambda: _predicted(work, form, body, name), limits.seconds)
    except Busy:
        return refuse((Refusal(503, "too many requests wait here; try again"),)), ()
    except TooLate:
        late = f"this took longer than {limits.seconds:g} s; try again, or with fewer rows"
        return refuse((Refusal(503, late),)), ()


def _predicted(work: Work, form: Form, body: bytes, request: str) -> tuple[Answer, Lines]:
    told = answer(work.predictor, form, body, work.service.limits.rows, work.seen)
    if work.log is None:
        return told, ()
    return told, work.log.lines(Entry(datetime.now(UTC), request, told.rows, told.predictions))


async def _body(request: Request, most: int, seconds: float) -> bytes | Refusal:
    """The body, of which no more is read than is allowed."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        return Refusal(415, "the body must be JSON, told by `Content-Type: application/json`")
    large = Refusal(413, f"the body has more than {most} bytes")
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdecimal() and int(length[:20]) > most:
        return large
    try:
        async with asyncio.timeout(seconds):
            body = bytearray()
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    return large
    except TimeoutError:
        return Refusal(408, f"the body did not arrive within {seconds:g} s")
    except ClientDisconnect:
        return Refusal(400, "the body ended early")
    return bytes(body)


def _count(work: Work, told: Answer) -> None:
    metrics = work.metrics
    metrics.rows.inc(len(told.predictions))
    if told.refused:
        known = {column.name for column in work.predictor.bundle.columns}
        fields = Counter(field if field in known else "other" for field in told.refused)
        for field, count in fields.items():
            metrics.faults.labels(field).inc(count)
    for field, count in Counter(told.unseen).items():
        metrics.unseen.labels(field).inc(count)
