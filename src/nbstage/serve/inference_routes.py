"""The paths of the Open Inference Protocol (V2)."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from nbstage.serve.handling import handle_predict, json_response
from nbstage.serve.inference import about_model
from nbstage.serve.predicting import TENSORS
from nbstage.serve.work import Work


def add_inference(app: FastAPI, work: Work) -> None:
    """Let the application answer in the protocol too."""
    bundle = work.predictor.bundle

    def check(model: str, version: str | None = None) -> None:
        if model != bundle.model or version not in (None, bundle.version):
            raise HTTPException(404, f"the model here is '{bundle.model}'")

    async def live() -> Response:
        return json_response(200, {"live": True})

    async def ready() -> Response:
        good = work.standing.ready
        return json_response(200 if good else 503, {"ready": good})

    async def metadata(model: str) -> Response:
        check(model)
        return json_response(200, about_model(bundle))

    async def model_ready(model: str) -> Response:
        check(model)
        return await ready()

    async def infer(model: str, request: Request) -> Response:
        check(model)
        return await handle_predict(work, request, TENSORS)

    async def infer_version(model: str, version: str, request: Request) -> Response:
        check(model, version)
        return await handle_predict(work, request, TENSORS)

    one = "/v2/models/{model}"
    routes = (
        ("GET", "/v2/health/live", live),
        ("GET", "/v2/health/ready", ready),
        ("GET", one, metadata),
        ("GET", f"{one}/ready", model_ready),
        ("POST", f"{one}/infer", infer),
        ("POST", f"{one}/versions/{{version}}/infer", infer_version),
    )
    for method, path, route in routes:
        app.add_api_route(path, route, methods=[method], tags=["Open Inference Protocol"])
