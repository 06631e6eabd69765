"""Run: nothing is made before all is right, and nothing is lost whenever it ends."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from scratchnet import durable, load_model, saving
from scratchnet.errors import DataError, ModelFileError, RunError, ScratchnetError
from scratchnet.models import Sequential
from scratchnet.runs import Examples, Run, RunFolder, Settings
from scratchnet.runs.folder import CHECKPOINT, LOCK, METRICS, RECORD, RESULTS
from scratchnet.runs.run import Keeper
from tests.runs.examples import write_examples

both_kernels = pytest.mark.parametrize("kernels", ["plain", pytest.param("compiled", marks=pytest.mark.jit)])


WEIGHTS = "epoch-{:04}.weights.h5"


class Killed(BaseException):
    """Nobody catches it, like SIGKILL."""


def train(run):
    with run:
        return run.train(verbose=0)


def names(path):
    return sorted(file.name for file in path.iterdir())


def files(path):
    """The content of all files, by their names from there on."""
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()}


# ---------- undisturbed
def test_what_a_run_leaves(settings, tmp_path, data):
    result = train(Run(settings, tmp_path / "run"))
    assert names(tmp_path / "run") == sorted([LOCK, RECORD, *RESULTS])

    record = json.loads((tmp_path / "run" / RECORD).read_text())
    assert record["settings"]["data"] == str(data)
    assert record["settings"] == json.loads(json.dumps(vars(settings) | {"data": str(data)}))

    history = json.loads((tmp_path / "run" / "history.json").read_text())
    assert list(history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert [len(values) for values in history.values()] == [3, 3, 3, 3]
    assert history["loss"][2] < history["loss"][0]

    metrics = json.loads((tmp_path / "run" / METRICS).read_text())
    examples = Examples.load(data, None)
    answers = result.probabilities.argmax(axis=1)
    assert list(metrics) == ["test_loss", "test_accuracy", "parameters", "epoch_seconds", "confusion_matrix"]
    assert metrics["test_accuracy"] == (answers == examples.labels_test).mean() == history["val_accuracy"][-1]
    assert metrics["parameters"] == 150_403
    assert len(metrics["epoch_seconds"]) == 3
    assert all(0 < seconds < 60 for seconds in metrics["epoch_seconds"])
    assert np.sum(metrics["confusion_matrix"], axis=1).tolist() == np.bincount(examples.labels_test).tolist()

    for name in "model.keras", "model.h5":
        model = load_model(tmp_path / "run" / name, kernels="plain")
        np.testing.assert_array_equal(model.predict(examples.x_test), result.probabilities)
        measured = model.evaluate(examples.x_test, examples.one_hot(examples.labels_test))
        assert measured == pytest.approx([metrics["test_loss"], metrics["test_accuracy"]], rel=1e-6)
        assert model.optimizer.iterations == 9


def test_the_data_is_found_again_from_another_folder(settings, data, tmp_path, monkeypatch, quick_figures):
    monkeypatch.chdir(data.parent)
    with Run(replace(settings, data=data.name), tmp_path / "run"):
        pass
    monkeypatch.chdir(tmp_path)
    assert len(train(Run.resume("run")).labels) == 40


def test_settings_reach_the_training(settings, tmp_path, quick_figures):
    chosen = replace(settings, model="no-dropout", epochs=2, batch_size=7, limit=15, seed=5, learning_rate=0.5)
    train(Run(chosen, tmp_path / "run"))
    model = load_model(tmp_path / "run" / "model.keras")
    assert [type(layer).__name__ for layer in model.layers].count("Dropout") == 0
    assert model.optimizer.iterations == 2 * 3  # 15 images in batches of 7
    assert model.optimizer.learning_rate == 0.5
    train(Run(replace(chosen, seed=6), tmp_path / "other"))
    assert not np.array_equal(load_model(tmp_path / "other" / "model.keras").get_weights()[0], model.get_weights()[0])


@both_kernels
def test_the_same_bits_for_any_number_of_threads(settings, tmp_path, fresh_names, quick_figures, kernels):
    for threads in 1, 2:
        fresh_names()
        train(Run(replace(settings, kernels=kernels, threads=threads, limit=50), tmp_path / str(threads)))
    for name in "model.keras", "model.h5", "history.json":
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


# ---------- every epoch's weights
@pytest.mark.parametrize("checkpoints", ["every"])
def test_weights_are_kept_of_every_epoch_and_before_the_first(settings, tmp_path, quick_figures):
    run = Run(settings, tmp_path / "run")
    with run:
        first, ends = [array.copy() for array in run.model.get_weights()], []
        keep = Keeper.on_epoch_end

        def on_epoch_end(self, epoch, logs):
            ends.append([array.copy() for array in self.model.get_weights()])
            keep(self, epoch, logs)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Keeper, "on_epoch_end", on_epoch_end)
            run.train(verbose=0)
    kept = RunFolder(tmp_path / "run").epochs()
    assert names(tmp_path / "run" / "epochs") == [WEIGHTS.format(epoch) for epoch in range(4)]
    assert list(kept.items()) == [(n, tmp_path / "run" / "epochs" / WEIGHTS.format(n)) for n in range(4)]
    model = load_model(tmp_path / "run" / "model.keras")
    for (epoch, path), weights in zip(kept.items(), [first, *ends], strict=True):
        model.load_weights(path)
        for came, expected in zip(model.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(came, expected, err_msg=str(epoch))
        size = sum(array.nbytes for array in weights)
        assert size < path.stat().st_size < 1.1 * size  # no optimizer's state


@pytest.mark.parametrize("checkpoints", ["every"])
def test_keras_reads_the_weights_of_an_epoch(settings, tmp_path, quick_figures, keras):
    train(Run(replace(settings, epochs=1), tmp_path / "run"))
    theirs = keras.saving.load_model(tmp_path / "run" / "model.keras", compile=False)
    ours = load_model(tmp_path / "run" / "model.keras")
    for path in RunFolder(tmp_path / "run").epochs().values():
        theirs.load_weights(path)
        ours.load_weights(path)
        for came, expected in zip(theirs.get_weights(), ours.get_weights(), strict=True):
            np.testing.assert_array_equal(came, expected)


def test_a_run_begun_before_there_was_this_setting_is_resumed(settings, tmp_path, quick_figures):
    path = tmp_path / "run"
    with Run(settings, path):
        pass
    record = json.loads((path / RECORD).read_text())
    del record["settings"]["checkpoints"]
    (path / RECORD).write_text(json.dumps(record))
    train(Run.resume(path))
    assert names(path) == sorted([LOCK, RECORD, *RESULTS])


# ---------- stopped
@pytest.fixture
def undisturbed(settings, tmp_path, fresh_names, quick_figures):
    """What an undisturbed run leaves, by name."""
    train(Run(settings, tmp_path / "undisturbed"))
    fresh_names()
    return files(tmp_path / "undisturbed")


def check_same(path, undisturbed):
    left = files(path)
    assert sorted(left) == sorted(undisturbed)
    for name in set(undisturbed) - {METRICS}:
        assert left[name] == undisturbed[name], name
    came, expected = json.loads((path / METRICS).read_text()), json.loads(undisturbed[METRICS])
    assert len(came.pop("epoch_seconds")) == len(expected.pop("epoch_seconds"))
    assert came == expected


AT_THE_END = ["model.keras", "model.h5", "history.json", *5 * [".png"], METRICS]
WRITES = {
    "last": [RECORD, *3 * [CHECKPOINT], *AT_THE_END],
    "every": [
        RECORD,
        WEIGHTS.format(0),
        *(name for n in (1, 2, 3) for name in (WEIGHTS.format(n), CHECKPOINT)),
        *AT_THE_END,
    ],
}


@pytest.mark.parametrize("checkpoints", WRITES)
def test_killed_at_any_write_it_ends_with_the_same_bits(
    settings, tmp_path, monkeypatch, fresh_names, undisturbed, checkpoints
):
    """Half of the last file is there; at the very end all of it, but the checkpoint isn't removed yet."""
    write, written, writes = durable.write, [], WRITES[checkpoints]

    def write_and_die(path, content):
        if len(written) == last:
            path.with_name(f".{path.name}.0123abcd.tmp").write_bytes(content[:100])
            raise Killed
        written.append(path.name)
        write(path, content)
        if len(written) == len(writes):
            raise Killed

    for last in range(1, len(writes) + 1):
        path = tmp_path / f"killed-{last}"
        with monkeypatch.context() as patch:
            patch.setattr(durable, "write", write_and_die)
            fresh_names()
            with pytest.raises(Killed):
                train(Run(settings, path))
        assert written[-1].endswith(writes[last - 1])
        written.clear()
        fresh_names()
        with Run.resume(path) as run:
            assert run.finished == (last == len(writes))
            if not run.finished:
                run.train(verbose=0)
        check_same(path, undisturbed)


