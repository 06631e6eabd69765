"""The server's answers: to whom, with which headers, and that they are the subject's."""

import asyncio
import json
import threading
from importlib import resources
from pathlib import Path

import httpx2
import numpy as np
import pytest
from starlette.testclient import TestClient

from scratchnet import datasets
from scratchnet.explorer.app import HEADERS, LARGEST_BODY, TYPES, app
from scratchnet.explorer.subject import Question, Subject
from scratchnet.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from scratchnet.models import Sequential
from tests.explorer.frames import unpack
from tests.explorer.models import make

PORT = 8642
OURS = f"http://127.0.0.1:{PORT}"
PAGE = Path(str(resources.files("scratchnet.explorer") / "page"))


def client(subject):
    return TestClient(app(subject, PORT), base_url=OURS, headers={"Origin": OURS})


@pytest.fixture(scope="module")
def ask(subject):
    """A question → the answer's status and, of JSON, what it says, else its frame."""
    page = client(subject)

    def ask(path, method="GET", **options):
        answer = page.request(method, path, **options)
        if answer.headers["content-type"] == "application/json":
            return answer.status_code, json.loads(answer.content)
        return answer.status_code, unpack(answer.content)

    return ask


def refused(answer, status=422):
    """What a refusal says."""
    assert answer[0] == status
    assert answer[1].keys() == {"error"}
    return answer[1]["error"]


# ---------- to whom
HOSTILE = [
    ("GET", "/", {"Host": "evil.example"}),
    ("GET", "/api/model", {"Host": f"evil.example:{PORT}"}),
    ("GET", "/api/model", {"Host": "127.0.0.1"}),
    ("GET", "/api/model", {"Host": f"127.0.0.1.evil.example:{PORT}"}),
    ("GET", "/api/model", {"Host": ""}),
    ("GET", "/api/model", {"Origin": "http://evil.example"}),
    ("GET", "/", {"Origin": "null"}),
    ("POST", "/api/trace?test=0", {"Origin": "http://evil.example"}),
    ("POST", "/api/trace?test=0", {"Origin": f"https://127.0.0.1:{PORT}"}),
    ("POST", "/api/trace?test=0", {"Origin": "http://127.0.0.1:8643"}),
    ("POST", "/api/trace?test=0", {"Origin": "null"}),
    ("POST", "/api/trace?test=0", {}),
    ("OPTIONS", "/api/trace", {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}),
]


