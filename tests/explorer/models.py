"""Models of every form that can be explored: input, how it answers, loss."""

from scratchnet.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Input,
    LeakyReLU,
    MaxPooling2D,
    ReLU,
    Rescaling,
    Reshape,
    Softmax,
    SpatialDropout2D,
    ZeroPadding2D,
)
from scratchnet.losses import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from scratchnet.models import Sequential


def softmax(classes=3):
    return Dense(classes, activation="softmax")


# by name: input shape, layers, loss
MODELS = {
    "bytes": lambda: (
        (12, 12, 1), [Rescaling(1 / 255), Conv2D(4, 3, activation="relu"), Flatten(), softmax()], "sparse_categorical_crossentropy",
    ),
    "no channels": lambda: (
        (12, 12), [Reshape((12, 12, 1)), Conv2D(4, 3, 2, activation="gelu"), GlobalAveragePooling2D(), softmax()], "mse",
    ),
    "colours, two classes": lambda: (
        (9, 8, 3),
        [DepthwiseConv2D(3, depth_multiplier=2, activation="relu"), BatchNormalization(), SpatialDropout2D(0.3), MaxPooling2D(),
         Flatten(), Dense(1, activation="sigmoid")],
        "binary_crossentropy",
    ),
    "one logit": lambda: ((6, 6, 3), [Flatten(), Dense(1)], BinaryCrossentropy(from_logits=True)),
    "logits": lambda: ((6, 6, 1), [Flatten(), Dense(5)], SparseCategoricalCrossentropy(from_logits=True)),
    "47 classes": lambda: (
        (14, 14, 1),
        [ZeroPadding2D(2), Conv2D(4, 3), LeakyReLU(), AveragePooling2D(2), GlobalMaxPooling2D(), Dropout(0.5), Dense(47),
         Activation("softmax")],
        "categorical_crossentropy",
    ),
    "softmax apart": lambda: ((6, 6, 1), [Flatten(), Dense(10), Softmax()], CategoricalCrossentropy(label_smoothing=0.1)),
    "wide windows": lambda: (
        (20, 20, 2),
        [Conv2D(3, 3, padding="same", dilation_rate=2), ReLU(), MaxPooling2D(17, padding="same"), Flatten(), softmax()], "huber",
    ),
    "never compiled": lambda: ((6, 6, 1), [Flatten(), softmax()], None),
    "never compiled, two classes": lambda: ((6, 6, 1), [Flatten(), Dense(1, activation="sigmoid")], None),
    "never compiled, logits": lambda: ((6, 6, 1), [Flatten(), Dense(4)], None),
}  # fmt: skip


def make(name, dtype="float32"):
    """The model of that name, with weights that no two layers share."""
    shape, layers, loss = MODELS[name]()
    model = Sequential([Input(shape), *layers], dtype=dtype, seed=1, kernels="plain")
    if loss is not None:
        model.compile("adam", loss)
    return model
