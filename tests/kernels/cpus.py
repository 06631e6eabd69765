"""Machines that Numba can be told to compile for, and a file of tests run in a process of its own under one of them."""

import os
import subprocess
import sys
from pathlib import Path

MACHINES = {
    "AVX-512": {},  # where this machine has it
    "AVX2": {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx2,+fma"},
    "x86-64-v2": {"NUMBA_CPU_NAME": "x86-64-v2", "NUMBA_CPU_FEATURES": ""},
}
ROOT = Path(__file__).parents[2]


def python(*arguments, cache, cwd=ROOT, **variables):
    """What a fresh process prints, which compiles into the folder `cache`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    environment |= {"NUMBA_CACHE_DIR": str(cache), "PYTHONDONTWRITEBYTECODE": "1", **variables}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
