import ctypes
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from scratchnet.kernels import memory

REPORT = """
import resource
import numpy as np
from scratchnet.kernels import memory
memory.keep_freed()
def fill():
    np.ones(2_500_000)
for _ in range(3):
    fill()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    fill()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="another C library than glibc")
def test_an_array_gets_the_memory_of_the_one_before():
    """Ten arrays of 20 MB: 4,883 pages each, if they came from the system."""
    done = subprocess.run([sys.executable, "-c", REPORT], check=True, capture_output=True, text=True)
    assert int(done.stdout) * resource.getpagesize() < 1_000_000


HANDED_BACK = """
import re
from pathlib import Path
import numpy as np
from scratchnet.kernels import memory
def held():
    return int(re.search(r"VmRSS:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024
memory.keep_freed()
before = held()
arrays = [np.ones(2_500_000) for _ in range(10)]
kept = np.ones(1)
del arrays
after = held()
memory.hand_back()
print(after - before, held() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="not Linux")
def test_what_was_kept_can_be_handed_back():
    done = subprocess.run([sys.executable, "-c", HANDED_BACK], check=True, capture_output=True, text=True)
    kept, left = map(int, done.stdout.split())
    assert kept > 150
    assert left < 30


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert memory.keep_freed() is None
    assert memory.hand_back() is None


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
@pytest.mark.parametrize("shape", [(3, 5, 7), (1,)])
def test_arrays_begin_at_a_line_of_the_cache(shape, dtype):
    for _ in range(5):
        array = memory.empty(shape, dtype)
        assert (array.shape, array.dtype, array.ctypes.data % 64) == (shape, dtype, 0)
        assert array.flags.c_contiguous
        assert array.flags.writeable
