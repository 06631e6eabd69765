"""The dense floor: how long the network's multiplies take, if every one is done, where this machine multiplies fastest."""

from scratchnet.fusion.work import dense_multiplies
from scratchnet.models import Sequential
from scratchnet.profiling import gemm_rate

__all__ = ["SIDE", "gemm_rate", "predict_flop", "step_flop"]

SIDE = 4096  # of the matrices: large enough for the peak, and a product of 0.7 s at 200 GFLOP/s


def predict_flop(model: Sequential) -> float:
    """Floating-point operations of one image's dense products: a multiply and an add for each weight that meets a number."""
    return sum(_products(model))


def step_flop(model: Sequential) -> float:
    """The same for one image in training: forward, the kernels' gradients, and the inputs', which the first layer doesn't need."""
    first, *others = _products(model)
    return 2 * first + 3 * sum(others)


def _products(model: Sequential) -> list[float]:
    """The operations of each layer that has a kernel, forward."""
    return [2.0 * dense_multiplies(layer) for layer in model.layers if "kernel" in layer.params]
