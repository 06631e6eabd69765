"""What is to be reached, as data: the trials that give figures, and the rows that judge them."""

from dataclasses import dataclass
from typing import Literal

from benchmarks.measures import Case
from benchmarks.trials import Commands, Contest, Trial

KERAS = "keras-tensorflow"
FASTEST = "the fastest peer"


@dataclass(frozen=True)
class Row:
    """One judgement: scratchnet's median over a figure of another's, and the bar that it must not exceed.

    trial: a name in TRIALS;  against: a peer, or FASTEST
    figure: the other's: its median time, its best time, or its peak of memory (scratchnet's then, too); or "floor", the time
        of the dense products; or "seconds", where nobody else is asked and the bar is in seconds
    bar: None where the ratio is only to be known
    """

    name: str
    trial: str
    bar: float | None
    figure: Literal["median", "best", "peak_mb", "floor", "seconds"] = "median"
    against: str = KERAS


TRAIN = "-m scratchnet train --output {run}"
NOTEBOOK = "-m reference.notebook --library keras --model dropout --output {run}"
SHORT = "--epochs 1 --limit 256"

PREDICT = Case(images="test")
PREDICTORS = ("onnxruntime", "openvino", KERAS, "keras-torch", "keras-jax", "pytorch")

TRIALS: dict[str, Trial] = {
    "step": Contest("step", peers=(KERAS, "scratchnet-compiled"), gemm=True),
    "predict": Contest("predict", PREDICT, PREDICTORS),
    "step-avx2": Contest("step", avx2=True),
    "predict-avx2": Contest("predict", PREDICT, PREDICTORS, avx2=True),
    "memory": Commands("One epoch, kernels cached", f"{TRAIN} --epochs 1", f"{NOTEBOOK} --epochs 1", quick=SHORT),
    "twelve-epochs": Commands("Twelve epochs", TRAIN, NOTEBOOK, quick=SHORT, new_cache=True, accuracy=0.985),
    "evaluate": Commands(
        "Evaluating a file",
        "-m scratchnet evaluate {model}",
        "-m benchmarks.keras_evaluate {model}",
        rounds=5,
        alike=True,
    ),
    "first-start": Commands(
        "To the first step", "-m benchmarks.first_step --output {run}", quick=SHORT, rounds=2, new_cache=True
    ),
    "lenet-5": Contest("step", Case("LeNet-5", steps=400)),
    "six-convolutions": Contest(
        "step",
        Case("six convolutions", "32 × 32 × 3", steps=16, tolerance=5e-2),  # the plain kernels' own, in float32: 2e-2
    ),
    "stride-2": Contest("step", Case("5 × 5, stride 2", steps=400)),
    "batch-1": Contest("step", Case(batch_size=1, steps=600)),
    "batch-8": Contest("step", Case(batch_size=8, steps=400)),
    "batch-32": Contest("step", Case(batch_size=32, steps=200)),
    "batch-512": Contest("step", Case(batch_size=512, steps=20)),
    "56x56": Contest("step", Case("dropout, 56 × 56", "56 × 56", steps=20)),
    "noise": Contest("step", Case(images="noise", dropout=False, steps=80)),
}

ROWS = (
    Row("training step : Keras on TensorFlow's best", "step", 0.20, "best"),
    Row("training step : Keras on TensorFlow", "step", 0.18),
    Row("training step : dense floor", "step", 0.33, "floor"),
    Row("training step : with the compiled kernels", "step", None, against="scratchnet-compiled"),
    Row("predict 10,000 : the fastest peer", "predict", 0.40, against=FASTEST),
    Row("training step, AVX2 only : Keras's best", "step-avx2", 0.35, "best"),
    Row("predict 10,000, AVX2 only : the fastest peer", "predict-avx2", 0.70, against=FASTEST),
    Row("peak memory, training : Keras", "memory", 0.40, "peak_mb"),
    Row("twelve epochs, compiling anew : Keras", "twelve-epochs", 0.25),
    Row("evaluate, whole process : Keras", "evaluate", 0.30),
    Row("first start to first step", "first-start", 20.0, "seconds"),
    Row("step of LeNet-5 : Keras", "lenet-5", 0.6),
    Row("step of six 3 × 3 convolutions : Keras", "six-convolutions", 0.6),
    Row("step of 5 × 5, stride 2 : Keras", "stride-2", 0.6),
    Row("step, batch 1 : Keras", "batch-1", 0.5),
    Row("step, batch 8 : Keras", "batch-8", 0.5),
    Row("step, batch 32 : Keras", "batch-32", 0.5),
    Row("step, batch 512 : Keras", "batch-512", 0.5),
    Row("step, images of 56 × 56 : Keras", "56x56", 0.5),
    Row("step, dense random images : Keras", "noise", 0.5),
)
