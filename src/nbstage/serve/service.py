"""The application: what is answered to whom, and where that is written down (`/docs`)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException

from nbstage.serve.guard import REFUSED, App, Door
from nbstage.serve.handling import handle_predict, json_response
from nbstage.serve.inference_routes import add_inference
from nbstage.serve.metrics import CONTENT_TYPE
from nbstage.serve.schema import Schema, answers, request_body, schemas
from nbstage.serve.tokens import Keys, told_tokens
from nbstage.serve.work import Work

_REFUSALS = (
    (400, "The body is not JSON."),
    (401, "A token is needed."),
    (408, "The body did not arrive in time."),
    (413, "The body has too many bytes."),
    (415, "The body is of another type than application/json."),
    (422, "Rows are wrong, or too many: each wrong field is named."),
    (500, "The service failed; its log says why."),
    (503, "Too many requests wait, or this one took too long."),
)


def make_app(work: Work) -> App:
    """The application, with the door before it. Whoever runs it begins and ends the work."""
    service = work.service
    keys = None if service.open else Keys(service.tokens, told_tokens(service.told))
    return Door(_routes(work), keys, work.metrics, work.standing)


def _routes(work: Work) -> FastAPI:
    bundle = work.predictor.bundle
    app = FastAPIOffline(
        title=bundle.model,
        version=bundle.version or "unregistered",
        description="\n\n".join([f"Predictions of the model '{bundle.model}'.", *bundle.notes]),
        redoc_url=None,
        redirect_slashes=False,
    )

    _add_predict(app, work)
    for path, summary, answer in _others(work):
        app.add_api_route(
            path, answer, summary=summary, tags=["the service"], response_class=Response
        )
    add_inference(app, work)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _failed)
    _complete(app.openapi(), work)
    return app


def _add_predict(app: FastAPI, work: Work) -> None:
    async def predict(request: Request) -> Response:
        return await handle_predict(work, request)

    body = request_body(work.predictor.bundle, work.service.limits.rows)
    app.add_api_route(
        "/predict",
        predict,
        methods=["POST"],
        summary="Predict one row, or a list of rows",
        tags=["predictions"],
        response_class=Response,
        responses=answers(*_REFUSALS),
        openapi_extra={"requestBody": body},
    )


def _others(work: Work) -> tuple[tuple[str, str, Callable[[], Awaitable[Response]]], ...]:
    bundle = work.predictor.bundle
    about = {"model": bundle.model, "version": bundle.version, "commit": bundle.commit}

    async def health() -> Response:
        ready = work.standing.ready
        return json_response(200 if ready else 503, {"live": True, "ready": ready, **about})

    async def live() -> Response:
        return json_response(200, {"live": True})

    async def metrics() -> Response:
        text = await asyncio.to_thread(work.metrics.text)
        return Response(text, media_type=CONTENT_TYPE)

    return (
        ("/health", "What is served, and whether requests are welcome", health),
        ("/health/ready", "The same", health),
        ("/health/live", "Whether the service is there at all", live),
        ("/metrics", "Counts, as Prometheus reads them", metrics),
    )


async def _refused(_: Request, error: Exception) -> Response:
    """What no route answers, in the words of the others."""
    assert isinstance(error, HTTPException)
    response = json_response(error.status_code, {"errors": [{"message": error.detail.lower()}]})
    response.headers.update(error.headers or {})
    return response


async def _failed(_: Request, __: Exception) -> Response:
    """What the door says too; it also writes down what happened."""
    return json_response(500, {"errors": [{"message": REFUSED[500]}]})


def _complete(document: Schema, work: Work) -> None:
    """Add to the OpenAPI document, which FastAPI keeps, what it can't find in the routes."""
    parts: Schema = {"schemas": schemas(work.predictor.bundle)}
    document["components"] = parts
    if not work.service.open:
        parts["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer"},
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        }
        document["security"] = [{"token": []}, {"key": []}]