@pytest.mark.parametrize(("method", "path", "headers"), HOSTILE)
def test_others_are_refused(method, path, headers, subject):
    answer = TestClient(app(subject, PORT), base_url=OURS).request(method, path, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["error"].startswith("The host " if "Host" in headers else "The origin ")
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_page_itself_is_answered(host, subject):
    own = f"http://{host}:{PORT}"
    page = TestClient(app(subject, PORT), base_url=own)
    assert page.get("/").status_code == page.get("/api/model", headers={"Origin": own}).status_code == 200
    assert page.post("/api/trace?test=0", headers={"Origin": own}).status_code == 200


def test_a_browser_leaves_out_the_port_80(subject):
    page = TestClient(app(subject, 80), base_url="http://localhost")
    assert page.post("/api/trace?test=0", headers={"Origin": "http://localhost"}).status_code == 200


@pytest.mark.parametrize(("method", "path", "body", "status"), [
    ("GET", "/", None, 200), ("GET", "/style.css", None, 200), ("GET", "/api/model", None, 200),
    ("GET", "/api/tests?count=2", None, 200), ("GET", "/nothing", None, 404), ("PUT", "/api/model", None, 405),
    ("GET", "/api/trace", None, 405), ("POST", "/api/trace", b"", 422), ("POST", "/api/trace", bytes(LARGEST_BODY + 1), 413),
])  # fmt: skip
def test_every_answer_has_the_headers(method, path, body, status, subject):
    answer = client(subject).request(method, path, content=body)
    assert answer.status_code == status
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    if status != 200:
        assert answer.json()["error"].endswith(".")


def test_a_fault_of_ours_is_told_as_one(subject, monkeypatch, caplog):
    monkeypatch.setattr(subject, "describe", lambda: 1 / 0)
    answer = client(subject).get("/api/model")
    assert answer.status_code == 500
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "ZeroDivisionError" not in answer.text
    assert "ZeroDivisionError" in caplog.text


# ---------- bodies
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_body_that_does_not_tell_its_length_is_too_large_all_the_same(method, subject):
    path = "/api/trace" if method == "POST" else "/api/model"
    answer = client(subject).request(method, path, content=(bytes(LARGEST_BODY // 4) for _ in range(5)))
    assert (answer.status_code, answer.json()["error"]) == (413, f"A body of more than {LARGEST_BODY} bytes.")


def test_the_largest_body_is_read(ask):
    assert refused(ask("/api/trace", "POST", content=bytes(LARGEST_BODY))).startswith(
        f"{LARGEST_BODY} bytes. Expected 144"
    )


def test_who_leaves_before_the_body_has_come_is_not_a_fault(subject, caplog):
    sent = []

    async def leave():
        async def receive():
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message["type"])

        headers = [(b"host", f"127.0.0.1:{PORT}".encode()), (b"origin", OURS.encode())]
        scope = {"type": "http", "method": "POST", "path": "/api/trace", "headers": headers, "query_string": b""}
        await app(subject, PORT)(scope | {"root_path": "", "scheme": "http"}, receive, send)

    asyncio.run(leave())
    assert sent == ["http.response.start", "http.response.body"]
    assert not caplog.text


# ---------- the page
def test_the_pages_files_are_served_as_they_are(subject):
    page = client(subject)
    files = [file for file in PAGE.rglob("*") if file.is_file()]
    assert {"index.html", "main.js", "style.css", "favicon.svg"} <= {file.name for file in files}
    for file in files:
        path = "/" if file.name == "index.html" else f"/{file.relative_to(PAGE).as_posix()}"
        answer = page.get(path)
        assert (answer.status_code, answer.content) == (200, file.read_bytes()), path
        assert answer.headers["content-type"] == TYPES[file.suffix]


@pytest.mark.parametrize("path", [
    "/app.py", "/../app.py", "/%2e%2e/app.py", "/arithmetic/%2e%2e/%2e%2e/app.py", "/arithmetic", "/arithmetic/", "//style.css",
    "/etc/passwd", "/%2fetc/passwd", "/style.css/", "/style.css%00", "/index.html/x", "/__init__.py",
])  # fmt: skip
def test_nothing_else_is(path, subject):
    sent = []

    async def fetch():
        async def receive():
            return {"type": "http.request", "body": b""}

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "GET", "query_string": b"", "root_path": "", "scheme": "http"}
        scope |= {"path": path.replace("%2e", ".").replace("%2f", "/").replace("%00", "\0"), "raw_path": path.encode()}
        await app(subject, PORT)(scope | {"headers": [(b"host", f"127.0.0.1:{PORT}".encode())]}, receive, send)

    asyncio.run(fetch())
    assert sent[0]["status"] in (404, 307)
    assert b"import" not in sent[1]["body"]


# ---------- what is asked
def test_the_model(ask, subject):
    assert ask("/api/model") == (200, json.loads(json.dumps(subject.describe())))


def test_a_trace_of_a_test_image(ask, subject):
    place = subject.wrong(0)[0]  # whose label isn't the answer
    status, (header, tensors) = ask(f"/api/trace?test={place}&epoch=0&backward=1", "POST")
    x, label = subject.image(place)
    expected = subject.trace(x, Question(label=label, epoch=0))
    assert (status, header["label"]) == (200, label)
    assert header["prediction"] == expected.trace.output[0].argmax() != label
    assert tensors.keys() == expected.tensors.keys()
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(tensor, expected.tensors[name])
    name = subject.model.layers[0].name
    _, (_, grads) = ask(f"/api/grads/{header['trace']}/{name}?unit=2")
    np.testing.assert_array_equal(grads["kernel"], expected.trace[name].grads["kernel"][..., 2])
    _, (_, grads) = ask(f"/api/grads/{header['trace']}/{subject.model.layers[-1].name}?row=2")
    np.testing.assert_array_equal(grads["kernel"], expected.trace.layers[-1].grads["kernel"][2])
    assert "The trace 10000" in refused(ask(f"/api/grads/10000/{name}"))


@pytest.mark.parametrize(("query", "question"), [
    ("", Question(backward=False)), ("backward=0", Question(backward=False)),
    ("label=2&backward=1", Question(label=2)), ("logit=1&backward=1", Question(logit=1)),
    ("training=1&seed=4&backward=1", Question(training=True, seed=4)), ("epoch=0&backward=1", Question(epoch=0)),
])  # fmt: skip
def test_a_trace_of_pixels(query, question, ask, subject):
    pixels = np.random.default_rng(0).integers(0, 256, (12, 12, 1), np.uint8)
    status, (header, tensors) = ask(f"/api/trace?{query}", "POST", content=pixels.tobytes())
    expected = subject.trace(pixels.astype("float32") / 255, question)
    assert (status, header["label"]) == (200, expected.label)
    assert tensors.keys() == expected.tensors.keys()
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(tensor, expected.tensors[name])


@pytest.mark.parametrize("normalize", [0, 1])
def test_a_trace_of_a_drawing(normalize, ask):
    drawing = np.zeros((60, 60), np.uint8)
    drawing[10:40, 8:14] = 255
    _, (_, tensors) = ask(f"/api/trace?side=60&normalize={normalize}", "POST", content=drawing.tobytes())
    size = 12, 12
    expected = (
        datasets.normalize_digit(drawing, size) if normalize else datasets.resize(drawing[..., None], size)[..., 0]
    )
    np.testing.assert_array_equal(tensors["x"][..., 0], expected.astype("float32") / 255)


@pytest.mark.parametrize("normalize", [0, 1])
@pytest.mark.parametrize("side", range(5))
def test_a_drawing_may_be_tiny(side, normalize, ask):
    for body in (
        bytes(side**2),
        bytes(range(side**2)),
        b"\xff" * side**2,
        bytes(side**2 // 2) + b"\xff" * -(-(side**2) // 2),
    ):
        answer = ask(f"/api/trace?side={side}&normalize={normalize}", "POST", content=body)
        assert answer[0] == 200 or refused(answer)
        assert answer[0] == 422 or side


def test_weights(ask, subject):
    conv, dense = subject.model.layers[0], subject.model.layers[-1]
    status, (_, tensors) = ask(f"/api/params/{conv.name}")
    assert (status, tensors.keys()) == (200, conv.weights.keys())
    for name, array in conv.weights.items():
        np.testing.assert_array_equal(tensors[name], array)
    _, (_, tensors) = ask(f"/api/params/{dense.name}?unit=1&epoch=0")
    expected = subject.at_epoch(0).layers[-1].weights
    np.testing.assert_array_equal(tensors["kernel"], expected["kernel"][:, 1])
    assert tensors["bias"] == expected["bias"][1]
    _, (_, tensors) = ask(f"/api/params/{dense.name}?row=1")
    np.testing.assert_array_equal(tensors["kernel"], dense.weights["kernel"][1])


@pytest.mark.parametrize(("path", "said"), [
    ("/api/trace?test=-1", "test='-1'. Expected a whole number"), ("/api/trace?test=1.5", "test='1.5'"),
    ("/api/trace?test=", "test=''"), ("/api/trace?test=9999999999", "test='9999999999'"), ("/api/trace?test=nan", "test='nan'"),
    ("/api/trace?test=40", "test=40. Expected a test image below 40"), ("/api/trace?test=0&label=x", "label='x'"),
    ("/api/trace?test=0&label=3&backward=1", "label=3. Expected from 0 to 2"),
    ("/api/trace?test=0&logit=3&backward=1", "logit=3. Expected below 3"), ("/api/trace?test=0&epoch=3", "epoch=3"),
    ("/api/trace?test=0&seed=-1", "seed='-1'"), ("/api/trace", "0 bytes. Expected 144: (12, 12, 1)"),
    ("/api/trace?side=999999999", "0 bytes. Expected 999999998000000001"), ("/api/trace?side=0", "0 bytes. Expected 0"),
    ("/api/trace?side=99999999999999999999", "side="), ("/api/params/nothing", "The layer 'nothing'. Expected one of conv2d"),
    ("/api/params/{conv}?unit=32", "unit=32"),
    ("/api/params/{conv}?row=0", "row=0"), ("/api/params/{dense}?row=128", "row=128. Expected from 0 to 127"),
    ("/api/params/{conv}?epoch=x", "epoch='x'"), ("/api/grads/x/{conv}", "The trace x"),
    ("/api/tests?from=x", "from='x'"), ("/api/tests?wrong=1&epoch=9", "epoch=9"), ("/api/tests?count=-1", "count='-1'"),
])  # fmt: skip
def test_what_cannot_be_answered_is_told_in_a_sentence(path, said, ask, subject):
    path = path.format(conv=subject.model.layers[0].name, dense=subject.model.layers[-1].name)
    assert refused(ask(path, "POST" if "trace?" in path or path.endswith("trace") else "GET")).startswith(said)


def test_weights_that_have_gone_are_told(run, tmp_path):
    subject = Subject(run)
    subject.epochs = {0: tmp_path / "gone.weights.h5"}
    answer = client(subject).get("/api/params/x?epoch=0")
    assert answer.status_code == 422
    assert "gone.weights.h5" in answer.json()["error"]


def test_pages_of_test_images(ask, data):
    x, y = (np.load(data)[name] for name in ("x_test", "y_test"))
    status, (header, tensors) = ask("/api/tests?from=3&count=5")
    assert (status, header["total"]) == (200, 40)
    np.testing.assert_array_equal(tensors["images"][..., 0], x[3:8])
    assert (tensors["images"].dtype, tensors["labels"].dtype) == ("uint8", "int32")
    assert (tensors["labels"].tolist(), tensors["places"].tolist()) == (y[3:8].tolist(), [3, 4, 5, 6, 7])
    assert [len(ask(f"/api/tests?{query}")[1][1]["images"]) for query in ("", "count=7", "from=38", "from=40", "count=999")] == [
        40, 7, 2, 0, 40,
    ]  # fmt: skip


def test_pages_of_images_for_a_network_that_takes_bytes(saved, data):
    page = client(Subject(saved(make("bytes")), data=data))
    _, tensors = unpack(page.get("/api/tests?count=3").content)
    np.testing.assert_array_equal(tensors["images"][..., 0], np.load(data)["x_test"][:3])


def test_pages_of_wrong_ones(ask, subject, data):
    wrong = subject.wrong(0)
    _, (header, tensors) = ask("/api/tests?wrong=1&epoch=0&from=2&count=4")
    assert header["total"] == len(wrong) > 5
    assert tensors["places"].tolist() == wrong[2:6].tolist()
    np.testing.assert_array_equal(tensors["images"][..., 0], np.load(data)["x_test"][wrong[2:6]])
    assert tensors["labels"].tolist() == np.load(data)["y_test"][wrong[2:6]].tolist()


def test_without_test_images(run):
    subject = Subject(run)
    subject.tests = None
    header, tensors = unpack(client(subject).get("/api/tests?wrong=1").content)
    assert (header["total"], tensors) == (0, {})


def test_weights_that_are_no_numbers_break_nothing(tmp_path):
    layers = Conv2D(2, 3, name="conv ä?&"), MaxPooling2D(), Flatten(), Dense(3, activation="softmax", name="top")
    model = Sequential([Input((5, 5, 1)), *layers], kernels="plain")
    model.layers[0].weights["kernel"][0, 0, 0] = np.nan, np.inf
    model.save(tmp_path / "model.keras")
    page = client(Subject(tmp_path / "model.keras"))
    assert json.loads(page.get("/api/model").content, parse_constant=pytest.fail)["layers"][0]["name"] == "conv ä?&"
    answer = page.post("/api/trace?label=1&backward=1", content=bytes(range(25)))
    header, tensors = unpack(answer.content)
    assert (answer.status_code, header["label"]) == (200, 1)
    assert np.isnan(tensors["top/y"]).all()
    _, weights = unpack(page.get("/api/params/conv%20%C3%A4%3F%26").content)
    assert np.isnan(weights["kernel"][0, 0, 0, 0])
    assert np.isinf(weights["kernel"][0, 0, 0, 1])


# ---------- many at once
def test_others_are_answered_while_one_computes(run, monkeypatch):
    subject, begun, end = Subject(run), threading.Event(), threading.Event()

    def wrong(epoch):
        begun.set()
        assert end.wait(20)
        return np.arange(2)

    monkeypatch.setattr(subject, "wrong", wrong)

    async def both():
        transport = httpx2.ASGITransport(app(subject, PORT))
        async with httpx2.AsyncClient(transport=transport, base_url=OURS, headers={"Origin": OURS}) as page:
            slow = asyncio.create_task(page.get("/api/tests?wrong=1"))
            assert await asyncio.to_thread(begun.wait, 20)
            quick = [await page.get("/api/model"), await page.post("/api/trace?test=1&backward=1"), await page.get("/")]
            waits = not slow.done()
            end.set()
            return [answer.status_code for answer in quick], waits, unpack((await slow).content)[0]["total"]

    assert asyncio.run(both()) == ([200, 200, 200], True, 2)
