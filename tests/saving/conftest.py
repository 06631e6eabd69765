import numpy as np
import pytest

from scratchnet.saving import ModelData


@pytest.fixture
def data() -> ModelData:
    """A small model, as one of this library gives it to be saved."""
    layers = [
        {"class_name": "Flatten", "config": {"name": "flatten"}},
        {"class_name": "Dense", "config": {"name": "dense", "units": 3, "activation": "softmax"}},
    ]
    weights = {"kernel": np.arange(12, dtype="f4").reshape(4, 3), "bias": np.arange(3, dtype="f4")}
    slots = ("accumulated_grad", "accumulated_delta_var")
    state = {f"dense/{name}/{slot}": array + len(slot) for name, array in weights.items() for slot in slots}
    return ModelData(
        config={"name": "sequential", "dtype": "float32", "input_shape": [2, 2, 1], "layers": layers},
        weights={"flatten": {}, "dense": weights},
        compile={
            "optimizer": {"class_name": "Adadelta", "config": {"name": "adadelta", "learning_rate": 0.5, "rho": 0.9}},
            "loss": "categorical_crossentropy",
            "metrics": ["accuracy"],
        },
        optimizer={"iteration": np.asarray(7), "learning_rate": np.asarray(0.5, "f4"), **state},
        training={"epochs": 3},
    )
