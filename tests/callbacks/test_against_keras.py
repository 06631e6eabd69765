"""The same sequence of numbers to our callback and to Keras's: both stop, save, print and set the same."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from scratchnet import callbacks
from tests.callbacks.loop import Model, optimizer, run

METRICS = [SimpleNamespace(name="accuracy", direction="up"), SimpleNamespace(name="mse", direction="down")]


def losses(*values):
    return [{"loss": value} for value in values]


def validation(*pairs):
    return [
        {"accuracy": 0.5, "loss": 1.0, "val_accuracy": accuracy, "val_loss": loss, "val_mean": -loss, "val_mse": loss}
        for accuracy, loss in pairs
    ]


DOWN_AND_UP = losses(10.0, 9.0, 8.0, 9.0, 8.9, 8.8, 8.7, 8.6, 8.5)
BOTH = validation((0.5, 1.0), (0.6, 0.8), (0.55, 0.9), (0.7, 0.85), (0.65, 0.7), (0.6, 0.75), (0.62, 0.74))
NAN = losses(float("nan"), 1.0, 0.5, 0.2)
TINY = losses(1.0, 1.0 - 1e-9, 1.0 - 2e-9, 1.0 - 3e-9)
TENTHS = losses(1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)

# Name, options, the epochs' logs
CASES = [
    *[("EarlyStopping", {"monitor": "loss", "patience": patience}, DOWN_AND_UP) for patience in range(4)],
    ("EarlyStopping", {"monitor": "loss", "patience": 2, "restore_best_weights": True, "verbose": 1}, DOWN_AND_UP),
    ("EarlyStopping", {"monitor": "loss", "patience": 20, "restore_best_weights": True, "verbose": 1}, DOWN_AND_UP),
    ("EarlyStopping", {"monitor": "loss", "patience": 2, "verbose": 1, "mode": "max"}, DOWN_AND_UP),
    ("EarlyStopping", {"monitor": "loss", "patience": 2, "min_delta": 0.15, "start_from_epoch": 3}, DOWN_AND_UP),
    ("EarlyStopping", {"monitor": "loss", "patience": 2, "min_delta": -1.0}, DOWN_AND_UP),
    ("EarlyStopping", {"monitor": "loss", "patience": 3, "baseline": 8.5, "restore_best_weights": True}, DOWN_AND_UP),
    ("EarlyStopping", {"monitor": "loss", "patience": 2, "baseline": 9.5}, DOWN_AND_UP),
    ("EarlyStopping", {"monitor": "loss", "patience": 3, "baseline": 7.0, "restore_best_weights": True}, DOWN_AND_UP),
    ("EarlyStopping", {"monitor": "loss", "restore_best_weights": True}, NAN),
    ("EarlyStopping", {"monitor": "loss", "restore_best_weights": True}, TINY),
    ("EarlyStopping", {"monitor": "loss", "min_delta": 0.1}, TENTHS),
    ("EarlyStopping", {"monitor": "loss", "min_delta": 0.1, "mode": "max"}, TENTHS[::-1]),
    ("EarlyStopping", {"monitor": "loss"}, losses(1.0, 1.0)),
    ("EarlyStopping", {"patience": 1, "restore_best_weights": True}, BOTH),
    ("EarlyStopping", {"monitor": "val_accuracy", "patience": 1, "restore_best_weights": True}, BOTH),
    ("EarlyStopping", {"monitor": "val_mean", "mode": "max", "patience": 2, "restore_best_weights": True}, BOTH),
    ("EarlyStopping", {"monitor": "val_mse", "patience": 1, "restore_best_weights": True}, BOTH),
    ("EarlyStopping", {}, DOWN_AND_UP),
    ("ModelCheckpoint", {"filepath": "model.keras"}, BOTH),
    ("ModelCheckpoint", {"filepath": "new/er/{epoch:02d}-{val_loss:.2f}.keras", "verbose": 1}, BOTH),
    ("ModelCheckpoint", {"filepath": "{epoch}.h5", "save_best_only": True, "verbose": 1}, BOTH),
    ("ModelCheckpoint", {"filepath": "{epoch}.h5", "save_best_only": True, "monitor": "val_accuracy"}, BOTH),
    ("ModelCheckpoint", {"filepath": "{epoch}.h5", "save_best_only": True, "mode": "max"}, BOTH),
    ("ModelCheckpoint", {"filepath": "{epoch}.h5", "save_best_only": True, "verbose": 1}, DOWN_AND_UP[:2]),
    ("ModelCheckpoint", {"filepath": "m.keras", "save_best_only": True, "initial_value_threshold": 0.8}, BOTH),
    ("ModelCheckpoint", {"filepath": "m.keras", "save_best_only": True, "monitor": "loss"}, NAN),
    ("ModelCheckpoint", {"filepath": "{epoch}.weights.h5", "save_weights_only": True}, BOTH),
    ("ModelCheckpoint", {"filepath": "{epoch}-{batch:03d}-{loss:.1f}.keras", "save_freq": 2, "verbose": 1}, BOTH),
    ("ModelCheckpoint", {"filepath": "{epoch}-{batch}.keras", "save_freq": 7}, BOTH),
    ("ReduceLROnPlateau", {"monitor": "loss", "patience": 1}, DOWN_AND_UP),
    ("ReduceLROnPlateau", {"monitor": "loss", "patience": 2, "factor": 0.5, "verbose": 1}, DOWN_AND_UP),
    ("ReduceLROnPlateau", {"monitor": "loss", "patience": 1, "factor": 0.3, "cooldown": 2, "verbose": 1}, DOWN_AND_UP),
    ("ReduceLROnPlateau", {"monitor": "loss", "patience": 0, "factor": 0.3, "min_lr": 0.002, "verbose": 1}, TINY * 2),
    ("ReduceLROnPlateau", {"monitor": "loss", "patience": 1, "min_delta": 0.1, "factor": 0.9}, TENTHS),
    ("ReduceLROnPlateau", {"monitor": "val_accuracy", "patience": 1, "factor": 0.25}, BOTH),
    ("ReduceLROnPlateau", {"monitor": "learning_rate", "patience": 1, "mode": "max", "factor": 0.25}, BOTH),
    ("ReduceLROnPlateau", {"patience": 1}, DOWN_AND_UP),
    ("LearningRateScheduler", {"schedule": lambda epoch, rate: rate * 0.9, "verbose": 1}, BOTH),
    ("LearningRateScheduler", {"schedule": lambda epoch: 1 / (epoch + 3)}, BOTH),
    ("LearningRateScheduler", {"schedule": lambda epoch, rate: np.float32(rate) / 3, "verbose": 1}, BOTH),
    ("CSVLogger", {}, BOTH),
    ("CSVLogger", {"separator": ";"}, DOWN_AND_UP),
    ("CSVLogger", {"append": True}, BOTH),
    ("CSVLogger", {}, [BOTH[0], DOWN_AND_UP[0], BOTH[1]]),
    ("CSVLogger", {}, [DOWN_AND_UP[0], BOTH[0], DOWN_AND_UP[1]]),
]


def made(module, name, options, runs):
    """What comes of it: what was done, printed and written, in `runs` runs of one callback."""
    if name == "CSVLogger":
        options = {"filename": "log.csv", **options}
    callback, outcomes = getattr(module, name)(**options), []
    for model, epochs in runs:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            outcomes.append(run(callback, model, epochs))
        outcomes[-1] |= {"warnings": len([warning for warning in told if warning.category is UserWarning])}
    return outcomes


@pytest.mark.parametrize(("name", "options", "epochs"), CASES)
def test_both_do_the_same(keras, dtype, name, options, epochs, tmp_path, monkeypatch, capsys):
    """Twice, as a second `fit` would: what a callback keeps, and what it begins anew, is the same too."""
    from keras.src.trainers.compile_utils import MetricsList

    ran = {}
    for who in (callbacks, keras.callbacks):
        metrics = METRICS
        if who is keras.callbacks:
            metrics = [MetricsList([keras.metrics.BinaryAccuracy("accuracy"), keras.metrics.MeanSquaredError("mse")])]
        rate = optimizer(0.01) if who is callbacks else keras.optimizers.SGD(0.01)
        folder = tmp_path / who.__name__
        folder.mkdir()
        monkeypatch.chdir(folder)
        outcomes = made(who, name, options, [(Model(metrics, rate, dtype), epochs) for _ in range(2)])
        files = {str(path.relative_to(folder)): path.is_file() and path.read_bytes() for path in folder.rglob("*")}
        ran[who] = (repr(outcomes), files, capsys.readouterr().out)
    ours, theirs = ran.values()
    assert ours == theirs
