"""The paths of the Open Inference Protocol (V2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from nbstage.serve.handling import handle_predict, json_response
from nbstage.serve.inference import about_model
from nbstage.serve.predicting import TENSORS
from nbstage.serve.work import Work

_Route = Callable[..., Awaitable[Response]]


def add_inference(app: FastAPI, work: Work) -> None:
    """Let the application answer in the protocol too."""
    for method, path, route in (*_asking(work), *_predicting(work)):
        app.add_api_route(path, route, methods=[method], tags=["Open Inference Protocol"])


def _asking(work: Work) -> tuple[tuple[str, str, _Route], ...]:
    async def live() -> Response:
        return json_response(200, {"live": True})

    async def ready() -> Response:
        good = work.standing.ready
        return json_response(200 if good else 503, {"ready": good})

    async def metadata(model: str) -> Response:
        _check(work, model)
        return json_response(200, about_model(work.predictor.bundle))

    async def model_ready(model: str) -> Response:
        _check(work, model)
        return await ready()

    return (
        ("GET", "/v2/health/live", live),
        ("GET", "/v2/health/ready", ready),
        ("GET", "/v2/models/{model}", metadata),
        ("GET", "/v2/models/{model}/ready", model_ready),
    )


def _predicting(work: Work) -> tuple[tuple[str, str, _Route], ...]:
    async def infer(model: str, request: Request) -> Response:
        _check(work, model)
        return await handle_predict(work, request, TENSORS)

    async def infer_version(model: str, version: str, request: Request) -> Response:
        _check(work, model, version)
        return await handle_predict(work, request, TENSORS)

    return (
        ("POST", "/v2/models/{model}/infer", infer),
        ("POST", "/v2/models/{model}/versions/{version}/infer", infer_version),
    )


def _check(work: Work, model: str, version: str | None = None) -> None:
    """Raise what is answered where another model is asked for."""
    bundle = work.predictor.bundle
    if model != bundle.model or version not in (None, bundle.version):
        raise HTTPException(404, f"the model here is '{bundle.model}'")
