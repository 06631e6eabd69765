"""Who can be timed, one library a file. A new one is a file here, a line in the table, a package in the extra `benchmarks`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pkgutil import resolve_name
from typing import Any

from benchmarks.peers.base import Peer
from scratchnet.errors import ScratchnetError

OWN = "scratchnet"


@dataclass(frozen=True)
class Entry:
    """What is known of a peer before anything of it is imported.

    peer: where its class is, "module:class";  options: what that is made with, beside threads
    packages: what it imports; their versions are reported
    measures: what it can be timed at
    avx2: environment variables that keep it to AVX2; None if there are none, on which it then isn't timed
    """

    peer: str
    packages: tuple[str, ...]
    measures: tuple[str, ...] = ("step", "predict")
    options: Mapping[str, Any] = field(default_factory=dict)
    avx2: Mapping[str, str] | None = None

    def load(self, threads: int | None) -> Peer:
        """The peer itself; its libraries are imported now, so only its own process asks for it."""
        peer: Peer = resolve_name(self.peer)(threads, **self.options)
        return peer

    @property
    def missing(self) -> list[str]:
        """The packages that aren't installed."""
        return [package for package in self.packages if find_spec(package) is None]


def _own(**options: str) -> Entry:
    return Entry(
        "benchmarks.peers.scratchnet:Scratchnet",
        ("numpy", "scipy", "numba"),
        options=options,
        avx2={"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx2,+fma", "OPENBLAS_CORETYPE": "Haswell"},
    )


def _keras(backend: str, *packages: str, avx2: Mapping[str, str] | None) -> Entry:
    return Entry("benchmarks.peers.keras:Keras", ("keras", *packages), options={"backend": backend}, avx2=avx2)


ONEDNN = {"ONEDNN_MAX_CPU_ISA": "AVX2"}
TORCH = {**ONEDNN, "ATEN_CPU_CAPABILITY": "avx2"}

ENTRIES = {
    OWN: _own(),
    "scratchnet-compiled": _own(kernels="compiled"),
    "keras-tensorflow": _keras("tensorflow", "tensorflow", avx2=ONEDNN),  # what isn't oneDNN's, Eigen's, knows no limit
    "keras-torch": _keras("torch", "torch", avx2=TORCH),
    "keras-jax": _keras("jax", "jax", avx2=None),
    "pytorch": Entry("benchmarks.peers.pytorch:PyTorch", ("torch",), avx2=TORCH),
    "onnxruntime": Entry("benchmarks.peers.onnxruntime:OnnxRuntime", ("onnx", "onnxruntime"), ("predict",)),
    "openvino": Entry(  # OV_CPU_MAX_ISA came in 2026: before, what isn't oneDNN's knew no limit
        "benchmarks.peers.openvino:OpenVino",
        ("onnx", "openvino"),
        ("predict",),
        avx2={**ONEDNN, "OV_CPU_MAX_ISA": "AVX2"},
    ),
}


def choose(measure: str, names: list[str] | None) -> tuple[list[str], list[str]]:
    """Whom to time, scratchnet first → their names, and a sentence for each that was left out as it isn't installed.

    names: the peers asked for, all of which must be there; None for every one that is
    """
    known = [name for name, entry in ENTRIES.items() if name != OWN and measure in entry.measures]
    for name in names or ():
        if name not in known:
            raise ScratchnetError(
                came=f"The peer {name!r}", expected=f"for {measure}, {' or '.join(known)}", do="Choose one of these."
            )
    wanted = dict.fromkeys(known if names is None else names)  # each once
    there, left_out = installed(list(wanted))
    if names is not None and left_out:
        absent = [name for name in wanted if name not in there]
        raise ScratchnetError(
            came=" and ".join(f"{name}, which needs {', '.join(ENTRIES[name].missing)}" for name in absent),
            expected="peers that are installed",
            do=INSTALL,
        )
    return [OWN, *there], left_out


def installed(names: list[str]) -> tuple[list[str], list[str]]:
    """Those of them that are, and a sentence for each that isn't."""
    absent = {name: ENTRIES[name].missing for name in names if ENTRIES[name].missing}
    left_out = [f"{name} is left out: it needs {', '.join(gone)}. {INSTALL}" for name, gone in absent.items()]
    return [name for name in names if name not in absent], left_out


INSTALL = "Install the peers with: pip install -e '.[benchmarks]'"
