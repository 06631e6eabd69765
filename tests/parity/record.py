"""Makes the recordings that lie in data/: python -m tests.parity.record, with Keras installed.

The notebook's two networks as they are, and small ones for what those don't have.
"""

from pathlib import Path

from reference import pairs
from reference.drawn import Drawn
from scratchnet import layers, losses, optimizers, regularizers
from scratchnet.architectures import ARCHITECTURES
from scratchnet.naming import snake_case
from scratchnet.optimizers import SGD, Adadelta, Adagrad, Adam, AdamW, RMSprop, schedules
from scratchnet.parity import compare
from scratchnet.parity.recorder import Recorder

DATA = Path(__file__).parent / "data"


def drawn(input_shape, stack, optimizer, loss, targets, *, metrics=(), sizes=(4, 4, 3), weighted=False, whole=False):
    for k, layer in enumerate(stack):
        number = sum(type(layer) is type(other) for other in stack[:k])
        layer.name = snake_case(type(layer).__name__) + (f"_{number}" if number else "")
    return Drawn(
        seed=1,
        input_shape=input_shape,
        layers=tuple({"class_name": type(layer).__name__, "config": layer.get_config()} for layer in stack),
        optimizer=optimizers.serialize(optimizer),
        loss=losses.serialize(losses.get(loss)),
        metrics=metrics,
        targets=targets,
        sizes=sizes,
        weighted=weighted,
        whole=whole,
    )


def models():
    yield (
        "windows",
        drawn(
            (9, 8, 2),
            [
                layers.Conv2D(4, (2, 3), padding="same", activation="relu"),
                layers.Conv2D(3, 2, dilation_rate=(2, 1)),
                layers.DepthwiseConv2D(3, strides=2, padding="same", depth_multiplier=2, activation="tanh"),
                layers.ZeroPadding2D(((1, 0), (0, 2))),
                layers.AveragePooling2D(2, strides=1, padding="same"),
                layers.MaxPooling2D((3, 2), strides=(2, 1), padding="same"),
                layers.Conv2D(3, 3, strides=2, padding="same", activation="elu", use_bias=False),
                layers.Flatten(),
                layers.Dense(3, activation="softmax"),
            ],
            SGD(0.05, momentum=0.9, nesterov=True),
            losses.CategoricalCrossentropy(label_smoothing=0.1),
            "one-hot",
            metrics=("accuracy",),
            weighted=True,
        ),
    )
    yield (
        "normalized",
        drawn(
            (6, 5, 3),
            [
                layers.Rescaling(0.5, -1),
                layers.Conv2D(4, 3, activation="leaky_relu", kernel_regularizer=regularizers.L1L2(0.01, 0.02)),
                layers.BatchNormalization(momentum=0.9),
                layers.Activation("gelu"),
                layers.SpatialDropout2D(0.25),
                layers.Dense(5, activation="silu", trainable=False, kernel_regularizer=regularizers.L2(0.1)),
                layers.BatchNormalization(epsilon=0.01, scale=False),
                layers.LeakyReLU(0.1),
                layers.Dropout(0.5),
                layers.GlobalAveragePooling2D(),
                layers.Dense(4),
            ],
            Adam(schedules.CosineDecay(0.01, 2, alpha=0.1), amsgrad=True, clipnorm=0.1),
            losses.SparseCategoricalCrossentropy(from_logits=True),
            "classes",
            metrics=("accuracy",),
        ),
    )
    yield (
        "ties",
        drawn(
            (7, 6, 2),
            [
                layers.MaxPooling2D((2, 3), padding="same"),
                layers.GlobalMaxPooling2D(),
                layers.Reshape((1, 2)),
                layers.Flatten(),
                layers.Dense(3, activation="sigmoid"),
            ],
            RMSprop(0.01, momentum=0.9, centered=True, global_clipnorm=0.2),
            "binary_crossentropy",
            "binary",
            metrics=("accuracy",),
            whole=True,
        ),
    )
    yield "adagrad", drawn((5,), [layers.Dense(4, "sigmoid"), layers.Dense(3)],
                           Adagrad(0.05, clipvalue=0.05), losses.Huber(0.5), "numbers")  # fmt: skip
    yield "adamw", drawn((5,), [layers.Dense(4, "softmax"), layers.Dense(3)],
                         AdamW(0.01, weight_decay=0.1), "mae", "numbers")  # fmt: skip
    yield "adadelta", drawn((5,), [layers.Dense(4, "relu"), layers.Dense(3)],
                            Adadelta(schedules.ExponentialDecay(1.0, 2, 0.5)), "mse", "numbers")  # fmt: skip


def record(name, pair, steps):
    recorder = Recorder(pair.reference)
    report = compare(recorder, pair.ours, pair.batches, steps)
    path = DATA / f"{name}.npz"
    recorder.write(path, pair.ours.model, pair.spreads)
    print(f"{path.name}: {path.stat().st_size:,} bytes; {report.verdict}")  # noqa: T201


if __name__ == "__main__":
    DATA.mkdir(exist_ok=True)
    options = {"dtype": "float64", "kernels": "plain"}
    for name in ARCHITECTURES:
        record(name, pairs.made(name, seed=0, batch_size=3, **options), steps=2)
    for name, model in models():
        record(name, pairs.random(model, **options), steps=len(model.sizes))
