"""The tests of the vocabulary once more in processes that compile for other registers, and in checked mode."""

import platform

import pytest

from scratchnet.kernels.lanes import BITS
from tests.kernels.cpus import MACHINES, python

pytestmark = [
    pytest.mark.jit,
    pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="registers of x86-64"),
]


@pytest.mark.parametrize(("variables", "bits"), [(MACHINES["AVX2"], 256), (MACHINES["x86-64-v2"], 128)])
def test_vocabulary_on_other_registers(variables, bits, tmp_path):
    run(tmp_path, EXPECTED_BITS=str(bits), **variables)


def test_vocabulary_in_checked_mode(tmp_path):
    assert "skipped" not in run(tmp_path, EXPECTED_BITS=str(BITS), NUMBA_BOUNDSCHECK="1")


def run(cache, **variables):
    printed = python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/kernels/test_lanes.py", cache=cache, **variables
    )
    assert " passed" in printed
    return printed
