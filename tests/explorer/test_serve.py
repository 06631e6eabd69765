"""`scratchnet explore` as a process: begun, asked, ended."""

import http.client
import importlib.util
import re
import signal
import socket
import subprocess
import sys
import threading
import webbrowser
from contextlib import contextmanager

import pytest
import uvicorn
from threadpoolctl import threadpool_info, threadpool_limits

from scratchnet import explorer
from scratchnet.errors import ScratchnetError
from tests.explorer.frames import unpack


@pytest.fixture(autouse=True)
def interruptible():
    """A process that was begun in the background, as these tests may be, ignores Ctrl-C, and so would its own."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def exploring(run, *python):
    """A process that explores the run, and its port."""
    command = [sys.executable, *python, "explore", str(run), "--no-browser", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        told = re.fullmatch(r"(.*) is at http://127\.0\.0\.1:(\d+)/ \(Ctrl-C ends it\)\n", process.stdout.readline())
        assert told[1] == str(run)
        yield process, int(told[2])
    finally:
        process.kill()
        process.communicate()


def ended(process, number):
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err


def test_it_answers_and_ctrl_c_ends_it_whatever_is_under_way(run):
    with exploring(run, "-m", "scratchnet") as (process, port):
        with pytest.raises(ScratchnetError, match=f"Port {port}, which can't be had .*--port"):
            explorer.serve(run, port=port, browser=False)
        page = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        page.request("GET", "/")
        answer = page.getresponse()
        assert (answer.status, b"<title>" in answer.read()) == (200, True)
        headers = {"Origin": f"http://127.0.0.1:{port}"}
        page.request("POST", "/api/trace?test=1&backward=1", headers=headers)
        header, tensors = unpack(page.getresponse().read())
        assert tensors["dx"].shape == (12, 12, 1)
        assert header["prediction"] in range(3)
        page.request("POST", "/api/trace", headers=headers | {"Content-Length": "144"})
        page.sock.sendall(b"\0")  # and no more: it is still being asked
        assert ended(process, signal.SIGINT) == (130, "", "\nStopped.\n")
        page.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)


def test_sigterm_ends_it(run):
    with exploring(run, "-m", "scratchnet") as (process, _):
        assert ended(process, signal.SIGTERM) == (-signal.SIGTERM, "", "")


def test_ctrl_c_does_not_wait_for_what_is_computed(run):
    begin = (
        "import sys, time; from scratchnet import __main__; from scratchnet.explorer.subject import Subject\n"
        "Subject.describe = lambda self: (print('begun', flush=True), time.sleep(60))\n"
        "__main__.main()"
    )
    with exploring(run, "-c", begin) as (process, port):
        page = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        page.request("GET", "/api/model")
        assert process.stdout.readline() == "begun\n"
        assert ended(process, signal.SIGINT) == (130, "", "\nStopped.\n")
        page.close()


# ---------- before it begins
@pytest.fixture
def served(monkeypatch):
    """What uvicorn would have been told, and which page would have been opened."""
    asked, opened = [], threading.Event()
    monkeypatch.setattr(
        uvicorn.Server, "run", lambda server, sockets: asked.append((server.config, sockets[0].getsockname()))
    )
    monkeypatch.setattr(webbrowser, "open", lambda url: (asked.append(url), opened.set()))
    return asked, opened


def test_the_browser_is_opened(run, served):
    asked, opened = served
    told = []
    explorer.serve(run, port=0, ready=told.append)
    assert opened.wait(10)
    address = next(part[1] for part in asked if isinstance(part, tuple))
    assert address[0] == "127.0.0.1"
    assert told == [f"http://127.0.0.1:{address[1]}/"] == [part for part in asked if isinstance(part, str)]


def test_only_this_machine_is_listened_to_and_answers_do_not_wait():
    with explorer._listening(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        assert listener.proto == socket.IPPROTO_TCP  # without it, asyncio leaves Nagle's algorithm on


def test_blas_has_one_thread_until_the_end(run, monkeypatch):
    threads = []

    def look(server, sockets):
        threads.extend(library["num_threads"] for library in threadpool_info() if "numpy" in library["filepath"])

    monkeypatch.setattr(uvicorn.Server, "run", look)
    with threadpool_limits(2):
        explorer.serve(run, port=0, browser=False, ready=str)
    assert set(threads) == {1}


@pytest.mark.parametrize("port", [-1, 65536])
def test_there_are_no_such_ports(port, run):
    with pytest.raises(ScratchnetError, match=f"Port {port}, which can't be had .*0-65535"):
        explorer.serve(run, port=port, browser=False)


def test_without_the_extra_it_is_named(run, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(explorer, "find_spec", lambda name: None if name == "httptools" else find(name))
    with pytest.raises(ScratchnetError, match=r"Install it: pip install 'scratchnet\[explorer\]'\."):
        explorer.serve(run)
