"""OpenVINO, on the same graph as ONNX Runtime, with two requests in flight."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import openvino

from benchmarks.peers.base import Peer
from benchmarks.peers.onnx_graph import graph
from scratchnet import kernels
from scratchnet.typing import Array

IN_FLIGHT = 2


class OpenVino(Peer):
    def build(self, config: dict[str, Any], weights: Sequence[Array]) -> None:
        core = openvino.Core()
        options = {
            "PERFORMANCE_HINT": "THROUGHPUT",
            "INFERENCE_NUM_THREADS": str(self.threads or kernels.cores()),
            "INFERENCE_PRECISION_HINT": "f32",
        }
        self.model = core.compile_model(core.read_model(graph(config, weights)), "CPU", options)

    def predict(self, x: Array, batch_size: int) -> Array:
        starts = range(0, len(x), batch_size)
        answers: list[Array] = [np.empty(0)] * len(starts)

        def keep(request: Any, place: int) -> None:
            answers[place] = request.get_output_tensor().data.copy()

        queue = openvino.AsyncInferQueue(self.model, IN_FLIGHT)
        queue.set_callback(keep)
        for place, start in enumerate(starts):
            queue.start_async({0: x[start : start + batch_size]}, place)
        queue.wait_all()
        return np.concatenate(answers)
