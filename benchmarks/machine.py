"""On what was measured."""

import os
import platform
from pathlib import Path

import llvmlite.binding as llvm

from scratchnet import kernels

INSTRUCTION_SETS = {"avx512f": "AVX-512", "avx2": "AVX2", "sve": "SVE", "neon": "NEON"}  # the widest first
SWITCHES = ("NUMBA_", "OMP_", "OPENBLAS_", "MKL_", "ONEDNN_", "TF_ENABLE_")  # environment variables that change speed


def describe() -> str:
    """Processor, instruction set, cores, system, how busy it is now, and what the environment sets."""
    features = llvm.get_host_cpu_features()
    widest = next(
        (name for feature, name in INSTRUCTION_SETS.items() if features.get(feature)), "no wide vectors known"
    )
    parts = [
        f"{_processor()} ({llvm.get_host_cpu_name()}, {widest})",
        f"{kernels.cores()} cores",
        f"{platform.system()} {platform.machine()}",
        f"Python {platform.python_version()}",
    ]
    if hasattr(os, "getloadavg"):
        parts.append(f"load before the run {os.getloadavg()[0]:.1f}")
    switches = [f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith(SWITCHES)]
    return ", ".join(parts + switches)


def _processor() -> str:
    """As its maker calls it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