def test_killed_within_epochs_it_ends_with_the_same_bits(settings, tmp_path, monkeypatch, fresh_names, undisturbed):
    """After 2 of the first epoch's batches, then in the second epoch, then in the third."""
    path, fit = tmp_path / "killed", Sequential.fit
    run = Run(settings, path)
    for batches, done in (2, 0), (4, 1), (5, 2):

        def fit_and_die(model, x, y, batch_size, epochs, verbose, callbacks, last=batches, **options):
            left, end = [last], callbacks[0].on_train_batch_end

            def on_train_batch_end(batch, logs):
                end(batch, logs)
                left[0] -= 1
                if not left[0]:
                    raise Killed

            callbacks[0].on_train_batch_end = on_train_batch_end
            return fit(model, x, y, batch_size, epochs, verbose, callbacks, **options)

        fresh_names()
        with monkeypatch.context() as patch:
            patch.setattr(Sequential, "fit", fit_and_die)
            with pytest.raises(Killed):
                train(run)
        assert run.progress.epochs == done
        run = Run.resume(path)
    fresh_names()
    train(run)
    check_same(path, undisturbed)


@both_kernels
def test_kill_9_at_any_moment(data, tmp_path, kernels):
    """The real thing, at moments drawn anew each time: a failure tells them."""
    command = [sys.executable, "-m", "scratchnet", "train"]
    options = ["--data", data, "--epochs", "4", "--batch-size", "16", "--learning-rate", "0.3", "--seed", "4"]
    options += ["--kernels", kernels]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    began = time.perf_counter()
    subprocess.run([*command, *options, "--output", tmp_path / "undisturbed"], check=True, **quiet)
    seconds = time.perf_counter() - began
    path, moments = tmp_path / "killed", [0.0, *(random.uniform(0, 0.8 * seconds) for _ in range(2))]
    for number, moment in enumerate(moments):
        how = ["--resume", path] if number else [*options, "--output", path]
        with subprocess.Popen([*command, *how], **quiet) as process:
            while not path.exists() and process.poll() is None:
                time.sleep(0.001)
            time.sleep(moment)
            process.kill()
    done = subprocess.run([*command, "--resume", path], check=False, **quiet)
    assert (done.returncode, done.stderr) == (0, ""), moments
    assert names(path) == names(tmp_path / "undisturbed"), moments
    for name in set(RESULTS) - {METRICS}:
        assert (path / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes(), (name, moments)


def listen_to_ctrl_c():
    """As a terminal's processes do; those that a script has put into the background don't."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_tells_the_command_that_resumes(data, tmp_path):
    path = tmp_path / "my run"
    options = ["--data", str(data), "--kernels", "plain", "--batch-size", "8", "--epochs"]
    command = [sys.executable, "-m", "scratchnet", "train", *options, "1000", "--output", str(path)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=listen_to_ctrl_c,  # noqa: PLW1509  # this process has no other thread that forks
    ) as process:
        assert any(line.startswith("Epoch 2/1000 - ") for line in process.stdout)
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        said = process.stderr.read()
    assert process.returncode == 130
    assert said == f"\nStopped. To go on: scratchnet train --resume '{path}'\n"
    with Run.resume(path) as run:  # not held any more
        assert run.progress.epochs >= 1


def test_ctrl_c_has_one_exit_status_wherever_it_comes(data, tmp_path):
    """Python remembers one that came through exec(), as libraries use it, and would end as if killed."""
    (tmp_path / "stopped.py").write_text(
        "from scratchnet import __main__, cli\n"
        "cli._train = lambda run: exec('raise KeyboardInterrupt')\n"
        "__main__.main()"
    )
    command = [sys.executable, "-m", "stopped", "train", "--data", data, "--output", tmp_path / "run"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 130
    assert done.stderr == f"\nStopped. To go on: scratchnet train --resume {tmp_path / 'run'}\n"


def test_a_full_disk_is_told_and_the_run_goes_on_once_there_is_room(
    settings, tmp_path, monkeypatch, fresh_names, undisturbed
):
    write, full = durable.write, []

    def write_if_there_is_room(path, content):
        if path.name in full:
            raise OSError(28, "No space left on device")
        write(path, content)

    monkeypatch.setattr(durable, "write", write_if_there_is_room)
    path, run = tmp_path / "run", Run(settings, tmp_path / "run")
    for name in CHECKPOINT, "model.keras", "history.json", "samples.png", METRICS:
        full[:] = [name]
        with pytest.raises(RunError, match="No space left on device.*--resume"):
            train(run)
        fresh_names()
        run = Run.resume(path)
    full.clear()
    train(run)
    check_same(path, undisturbed)


# ---------- finished
def test_a_finished_run_has_nothing_to_resume(settings, data, tmp_path, monkeypatch, quick_figures):
    train(Run(settings, tmp_path / "run"))
    before = {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in (tmp_path / "run").iterdir()}
    monkeypatch.setattr(Examples, "load", None)  # not even the data is needed
    with Run.resume(tmp_path / "run") as run:
        assert run.finished
        with pytest.raises(RunError, match="finished"):
            run.train()
    assert before == {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in (tmp_path / "run").iterdir()}


# ---------- refused
def test_one_process_at_a_time(settings, tmp_path):
    with Run(settings, tmp_path / "run"):
        for other in Run.resume(tmp_path / "run"), Run(settings, tmp_path / "run", overwrite=True):
            with pytest.raises(RunError, match="Another process"), other:
                pass
        with pytest.raises(RunError, match="holds a run"), Run(settings, tmp_path / "run"):
            pass
    with Run.resume(tmp_path / "run") as run:
        assert not run.finished


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"data": "nowhere.npz"}, DataError),
        ({"data": "tiny.npz"}, DataError),
        ({"data": "foreign"}, DataError),
    ],
)
def test_nothing_is_made_where_the_data_will_not_do(settings, tmp_path, monkeypatch, options, error):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "foreign").mkdir()
    write_examples(tmp_path / "tiny.npz", size=5)
    for output in tmp_path / "run", None:
        with pytest.raises(error), Run(replace(settings, **options), output):
            pass
    assert names(tmp_path) == ["foreign", "tiny.npz"]


def test_images_that_are_too_small_are_refused_with_their_size(settings, tmp_path):
    data = write_examples(tmp_path / "tiny.npz", size=5)
    with (
        pytest.raises(DataError, match=r"Images of shape \(5, 5, 1\).*Give larger images"),
        Run(replace(settings, data=data)),
    ):
        pass


def test_an_output_that_is_taken_is_told_before_the_data_is_read(settings, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(Examples, "load", None)
    with pytest.raises(RunError, match="no folder"), Run(settings, tmp_path / "file"):
        pass


def test_other_data_is_refused(settings, tmp_path):
    data = write_examples(tmp_path / "data.npz")
    with Run(replace(settings, data=data), tmp_path / "run"):
        pass
    write_examples(data, seed=1)
    with pytest.raises(RunError, match="whose images or labels aren't those"), Run.resume(tmp_path / "run"):
        pass
    write_examples(data)
    with Run.resume(tmp_path / "run") as run:
        assert run.progress.epochs == 0


@pytest.mark.parametrize(
    "record",
    [
        None,
        "{}",
        '{"scratchnet": "0"}',
        '{"scratchnet": "0", "settings": {"epochs": -1}, "fingerprint": ""}',
        '{"scratchnet": "0", "settings": {"colour": 1}, "fingerprint": ""}',
        '{"scratchnet": "0", "settings": {}}',
        '{"scratchnet": "0", "settings": []}',
    ],
)
def test_what_is_no_run_is_not_resumed(tmp_path, record):
    if record is not None:
        (tmp_path / RECORD).write_text(record)
    before = names(tmp_path)
    with pytest.raises(RunError, match="holds no run"):
        Run.resume(tmp_path)
    with pytest.raises(RunError, match="holds no run"):
        Run.resume(tmp_path / "nowhere")
    assert names(tmp_path) == before


def test_a_damaged_checkpoint_is_refused(settings, tmp_path):
    with Run(settings, tmp_path / "run") as run:
        run.model.save(tmp_path / "run" / CHECKPOINT)
        data = run.model.to_data()
    with pytest.raises(RunError, match="doesn't say how far"), Run.resume(tmp_path / "run"):
        pass
    saving.save(replace(data, training={"epochs": 1, "pages": 3}), tmp_path / "run" / CHECKPOINT)
    with pytest.raises(RunError, match="doesn't say how far"), Run.resume(tmp_path / "run"):
        pass
    (tmp_path / "run" / CHECKPOINT).write_bytes(b"PK")
    with pytest.raises(ModelFileError), Run.resume(tmp_path / "run"):
        pass
    (tmp_path / "run" / CHECKPOINT).unlink()
    with Run.resume(tmp_path / "run") as run:
        assert run.progress.epochs == 0


@both_kernels
@pytest.mark.parametrize("rate", [1e30, 1e308])
@pytest.mark.parametrize(("batch_size", "updates"), [(32, 2), (80, 1)])  # of 3, or of 1: then the validation shows it
def test_a_run_whose_weights_grow_out_of_all_bounds_stops_at_once(
    settings, tmp_path, kernels, rate, batch_size, updates
):
    chosen = replace(settings, learning_rate=rate, kernels=kernels, batch_size=batch_size)
    with Run(chosen, tmp_path / "run") as run:
        with pytest.raises(RunError, match="smaller --learning-rate"):
            run.train(verbose=0)
        assert run.progress.epochs == len(run.progress.epoch_seconds) == 0
        assert run.model.optimizer.iterations == updates
    assert not (tmp_path / "run" / METRICS).exists()


def test_settings_alone_change_nothing(settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Run(settings)
    Run(settings, "run")
    with pytest.raises(ScratchnetError):
        Run(Settings(epochs=0))
    assert names(tmp_path) == []
