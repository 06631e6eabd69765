"""What is kept of compiled kernels, and when it is served: a copy of the vocabulary and a small kernel, in fresh processes."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from scratchnet import kernels
from scratchnet.kernels import lanes
from scratchnet.kernels.jit import jit_inner, part
from tests.kernels.cpus import MACHINES, python

pytestmark = pytest.mark.jit

KERNEL = """
from scratchnet.kernels.jit import jit_inner
from scratchnet.kernels.inner import row

@jit_inner
def kernel(x, y):
    for i in range(len(x)):
        row(x, y, i)
"""
PARALLEL = """
from numba import prange
from scratchnet.kernels.jit import jit
from scratchnet.kernels.inner import row

@jit
def kernel(x, y):
    for i in prange(len(x)):
        row(x, y, i)
"""
INNER = """
from scratchnet.kernels.jit import part
from scratchnet.kernels.lanes import load, store, tile

@part
def row(x, y, i):
    sums = tile(x.dtype, 1)
    sums[0] += load(x, (i, 0)) * 2
    store(y, (i, 0), sums[0])
"""
WORKER = """
import json, os, sys, numpy as np
from scratchnet.kernels.one import kernel
if "ROOM" in os.environ:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
x, y = np.ones((4, 64), sys.argv[1]), np.zeros((4, 64), sys.argv[1])
kernel(x, y)
hits, misses = (sum(counter.values()) for counter in (kernel.stats.cache_hits, kernel.stats.cache_misses))
print(json.dumps({"y": float(y[0, 0]), "lanes": int((y[0] != 0).sum()), "kept": bool(hits), "compiled": bool(misses)}))
"""


@pytest.fixture
def library(tmp_path):
    """A copy of what compiles, with a kernel of its own."""
    there = tmp_path / "library" / "scratchnet" / "kernels"
    there.mkdir(parents=True)
    for name in ("cache.py", "jit.py", "lanes.py"):
        shutil.copy(Path(kernels.__file__).with_name(name), there)
    for file, text in {"one.py": KERNEL, "inner.py": INNER, "__init__.py": "", "../__init__.py": ""}.items():
        (there / file).write_text(text)
    return there


@pytest.fixture
def start(library, tmp_path):
    """Start a process that runs the kernel: what came out, and whether it was compiled or kept."""

    def run(dtype="float32", cache=tmp_path / "cache", **variables):
        printed = python("-c", WORKER, dtype, cache=cache, cwd=library.parents[1], PYTHONPATH="", **variables)
        return json.loads(printed)

    return run


def edit(file, old, new):
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def entries(tmp_path):
    return sorted(file.name for file in (tmp_path / "cache").rglob("*") if file.is_file())


def test_compiled_once_for_all_processes(start, tmp_path):
    assert start() == {"y": 2, "lanes": lanes.BITS // 32, "kept": False, "compiled": True}
    before = entries(tmp_path)
    assert start() == {"y": 2, "lanes": lanes.BITS // 32, "kept": True, "compiled": False}
    assert entries(tmp_path) == before
    assert [name for name in before if not name.endswith(".code")] == []


@pytest.mark.parametrize(
    ("file", "old", "new", "y"),
    [
        ("lanes.py", 'flags=("contract",))', 'flags=("contract",)) if name == "add" else x', 1),  # another vocabulary
        ("inner.py", "* 2", "* 3", 3),  # what the kernel calls
        ("one.py", "\n@jit_inner", "\n\n# a line more\n@jit_inner", 2),  # its own file
    ],
)
def test_an_edit_of_any_file_is_compiled_and_replaces_what_was_kept(start, library, tmp_path, file, old, new, y):
    start()
    before = entries(tmp_path)
    edit(library / file, old, new)
    after_edit, again = start(), start()
    assert (after_edit["y"], after_edit["kept"]) == (y, False)
    assert (again["y"], again["kept"]) == (y, True)
    assert len(entries(tmp_path)) == len(before)


def test_a_dtype_more_is_kept_beside(start):
    start("float32")
    assert start("float64")["compiled"]
    assert (start("float32")["kept"], start("float64")["kept"]) == (True, True)


def test_machines_of_several_kinds_and_checked_mode_share_a_folder(start, library):
    (library / "one.py").write_text(PARALLEL)
    kinds = [{}, MACHINES["AVX2"], MACHINES["x86-64-v2"], {"NUMBA_BOUNDSCHECK": "1"}]
    expected = [lanes.BITS // 32, 8, 4, lanes.BITS // 32]
    first, second = ([start(**variables) for variables in kinds] for _ in range(2))
    assert [result["lanes"] for result in first] == [result["lanes"] for result in second] == expected
    assert [result["kept"] for result in first] == [False] * 4
    assert [result["kept"] for result in second] == [True] * 4


def test_a_damaged_entry_is_compiled_again(start, tmp_path):
    start()
    for damaged in (lambda code: code[:-1], lambda code: code[:100] + b"\0" * (len(code) - 100), lambda code: b""):
        for file in (tmp_path / "cache").rglob("*.code"):
            file.write_bytes(damaged(file.read_bytes()))
        assert start() == {"y": 2, "lanes": lanes.BITS // 32, "kept": False, "compiled": True}
    assert start()["kept"]


def test_where_nothing_can_be_written_nothing_is_kept(start, library, tmp_path):
    file = tmp_path / "a file, not a folder"
    file.touch()
    edit(library / "cache.py", "super().__init__(function)", "raise RuntimeError('no locator available')")
    for _ in range(2):
        assert start(cache=file) == {"y": 2, "lanes": lanes.BITS // 32, "kept": False, "compiled": True}


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limit")
def test_where_there_is_no_room_nothing_is_kept(start, tmp_path):
    for _ in range(2):
        assert start(ROOM="0") == {"y": 2, "lanes": lanes.BITS // 32, "kept": False, "compiled": True}
    assert entries(tmp_path) == []


# ---------- threads
@pytest.mark.parametrize(
    ("variables", "spins"),
    [({}, "2000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, "None")],
)
def test_waiting_threads_soon_sleep_unless_told_otherwise(variables, spins, library, tmp_path):
    told = {name: variables.get(name) for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    forget = "".join(f"os.environ.pop({name!r}, None);" for name, value in told.items() if value is None)
    program = f"import os;{forget}import scratchnet.kernels.jit;print(os.environ.get('GOMP_SPINCOUNT'))"
    assert python("-c", program, cache=tmp_path, cwd=library.parents[1], **variables).strip() == spins


@jit_inner
def inverse(x, y):
    for i in range(len(x)):
        y[i] = 1 / x[i]


def test_division_by_zero_is_numpys():
    y = np.empty(3)
    inverse(np.array([0.0, -0.0, np.nan]), y)
    np.testing.assert_array_equal(y, [np.inf, -np.inf, np.nan])


@jit_inner
def sums_of_products(x, y):
    return x[0] * y[0] + x[1] * y[1]


@part
def one_more(x):
    return x + 1


@jit_inner
def two_more(x):
    return one_more(one_more(x))


def test_scalars_are_computed_as_the_text_says():
    """No sum reordered, no product fused into a sum: as NumPy's scalars."""
    rng = np.random.default_rng(0)
    for x, y in zip(rng.standard_normal((100, 2)), rng.standard_normal((100, 2)), strict=True):
        assert sums_of_products(x, y) == x[0] * y[0] + x[1] * y[1]
    assert two_more(1) == 3
