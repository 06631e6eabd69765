"""How large the terms are of which a layer's numbers are sums."""

import copy

import numpy as np

from reference.sides import Batch, Tensors
from scratchnet.activations import ACTIVATIONS
from scratchnet.kernels import plain
from scratchnet.layers import Layer, Run


def largest_terms(layers: list[Layer], batch: Batch, tensors: Tensors) -> dict[str, float]:
    """For each tensor of a layer with weights, the largest sum of absolute terms in it, by the tensor's name.

    tensors: a trace. What a layer sums forward and backward, the same layer sums in absolute terms if all that goes into
    it is made absolute: what it took, its weights and the gradient that it was handed.
    """
    run = Run(plain)
    largest: dict[str, float] = {}
    for k, layer in enumerate(layers):
        if not layer.params:
            continue
        name = layer.name
        x = tensors[f"{layers[k - 1].name}/y"] if k else batch.x
        dz = tensors.get(f"{name}/dz")
        if dz is None:
            dy = tensors[f"{layers[k + 1].name}/dx"] if k + 1 < len(layers) else tensors[f"{name}/dy"]
            dz = ACTIVATIONS[layer.activation].backward(plain, dy, tensors[f"{name}/y"])
        absolute = copy.copy(layer.linear())
        absolute.params = {variable: np.abs(array) for variable, array in layer.params.items()}
        z, memory = absolute.forward(np.abs(x), run)
        dx, grads = absolute.backward(np.abs(dz), memory, run)
        sums = {"z": z, "dx": dx, **{f"d{variable}": grad for variable, grad in grads.items()}}
        if f"{name}/z" not in tensors:
            sums["y"] = sums.pop("z")  # an activation makes nothing of it that is larger
        largest |= {f"{name}/{kind}": float(array.max()) for kind, array in sums.items() if array is not None}
    return largest
