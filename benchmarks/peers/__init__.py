"""Who can be timed, one library a file. A new one is a file here, a line in the table, a package in the extra `benchmarks`."""

from dataclasses import dataclass
from importlib.util import find_spec
from pkgutil import resolve_name

from benchmarks.peers.base import Peer
from scratchnet.errors import ScratchnetError

OWN = "scratchnet"


@dataclass(frozen=True)
class Entry:
    """What is known of a peer before anything of it is imported.

    peer: where its class is, "module:class"
    packages: what it imports; their versions are reported
    measures: what it can be timed at
    """

    peer: str
    packages: tuple[str, ...]
    measures: tuple[str, ...] = ("step", "predict")

    def load(self, threads: int | None) -> Peer:
        """The peer itself; its libraries are imported now, so only its own process asks for it."""
        peer: Peer = resolve_name(self.peer)(threads)
        return peer

    @property
    def missing(self) -> list[str]:
        """The packages that aren't installed."""
        return [package for package in self.packages if find_spec(package) is None]


ENTRIES = {
    OWN: Entry("benchmarks.peers.scratchnet:Scratchnet", ("numpy", "scipy", "numba")),
    "keras-tensorflow": Entry("benchmarks.peers.keras_tensorflow:KerasTensorFlow", ("keras", "tensorflow")),
    "onnxruntime": Entry("benchmarks.peers.onnxruntime:OnnxRuntime", ("onnx", "onnxruntime"), ("predict",)),
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
    absent = {name: ENTRIES[name].missing for name in wanted if ENTRIES[name].missing}
    if names is not None and absent:
        raise ScratchnetError(
            came=" and ".join(f"{name}, which needs {', '.join(gone)}" for name, gone in absent.items()),
            expected="peers that are installed",
            do=INSTALL,
        )
    left_out = [f"{name} is left out: it needs {', '.join(gone)}. {INSTALL}" for name, gone in absent.items()]
    return [OWN, *(name for name in wanted if name not in absent)], left_out


INSTALL = "Install the peers with: pip install -e '.[benchmarks]'"
