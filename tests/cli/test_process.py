"""The command as a process: what it loads, and where its output goes."""

import os
import subprocess
import sys

import numpy as np
from PIL import Image

from scratchnet.layers import Dense, Flatten, Input
from scratchnet.models import Sequential


def test_help_loads_nothing_heavy():
    script = (
        "import sys; sys.argv[1:] = ['--help']\n"
        "try:\n    from scratchnet.__main__ import main; main()\n"
        "finally:\n    print([name for name in ('numba', 'matplotlib', 'h5py', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("\n[]\n")


def test_other_commands_do_not_wait_for_the_explorer():
    code = "import sys, scratchnet.cli; print([name for name in ('starlette', 'uvicorn', 'asyncio') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_terminal_without_blocks_gets_question_marks(tmp_path):
    model = Sequential([Input((9, 9, 1)), Flatten(), Dense(2, activation="softmax")])
    model.save(tmp_path / "model.keras")
    Image.fromarray(np.eye(20, dtype=np.uint8) * 255).save(tmp_path / "eye.png")
    command = [sys.executable, "-m", "scratchnet", "predict", tmp_path / "model.keras", tmp_path / "eye.png"]
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"  ???" in done.stdout


def test_a_closed_pipe_is_no_traceback(data, tmp_path):
    options = ["--data", data, "--output", tmp_path / "run", "--kernels", "plain", "--epochs", "2"]
    command = [sys.executable, "-m", "scratchnet", "train", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode == 1
