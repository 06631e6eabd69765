"""The server: what `Subject` answers, and the page's files, to this machine's own browser and nobody else."""

import logging
import math
import re
from collections.abc import Callable, Iterator
from functools import partial
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scratchnet.errors import ScratchnetError
from scratchnet.explorer.frames import frame
from scratchnet.explorer.subject import Question, Subject
from scratchnet.typing import Array

HOSTS = ["127.0.0.1", "localhost"]
LARGEST_BODY = 128 * 1024
MOST_TESTS = 200  # images in one answer

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}

# Nothing from elsewhere, nothing inline, in no frame, and nothing kept: the model is the user's own.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def app(subject: Subject, port: int) -> ASGIApp:
    """What answers on that port of 127.0.0.1."""
    ask = partial(_answer, subject)
    asked = Starlette(
        routes=[
            Route("/api/model", ask(_model)),
            Route("/api/trace", ask(_trace), methods=["POST"]),
            Route("/api/params/{layer}", ask(_params)),
            Route("/api/grads/{trace}/{layer}", ask(_grads)),
            Route("/api/tests", ask(_tests)),
            Route("/api/reference/{index:int}", ask(_reference)),
            *_page(),
        ],
        exception_handlers={HTTPException: _not_there},
    )
    return _Guard(asked, {host if port == 80 else f"{host}:{port}" for host in HOSTS})


class _Guard:
    """Around all that answers. Refuses what another site's page can make a browser send, by its name for this machine or
    its own Origin, which a browser puts on each POST. Sends HEADERS with every answer, whoever gives it.
    """

    def __init__(self, asked: ASGIApp, hosts: set[str]) -> None:
        self.asked, self.hosts = asked, hosts
        self.origins = {f"http://{host}" for host in hosts}
        self.headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self.headers]
            await send(message)

        headers, answer = Headers(scope=scope), self.asked
        host, origin = headers.get("host"), headers.get("origin")
        if host not in self.hosts:
            answer = _refusal(403, f"The host {host!r} isn't this one.")
        elif origin not in self.origins and (origin is not None or scope["method"] == "POST"):
            answer = _refusal(403, f"The origin {origin!r} may not ask here.")
        try:
            await answer(scope, receive, send_with_headers)
        except Exception:  # which Starlette has answered with 500
            logging.getLogger(__name__).exception("No answer to %s", scope["path"])


def _refusal(status: int, error: str) -> Response:
    return JSONResponse({"error": error}, status)


async def _not_there(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # no such path, or not by this method
    return _refusal(error.status_code, f"{error.detail}.")


def _answer(subject: Subject, handler: Callable[[Subject, Request, bytes], Response]) -> Callable[[Request], Any]:
    """An endpoint that works beside the event loop, and tells a mistake as one."""

    async def endpoint(request: Request) -> Response:
        try:
            body = await _body(request)
            if len(body) > LARGEST_BODY:
                return _refusal(413, f"A body of more than {LARGEST_BODY} bytes.")
            return await run_in_threadpool(handler, subject, request, body)
        except ScratchnetError as error:
            return _refusal(422, str(error))
        except ClientDisconnect:
            return Response()  # to nobody

    return endpoint


async def _body(request: Request) -> bytes:
    """All of it, or the beginning of what is too long, whatever length it says it has."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BODY:
            break
    return body


# ---------- what can be asked
def _model(subject: Subject, _request: Request, _body: bytes) -> Response:
    return JSONResponse(subject.describe())


def _trace(subject: Subject, request: Request, body: bytes) -> Response:
    """?test=17 or ?reference=3, or a body: H·W·C bytes that the network takes as they are or, with ?side=280, a drawn picture of this side"""
    side, label = _number(request, "side"), _number(request, "label")
    test, recorded = _number(request, "test"), _number(request, "reference")
    if test is not None:
        x, true = subject.image(test)
        label = true if label is None else label
    elif recorded is not None:
        x, true, _ = subject.recorded(recorded)
        label = true if label is None else label
    elif side is not None:
        x = subject.drawn(_pixels(body, (side, side, subject.image_shape[-1])), normalize=_flag(request, "normalize"))
    else:
        x = subject.taken(_pixels(body, subject.image_shape))
    answer = subject.trace(
        x,
        Question(
            label=label,
            logit=_number(request, "logit"),
            training=_flag(request, "training"),
            seed=_number(request, "seed") or 0,
            epoch=_number(request, "epoch"),
            backward=_flag(request, "backward"),
        ),
    )
    prediction = subject.prediction(answer.trace.output[0])
    return _frame(answer.tensors, trace=answer.key, label=answer.label, prediction=prediction)


def _params(subject: Subject, request: Request, _body: bytes) -> Response:
    ask = (_number(request, name) for name in ("epoch", "unit", "row"))
    return _frame(subject.weights(request.path_params["layer"], *ask))


def _grads(subject: Subject, request: Request, _body: bytes) -> Response:
    unit, row = _number(request, "unit"), _number(request, "row")
    return _frame(subject.gradients(request.path_params["trace"], request.path_params["layer"], unit, row))


def _tests(subject: Subject, request: Request, _body: bytes) -> Response:
    """A page of the test images, or of those that the model takes for something else."""
    begin, count = _number(request, "from") or 0, min(_number(request, "count") or 50, MOST_TESTS)
    if subject.tests is None:
        return _frame({}, total=0)
    x, labels = subject.tests
    places = subject.wrong(_number(request, "epoch")) if _flag(request, "wrong") else np.arange(len(x))
    shown = places[begin : begin + count]
    images = np.rint(x[shown] * (255 / subject.white)).astype(np.uint8)
    numbers = {"labels": labels[shown].astype(np.int32), "places": shown.astype(np.int32)}
    return _frame({"images": images, **numbers}, total=len(places))


def _reference(subject: Subject, request: Request, _body: bytes) -> Response:
    *_, tensors = subject.recorded(request.path_params["index"])
    return _frame(tensors, terms=subject.cancelled(tensors))


def _frame(tensors: dict[str, Array], **header: Any) -> Response:
    return Response(frame(tensors, **header), media_type="application/octet-stream")


def _pixels(body: bytes, shape: tuple[int, ...]) -> Array:
    if not body or len(body) != math.prod(shape):
        raise ScratchnetError(
            came=f"{len(body)} bytes", expected=f"{math.prod(shape)}: {shape}", do="Send one byte a pixel and channel."
        )
    return np.frombuffer(body, np.uint8).reshape(shape)


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,9}", text):
        raise ScratchnetError(came=f"{name}={text!r:.50}", expected="a whole number", do="Choose another.")
    return int(text)


def _flag(request: Request, name: str) -> bool:
    return request.query_params.get(name) == "1"


# ---------- the page
def _page() -> list[Route]:
    """A route for each file there is: nothing else can be asked for."""
    files = dict(_files(resources.files("scratchnet.explorer") / "page", "/"))
    files["/"] = files.pop("/index.html")
    return [
        Route(path, partial(_send, file.read_bytes(), TYPES[Path(file.name).suffix])) for path, file in files.items()
    ]


def _files(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    for file in folder.iterdir():
        if file.is_dir():
            yield from _files(file, f"{path}{file.name}/")
        elif Path(file.name).suffix in TYPES:
            yield path + file.name, file


async def _send(content: bytes, kind: str, _request: Request) -> Response:
    return Response(content, media_type=kind)
