"""What `import scratchnet` gives, and what it leaves alone."""

import json
import subprocess
import sys

HEAVY = ("numba", "matplotlib", "tensorflow", "keras", "h5py", "sklearn", "scipy")
REPORT = f"""
import json, sys
import scratchnet
names = [scratchnet.Sequential, scratchnet.Input, scratchnet.load_model, scratchnet.models.load_model,
         scratchnet.layers.Conv2D, scratchnet.optimizers.Adadelta, scratchnet.optimizers.schedules.CosineDecay,
         scratchnet.losses.categorical_crossentropy, scratchnet.losses.Huber, scratchnet.metrics.BinaryAccuracy,
         scratchnet.initializers.HeNormal, scratchnet.regularizers.L2, scratchnet.activations.gelu,
         scratchnet.callbacks.EarlyStopping,
         scratchnet.utils.to_categorical, scratchnet.datasets.mnist.load_data, scratchnet.errors.ScratchnetError]
print(json.dumps([name for name in {HEAVY} if name in sys.modules]))
"""


def test_import_reaches_every_name_and_loads_nothing_heavy():
    done = subprocess.run([sys.executable, "-c", REPORT], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == []
