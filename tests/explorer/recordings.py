"""A recording for a model: this library's own numbers in the place of another's, of images alone."""

import numpy as np

from scratchnet.models import load_model
from scratchnet.parity import Batch, compare
from scratchnet.parity.ours import Ours
from scratchnet.parity.recorder import Recorder


def record(model, path, images=3, **names):
    """Of the model in a file, with tensors of these names moved (a dot for the slash) by what is given."""
    own = load_model(model, kernels="plain")
    shape, classes = own.input_shape, own.output_shape[0]
    rng = np.random.default_rng(5)
    batches = [Batch(rng.random((1, *shape)).astype(own.dtype), np.eye(classes)[[i % classes]]) for i in range(images)]
    recorder = Recorder(Ours(load_model(model, kernels="plain")))
    compare(recorder, Ours(own), (), 0, images=batches)
    recorder.write(path, load_model(model, kernels="plain"))
    with np.load(path) as arrays:
        held = dict(arrays)
    for name, by in names.items():
        held[f"images/0/trace/{name.replace('.', '/')}"] += by
    np.savez(path, **held)
    return path
