import ctypes
import resource
import subprocess
import sys

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


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert memory.keep_freed() is None
