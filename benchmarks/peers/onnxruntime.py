"""ONNX Runtime, on a graph made from the weights."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime

from benchmarks.peers.base import Peer
from benchmarks.peers.onnx_graph import graph
from scratchnet import kernels
from scratchnet.typing import Array


class OnnxRuntime(Peer):
    def build(self, config: dict[str, Any], weights: Sequence[Array]) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads or kernels.cores()
        self.session = onnxruntime.InferenceSession(graph(config, weights), options, providers=["CPUExecutionProvider"])

    def predict(self, x: Array, batch_size: int) -> Array:
        batches = (x[start : start + batch_size] for start in range(0, len(x), batch_size))
        return np.concatenate([self.session.run(None, {"x": batch})[0] for batch in batches])
