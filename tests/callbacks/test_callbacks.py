"""Callbacks by themselves: what is refused, and what Keras's don't do."""

from types import SimpleNamespace

import pytest

from scratchnet.callbacks import (
    CSVLogger,
    EarlyStopping,
    History,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
)
from scratchnet.errors import ScratchnetError
from tests.callbacks.loop import Model, optimizer, run

EPOCHS = [{"loss": 2.0, "val_loss": 3.0}, {"loss": 1.0, "val_loss": 4.0}]

REFUSED = [
    (lambda: EarlyStopping(mode="most"), "mode='most'"),
    (lambda: ModelCheckpoint("m.weights.h5.zip"), r"\.keras or \.h5"),
    (lambda: ModelCheckpoint("m.keras", save_weights_only=True), r"\.weights\.h5"),
    (lambda: ModelCheckpoint("m.keras", save_freq=0), "save_freq=0"),
    (lambda: ModelCheckpoint("m.keras", save_freq="batch"), "save_freq='batch'"),
    (lambda: ReduceLROnPlateau(factor=1.0), "factor=1.0"),
    (lambda: LambdaCallback(on_batch_end=print), "on_batch_end"),
]


@pytest.mark.parametrize(("make", "says"), REFUSED)
def test_an_option_that_cannot_be_is_refused(make, says):
    with pytest.raises(ScratchnetError, match=says):
        make()


@pytest.mark.parametrize(
    ("callback", "says"),
    [
        (EarlyStopping("val_error"), "EarlyStopping is to judge 'val_error'"),
        (ReduceLROnPlateau(), "ReduceLROnPlateau, and an optimizer with the schedule function"),
        (LearningRateScheduler(lambda epoch, rate: rate), "LearningRateScheduler, and an optimizer with"),
    ],
)
def test_what_does_not_fit_the_model_is_refused_before_training(callback, says):
    model = Model([SimpleNamespace(name="custom", direction="up")], optimizer(lambda step: 0.1))
    with pytest.raises(ScratchnetError, match=says):
        run(callback, model, EPOCHS)
    assert model.weight == -1


def test_a_schedule_returns_a_float():
    with pytest.raises(ScratchnetError, match="gave 1 for epoch 0"):
        run(LearningRateScheduler(lambda epoch: 1), Model([], optimizer(0.1)), EPOCHS)


def test_a_file_name_uses_what_is_measured():
    with pytest.raises(ScratchnetError, match="'val_acc'.*which are loss, val_loss"):
        run(ModelCheckpoint("{val_acc}.keras"), Model([]), EPOCHS)


def test_the_best_is_known_before_the_first_epoch_ends(tmp_path):
    """Here Keras's own callback fails: it learns at the end of an epoch which way is better."""
    model = Model([])
    run(ModelCheckpoint(tmp_path / "{batch}.h5", "loss", save_best_only=True, save_freq=1), model, EPOCHS[:1])
    assert model.done == [f"save {tmp_path}/1.h5"]


def test_history_begins_anew_with_its_epochs_only():
    history = History()
    for _ in range(2):
        run(history, Model([]), EPOCHS)
    assert history.epoch == [0, 1]
    assert history.history == {"loss": [2.0, 1.0, 2.0, 1.0], "val_loss": [3.0, 4.0, 3.0, 4.0]}


def test_no_file_is_held_open(tmp_path):
    """An interrupted training leaves no handle behind: pytest would make an error of its warning."""
    path = tmp_path / "log.csv"
    logger = CSVLogger(path)
    logger.on_train_begin()
    logger.on_epoch_end(0, {"loss": 1.5, "val_loss": 2.0})
    path.rename(tmp_path / "moved.csv")
    assert (tmp_path / "moved.csv").read_bytes() == b"epoch,loss,val_loss\r\n0,1.5,2.0\r\n"
