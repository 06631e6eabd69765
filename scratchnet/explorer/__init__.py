"""A page that shows what happens inside one's own network, served to this machine's browser alone (extra `explorer`)."""

import socket
import sys
import webbrowser
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

from scratchnet import kernels
from scratchnet.errors import ScratchnetError
from scratchnet.explorer.subject import Subject

__all__ = ["PORT", "Subject", "serve"]

PORT = 8642


def serve(
    path: str | Path,
    *,
    data: str | Path | None = None,
    limit: int | None = None,
    reference: str | Path | None = None,
    port: int = PORT,
    browser: bool = True,
    ready: Callable[[str], object] = print,
) -> None:
    """Explore the model in a file or a run's folder until interrupted.

    data, limit: whose test images are offered, and how many;  reference: a recording of Keras, with whole tensors
    port: 0 for any that is free;  browser: whether to open it;  ready: called with the page's address
    Raises ScratchnetError where the model can't be explored, the port is taken or the extra isn't installed.
    """
    if any(find_spec(package) is None for package in ("starlette", "uvicorn", "httptools")):
        raise ScratchnetError(
            came="A page to be served without the packages for it",
            expected="the extra `explorer`",
            do="Install it: pip install 'scratchnet[explorer]'.",
        )
    from uvicorn import Config, Server

    from scratchnet.explorer.app import app

    subject = Subject(path, data=data, limit=limit, reference=reference)
    with _listening(port) as listener:
        address = listener.getsockname()[1]
        url = f"http://127.0.0.1:{address}/"
        config = Config(
            app(subject, address),
            http="httptools",
            ws="none",
            lifespan="off",
            log_level="critical",  # at the end, uvicorn reports what it interrupts as errors; `app` reports its own
            server_header=False,
            timeout_graceful_shutdown=0,  # nobody waits for what is being computed
        )
        ready(url)
        if browser:  # its question waits: the port listens already. One in the terminal returns only at its end.
            Thread(target=webbrowser.open, args=(url,), daemon=True).start()
        # BLAS has one thread until the end: else who is done first would give it back its threads while others compute
        with kernels.use("plain"):
            Server(config).run(sockets=[listener])


def _listening(port: int) -> socket.socket:
    # asyncio turns off Nagle's wait, of 40 ms an answer, only where the protocol is named
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # where it would share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        raise ScratchnetError(
            came=f"Port {port}, which can't be had ({getattr(error, 'strerror', None) or error})",
            expected="a free one",
            do="Choose another with --port, or 0 for any that is free.",
        ) from error
    return listener
