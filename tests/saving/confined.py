"""Load the models whose paths come in, each in a process of 1 GB and 5 seconds, and print what came of it, as JSON.

A program of its own, which forks: a fork of the tests would have TensorFlow's threads in it.
"""

import codecs
import json
import os
import resource
import signal
import sys
from pathlib import Path

from scratchnet import load_model

SECONDS, BYTES = 5, 2**30


def attempt(path: str) -> dict[str, object]:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (used + BYTES, used + BYTES))
            signal.alarm(SECONDS)
            os.write(write, json.dumps(outcome(path)).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    return json.loads(answer) if answer else {"error": "died", "message": f"status {status}", "imported": []}


def outcome(path: str) -> dict[str, object]:
    before, kind, message = set(sys.modules), "", ""
    try:
        load_model(path)
    except BaseException as error:  # noqa: BLE001 — it is what the test wants to know
        kind, message = type(error).__name__, str(error)
    return {"error": kind, "message": message, "imported": sorted(set(sys.modules) - before)}


codecs.lookup("cp437")  # which zipfile imports when it first meets a name
for line in sys.stdin:
    print(json.dumps(attempt(line.rstrip("\n"))), flush=True)  # noqa: T201
