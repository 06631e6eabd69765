"""How threads should wait: twelve short parallel regions, as in a training step, alone and beside a busy process.

python -m benchmarks.threads
"""

# Kernels take the types that Numba meets.
# mypy: disallow-untyped-defs=false, disallow-untyped-calls=false, check-untyped-defs=false
import os
import subprocess
import sys
import time

import click
import numba
import numpy as np
from numba import prange

from scratchnet.kernels.jit import jit

POLICIES = (
    {"GOMP_SPINCOUNT": "300000"},  # GNU's default, where there are no more threads than cores
    {"OMP_WAIT_POLICY": "passive"},
    {"GOMP_SPINCOUNT": "2000"},
    {"GOMP_SPINCOUNT": "20000"},
)
BUSY = "import time; end = time.perf_counter() + {seconds}\nwhile time.perf_counter() < end: pass"


@jit
def region(x, turns):
    for g in prange(len(x)):
        for _ in range(turns):
            for i in range(x.shape[1]):
                x[g, i] = x[g, i] * np.float32(0.999) + np.float32(0.001)


def step_times(seconds: float) -> list[float]:
    """Milliseconds of steps of 12 regions, and 50 µs of work of one thread after each."""
    x, times = np.ones((16, 4096), "float32"), []
    region(x, 1)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(12):
            region(x, 500)
            alone = time.perf_counter() + 50e-6
            while time.perf_counter() < alone:
                pass
        times.append((time.perf_counter() - start) * 1e3)
    return times


def main() -> None:
    if len(sys.argv) > 1:
        times = step_times(1.5)
        click.echo(f"{np.median(times)} {np.min(times)}")
        return
    click.echo(f"{numba.config.NUMBA_NUM_THREADS} threads; ms a step: the middle of 3 medians, the least")  # type: ignore[attr-defined]
    for neighbours in (0, 1):
        results: dict[str, list[list[float]]] = {}
        for _ in range(3):
            for policy in POLICIES:
                busy = [subprocess.Popen([sys.executable, "-c", BUSY.format(seconds=4)]) for _ in range(neighbours)]
                printed = subprocess.run(
                    [sys.executable, "-m", "benchmarks.threads", "run"],
                    env={**os.environ, **policy}, stdout=subprocess.PIPE, check=True, text=True,
                ).stdout  # fmt: skip
                for process in busy:
                    process.kill()
                    process.wait()
                results.setdefault(" ".join("=".join(item) for item in policy.items()), []).append(
                    [float(number) for number in printed.split()]
                )
        for name, figures in results.items():
            median, least = np.median([m for m, _ in figures]), min(m for _, m in figures)
            click.echo(f"{'busy' if neighbours else 'alone':6}{name:25}{median:7.1f}{least:7.1f}")


if __name__ == "__main__":
    main()
