"""What watches a training run, a callback a file."""

from scratchnet.callbacks.callback import Callback, Logs
from scratchnet.callbacks.csv_logger import CSVLogger
from scratchnet.callbacks.early_stopping import EarlyStopping
from scratchnet.callbacks.history import History
from scratchnet.callbacks.lambda_callback import LambdaCallback
from scratchnet.callbacks.learning_rate_scheduler import LearningRateScheduler
from scratchnet.callbacks.model_checkpoint import ModelCheckpoint
from scratchnet.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau

__all__ = [
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "Logs",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
]
