"""The line that says on what was measured."""

import os

import pytest

from benchmarks import machine


@pytest.mark.parametrize(
    ("features", "widest"),
    [
        ({"avx2": True, "avx512f": True}, "AVX-512"),
        ({"avx2": True, "avx512f": False}, "AVX2"),
        ({"neon": True}, "NEON"),
        ({}, "no wide vectors known"),
    ],
)
def test_the_widest_instruction_set(monkeypatch, features, widest):
    monkeypatch.setattr(machine.llvm, "get_host_cpu_features", lambda: features)
    assert f", {widest})" in machine.describe()


def test_cores_and_switches_that_change_speed(monkeypatch):
    monkeypatch.setattr(machine.kernels, "cores", lambda: 17)
    for name in [name for name in os.environ if name.startswith(machine.SWITCHES)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    monkeypatch.setenv("HOME", "/nowhere")
    description = machine.describe()
    assert "17 cores" in description
    assert description.endswith("ONEDNN_MAX_CPU_ISA=AVX2")


def test_the_processors_name(monkeypatch, tmp_path):
    (tmp_path / "cpuinfo").write_text("processor : 0\nmodel name\t: Abacus 9\nmodel name\t: Abacus 9\n")
    monkeypatch.setattr(machine, "Path", lambda _: tmp_path / "cpuinfo")
    assert machine.describe().startswith("Abacus 9 (")
    monkeypatch.setattr(machine, "Path", lambda _: tmp_path / "missing")
    monkeypatch.setattr(machine.platform, "processor", lambda: "slide rule")
    assert machine.describe().startswith("slide rule (")
