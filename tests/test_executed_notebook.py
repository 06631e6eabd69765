"""docs/notebook.ipynb: executed from top to bottom, and it can be again."""

import json
import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
LIMIT = 130  # images: x_test[101] is drawn


def committed():
    return nbformat.read(ROOT / "docs/notebook.ipynb", as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def printed(notebook):
    return "".join(output.text for cell in code(notebook) for output in cell.outputs if output.output_type == "stream")


def kinds(notebook):
    """Of each cell's last output: a picture, text, or nothing."""
    last = [cell.outputs[-1] if cell.outputs else {} for cell in code(notebook)]
    return ["picture" if "image/png" in output.get("data", {}) else bool(output) for output in last]


def test_the_committed_notebook_was_executed_in_order_without_an_error():
    notebook = committed()
    assert [cell.execution_count for cell in code(notebook)] == list(range(1, len(code(notebook)) + 1))
    assert not [output for cell in code(notebook) for output in cell.outputs if output.output_type == "error"]
    assert kinds(notebook).count("picture") == 10
    assert "60000 train samples\n10000 test samples" in printed(notebook)
    assert printed(notebook).count("Test accuracy: 0.9") == 2


@pytest.mark.jit
def test_it_runs_from_top_to_bottom(tmp_path, monkeypatch):
    """In a kernel of this very interpreter, with this checkout, on few images."""
    kernel = tmp_path / "kernels/here/kernel.json"
    kernel.parent.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kernel.write_text(json.dumps({"argv": command, "display_name": "here", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]))
    monkeypatch.setenv("SCRATCHNET_LIMIT", str(LIMIT))
    monkeypatch.setenv("SCRATCHNET_EPOCHS", "1")
    notebook = committed()
    for cell in code(notebook):
        cell.outputs, cell.execution_count = [], None
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, kernel_name="here", timeout=120, resources=resources).execute()  # raises a cell's error
    assert f"{LIMIT} train samples\n{LIMIT} test samples" in printed(notebook)
    assert kinds(notebook) == kinds(committed())
    assert [file.name for file in tmp_path.iterdir()] == ["kernels"]
