"""The progress bar in a real terminal: it moves while an epoch runs, and leaves one line an epoch."""

import os
import subprocess
import sys

import pytest
from rich.console import Console

from scratchnet.progress import ProgressBar
from tests.runs.examples import write_examples

pty = pytest.importorskip("pty", reason="needs a pseudo-terminal")


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """What a terminal of 80 columns is sent during a run of two epochs."""
    folder = tmp_path_factory.mktemp("run")
    data = write_examples(folder / "data.npz", size=48)  # so large that the bar is drawn while they are learnt
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "scratchnet", "train", "--data", data, "--output", folder / "run"]
    options = ["--kernels", "plain", "--epochs", "2", "--batch-size", "1"]
    environment = {**os.environ, "COLUMNS": "80", "TERM": "xterm"}
    with subprocess.Popen([*command, *options], stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        sent = b""
        while chunk := read(ours):
            sent += chunk
    os.close(ours)
    assert process.returncode == 0
    return sent.decode()


def read(terminal):
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # Linux's way to say that the other side is closed
        return b""


def screen(sent):
    """The lines that stay, for what rich sends: text, ends of lines, up, erase, styles."""
    lines, row = [""], 0
    for part in (
        sent.replace("\r\n", "\n").replace("\x1b", "\0\x1b").replace("\n", "\0\n").replace("\r", "\0\r").split("\0")
    ):
        if part.startswith("\n"):
            row += 1
            lines += [""] * (row + 1 - len(lines))
            lines[row] = part[1:] or lines[row]
        elif part.startswith("\r"):
            lines[row] = part[1:] or lines[row]
        elif part.startswith("\x1b[1A"):
            row -= 1
        elif part.startswith("\x1b[2K"):
            lines[row] = part[4:]
        else:
            lines[row] += part.partition("m")[2] if part.startswith("\x1b[") and "m" in part else ""
            lines[row] += part if not part.startswith("\x1b") else ""
    return lines


def test_the_bar_shows_how_far_the_epoch_is_and_what_it_gave(output):
    assert "Epoch 1/2" in output
    assert "Epoch 2/2" in output
    plain = "".join(part.partition("m")[2] for part in output.split("\x1b["))
    assert "images/s" in plain
    assert "validating" in plain
    assert any(f" {percent}%" in plain for percent in range(1, 100))


def test_the_bar_leaves_room_for_the_ctrl_c_that_a_terminal_shows(output):
    """Wrapped onto a line of its own, it would keep the bar from being erased."""
    bars = [line for line in screen(output.replace("\x1b[2K", "\n")) if "━" in line and "images/s" in line]
    assert bars
    assert max(map(len, bars)) <= 80 - len("^C") - 1


def test_nothing_of_the_bar_stays(output):
    lines = screen(output)
    epochs = [line for line in lines if line.startswith("Epoch")]
    assert [line.split(" - ")[0] for line in epochs] == ["Epoch 1/2", "Epoch 2/2"]
    end = next(i for i, line in enumerate(lines) if line.startswith("Epoch 2/2"))
    assert not any("━" in line for line in lines[end:])
    assert lines[end + 2].startswith("Test loss")
    assert output.rindex("\x1b[?25h") > output.rindex("\x1b[?25l")  # the cursor is back


@pytest.mark.parametrize("live", [True, False])
def test_a_bar_that_is_not_wanted_stays_away(live):
    assert ProgressBar(Console(force_terminal=True), live=live).bar.disable is not live
