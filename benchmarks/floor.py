"""The dense floor: how long the network's multiplies take, if every one is done, where this machine multiplies fastest."""

import time

import numpy as np
from threadpoolctl import threadpool_limits

from scratchnet import kernels
from scratchnet.models import Sequential

SIDE = 4096  # of the matrices: large enough for the peak, and a product of 0.7 s at 200 GFLOP/s


def predict_flop(model: Sequential) -> float:
    """Floating-point operations of one image's dense products: a multiply and an add for each weight that meets a number."""
    return sum(_products(model))


def step_flop(model: Sequential) -> float:
    """The same for one image in training: forward, the kernels' gradients, and the inputs', which the first layer doesn't need."""
    first, *others = _products(model)
    return 2 * first + 3 * sum(others)


def _products(model: Sequential) -> list[float]:
    """The operations of each layer that has a kernel, forward: it meets every position of the output."""
    return [
        2.0 * layer.params["kernel"].size * np.prod(layer.output_shape[:-1], dtype=int)
        for layer in model.layers
        if "kernel" in layer.params
    ]


def gemm_rate(threads: int | None, side: int) -> float:
    """Floating-point operations a second in a product of float32 matrices by NumPy's BLAS, the better of two tries.

    threads: None for every core
    """
    a = np.full((side, side), 0.5, np.float32)
    product = np.empty_like(a)
    seconds = []
    with threadpool_limits(threads or kernels.cores(), user_api="blas"):
        for _ in range(2):
            began = time.perf_counter()
            np.matmul(a, a, out=product)
            seconds.append(time.perf_counter() - began)
    return 2.0 * side**3 / min(seconds)
