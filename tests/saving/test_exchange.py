"""Files exchanged with the real Keras, in both directions."""

import functools
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from scratchnet import saving
from scratchnet.saving import ModelData
from scratchnet.typing import Array

# Keras's own, against NumPy 2.

# What the layers here call their options; everything else is Keras's default.
OPTIONS = {"name", "filters", "kernel_size", "activation", "pool_size", "rate", "units"}


@dataclass
class Trained:
    """A model that Keras made, trained a few steps and wrote."""

    keras: Any
    folder: Path
    weights: list[Array]
    optimizer: list[Array]
    images: Array
    labels: Array
    answers: Array

    def file(self, suffix: str) -> Path:
        return self.folder / f"keras{suffix}"


@pytest.fixture(scope="module")
def train(keras: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Trained]:
    @functools.cache
    def train(dtype: str) -> Trained:
        keras.utils.clear_session(free_memory=False)
        keras.utils.set_random_seed(1)
        rng = np.random.default_rng(1)
        images, labels = rng.random((12, 8, 8, 1), dtype), np.eye(3, dtype=dtype)[rng.integers(0, 3, 12)]
        layers = keras.layers
        model = keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                layers.Conv2D(4, (3, 3), activation="relu"),
                layers.Conv2D(5, (3, 3), activation="relu"),
                layers.MaxPooling2D((2, 2)),
                layers.Dropout(0.25),
                layers.Flatten(),
                layers.Dense(7, activation="relu"),
                layers.Dropout(0.5),
                layers.Dense(3, activation="softmax"),
            ]
        )
        model.compile(keras.optimizers.Adadelta(learning_rate=1.0), "categorical_crossentropy", metrics=["accuracy"])
        model.fit(images, labels, batch_size=4, verbose=0)
        made = Trained(
            keras=keras,
            folder=tmp_path_factory.mktemp(dtype),
            weights=model.get_weights(),
            optimizer=[variable.numpy() for variable in model.optimizer.variables],
            images=images,
            labels=labels,
            answers=model.predict(images, verbose=0),
        )
        model.save(made.file(".keras"))  # first: see test_keras_forgets_the_optimizer…
        model.save(made.file(".h5"))
        return made

    return train


@pytest.fixture(params=["float32", "float64"])
def trained(keras: Any, train: Callable[[str], Trained], request: pytest.FixtureRequest) -> Iterator[Trained]:
    def use(dtype: str) -> None:
        keras.config.set_floatx(dtype)
        keras.utils.clear_session(free_memory=False)  # or Keras keeps the dtype policy that it made of the one before

    before = keras.config.floatx()
    use(request.param)
    yield train(request.param)
    use(before)


def arrays(data: ModelData) -> list[Array]:
    return [array for variables in data.weights.values() for array in variables.values()]


def assert_same(came: list[Array], expected: list[Array]) -> None:
    """Bit for bit, and in the same dtype."""
    assert [(a.dtype, a.shape, a.tobytes()) for a in came] == [(a.dtype, a.shape, a.tobytes()) for a in expected]


def as_ours(data: ModelData) -> ModelData:
    """What a model of this library gives to be saved: the few options that its layers have, and its own names."""
    layers = [
        {**layer, "config": {key: value for key, value in layer["config"].items() if key in OPTIONS}}
        for layer in data.config["layers"]
    ]
    weights = {
        name: dict(zip(("kernel", "bias"), variables.values(), strict=False))
        for name, variables in data.weights.items()
    }
    slots = ("accumulated_grad", "accumulated_delta_var")
    names = [f"{layer}/{name}/{slot}" for layer, variables in weights.items() for name in variables for slot in slots]
    state = dict(zip(["iteration", "learning_rate", *names], data.optimizer.values(), strict=True))
    optimizer = {"class_name": "Adadelta", "config": {"name": "adadelta", "learning_rate": 1.0, "rho": 0.95}}
    compiled = {"optimizer": optimizer, "loss": "categorical_crossentropy", "metrics": ["accuracy"]}
    return replace(data, config={**data.config, "layers": layers}, weights=weights, compile=compiled, optimizer=state)


def as_read(data: ModelData) -> ModelData:
    return data


def tree(source: Any) -> dict[str, Any]:
    """Everything in an HDF5 file but the numbers and the configuration: groups, attributes, dtypes, shapes, layout."""
    found = {}

    def visit(name: str, node: Any) -> None:
        ids = {key: node.attrs.get_id(key) for key in node.attrs}
        kinds = {key: (kept.shape, kept.dtype, kept.get_type().get_class()) for key, kept in ids.items()}
        sets = {key: kept.get_type().get_cset() for key, kept in ids.items() if h5py.check_string_dtype(kept.dtype)}
        texts = {key: np.asarray(value).tolist() for key, value in node.attrs.items() if not key.endswith("_config")}
        if isinstance(node, h5py.Dataset):
            found[name] = node.dtype, node.shape, node.id.get_create_plist().get_layout(), kinds
        else:
            found[name] = kinds, sets, texts, list(node)

    with h5py.File(source, "r") as file:
        visit("/", file)
        file.visititems(visit)
    return found


def weights_member(path: Path) -> io.BytesIO:
    with zipfile.ZipFile(path) as archive:
        return io.BytesIO(archive.read("model.weights.h5"))


def described(path: Path) -> list[Any]:
    """All that the file says in JSON of the model, without the numbers by which Keras marks objects that it met before."""
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            texts = [archive.read("config.json")]
    else:
        with h5py.File(path, "r") as file:
            texts = [text for key, text in sorted(file.attrs.items()) if key.endswith("_config")]

    def unmarked(item: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in item.items() if key != "shared_object_id"}

    return [json.loads(text, object_hook=unmarked) for text in texts]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_reads_what_keras_wrote(trained: Trained, suffix: str) -> None:
    data = saving.load(trained.file(suffix))
    assert_same(arrays(data), trained.weights)
    assert_same(list(data.optimizer.values()), trained.optimizer)
    assert data.config["input_shape"] == [8, 8, 1]
    assert data.config["dtype"] == trained.weights[0].dtype
    kinds = ["Conv2D", "Conv2D", "MaxPooling2D", "Dropout", "Flatten", "Dense", "Dropout", "Dense"]
    names = ["conv2d", "conv2d_1", "max_pooling2d", "dropout", "flatten", "dense", "dropout_1", "dense_1"]
    assert [layer["class_name"] for layer in data.config["layers"]] == kinds
    assert [layer["config"]["name"] for layer in data.config["layers"]] == names == list(data.weights)
    conv = data.config["layers"][0]["config"]
    assert (conv["filters"], conv["kernel_size"], conv["activation"]) == (4, [3, 3], "relu")
    assert conv["dtype"] == trained.weights[0].dtype
    assert conv["kernel_initializer"]["class_name"] == "GlorotUniform"
    assert data.compile["optimizer"]["class_name"] == "Adadelta"
    assert data.compile["optimizer"]["config"]["rho"] == 0.95
    assert (data.compile["loss"], data.compile["metrics"]) == ("categorical_crossentropy", ["accuracy"])
    assert data.training is None


@pytest.mark.parametrize("form", [as_read, as_ours])
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_keras_opens_what_was_read_and_written(trained: Trained, tmp_path: Path, suffix: str, form: Any) -> None:
    path = tmp_path / f"ours{suffix}"
    saving.save(form(saving.load(trained.file(suffix))), path)
    assert_same(list(saving.load(path).optimizer.values()), trained.optimizer)
    model = trained.keras.models.load_model(path)
    assert_same(model.get_weights(), trained.weights)
    assert_same([model.predict(trained.images, verbose=0)], [trained.answers])
    if suffix == ".keras":  # of an .h5 it drops them
        assert_same([variable.numpy() for variable in model.optimizer.variables], trained.optimizer)


def test_keras_trains_on_as_if_it_had_written_the_file(trained: Trained, tmp_path: Path) -> None:
    path = tmp_path / "ours.keras"
    saving.save(replace(as_ours(saving.load(trained.file(".keras"))), training={"epochs": [1.5]}), path)
    after = []
    for file in (path, trained.file(".keras")):
        trained.keras.utils.set_random_seed(2)  # for what Dropout will draw
        model = trained.keras.models.load_model(file)
        model.fit(trained.images, trained.labels, batch_size=4, verbose=0)
        after.append([variable.numpy() for variable in (*model.variables, *model.optimizer.variables)])
    assert_same(*after)
    assert not np.array_equal(after[0][0], trained.weights[0])


@pytest.mark.parametrize("form", [as_read, as_ours])
def test_an_archive_is_built_as_keras_builds_it(trained: Trained, tmp_path: Path, form: Any) -> None:
    path = tmp_path / "ours.keras"
    saving.save(form(saving.load(trained.file(".keras"))), path)
    assert tree(weights_member(path)) == tree(weights_member(trained.file(".keras")))
    with zipfile.ZipFile(path) as ours, zipfile.ZipFile(trained.file(".keras")) as theirs:
        assert ours.namelist() == theirs.namelist()
        assert [member.compress_type for member in ours.infolist()] == [zipfile.ZIP_STORED] * 3
        assert json.loads(ours.read("metadata.json")).items() <= json.loads(theirs.read("metadata.json")).items()
    if form is as_read:
        assert described(path) == described(trained.file(".keras"))
    # What ours leaves to Keras, Keras puts in: written once more by it, the file says what it said at first.
    again = tmp_path / "again.keras"
    trained.keras.models.load_model(path).save(again)
    assert described(again) == described(trained.file(".keras"))


@pytest.mark.parametrize("form", [as_read, as_ours])
def test_an_h5_is_built_as_keras_builds_it(trained: Trained, tmp_path: Path, form: Any) -> None:
    path = tmp_path / "ours.h5"
    saving.save(form(saving.load(trained.file(".h5"))), path)
    assert tree(path) == tree(trained.file(".h5"))


def uncompiled(keras: Any) -> Any:
    keras.utils.clear_session(free_memory=False)
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])


def untrained(keras: Any) -> Any:
    model = uncompiled(keras)
    model.compile("adadelta", "categorical_crossentropy")
    return model


def full_of_objects(keras: Any) -> Any:
    keras.utils.clear_session(free_memory=False)
    regularizer, schedule = keras.regularizers.L2(0.1), keras.optimizers.schedules.ExponentialDecay(0.5, 10, 0.9)
    dense = keras.layers.Dense(2, activation=keras.layers.LeakyReLU(0.2), kernel_regularizer=regularizer)
    model = keras.Sequential([keras.Input((4,)), keras.layers.BatchNormalization(), dense])
    loss, metric = keras.losses.CategoricalCrossentropy(label_smoothing=0.1), keras.metrics.CategoricalAccuracy()
    model.compile(keras.optimizers.Adam(schedule, amsgrad=True), loss, metrics=[metric, "accuracy"])
    model.fit(np.ones((2, 4)), np.ones((2, 2)), verbose=0)
    return model


@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer")  # of the untrained, though Keras wrote it
@pytest.mark.parametrize("make", [uncompiled, untrained, full_of_objects])
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_keras_sees_no_difference(keras: Any, tmp_path: Path, make: Any, suffix: str) -> None:
    theirs, ours, again = (tmp_path / f"{name}{suffix}" for name in ("theirs", "ours", "again"))
    make(keras).save(theirs)
    saving.save(saving.load(theirs), ours)
    found = []
    for path in (theirs, ours):
        keras.utils.clear_session(free_memory=False)
        model = keras.models.load_model(path)
        state = model.optimizer.variables if model.compiled else []
        numbers = [(variable.path, variable.numpy().tobytes()) for variable in (*model.weights, *state)]
        model.save(again)
        found.append((numbers, described(again)))
    assert found[0] == found[1]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_less_than_a_trained_model(keras: Any, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"model{suffix}"
    uncompiled(keras).save(path)
    data = saving.load(path)
    assert (data.compile, data.optimizer) == (None, None)
    assert [array.shape for array in arrays(data)] == [(4, 2), (2,)]
    untrained(keras).save(path)
    data = saving.load(path)
    assert data.compile["loss"] == "categorical_crossentropy"
    assert list(data.optimizer.values()) == [0, np.float32(0.001)]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_model_that_began_without_input(keras: Any, tmp_path: Path, suffix: str) -> None:
    """Keras takes the first batch's size for part of the shape; it is none."""
    path = tmp_path / f"model{suffix}"
    model = keras.Sequential([keras.layers.Dense(2, name="first"), keras.layers.Dense(3, name="second")], name="late")
    model.build((5, 4))
    model.save(path)
    data = saving.load(path)
    assert (data.config["name"], data.config["input_shape"], list(data.weights)) == ("late", [4], ["first", "second"])
    saving.save(data, path)
    assert keras.models.load_model(path).input_shape == (None, 4)


def test_a_model_that_met_no_input(keras: Any, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="not yet been built"):
        keras.Sequential([keras.layers.Dense(2, name="only")]).save(tmp_path / "theirs.keras")
    data = saving.load(tmp_path / "theirs.keras")
    assert (data.config["input_shape"], data.weights) == (None, {"only": {}})
    saving.save(data, tmp_path / "ours.keras")
    model = keras.models.load_model(tmp_path / "ours.keras")
    assert (model.built, [layer.name for layer in model.layers]) == (False, ["only"])


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_objects_become_class_and_options(keras: Any, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"model{suffix}"
    full_of_objects(keras).save(path)
    data = saving.load(path)
    dense, optimizer = data.config["layers"][1]["config"], data.compile["optimizer"]
    assert dense["dtype"] == "float32"
    assert dense["activation"]["class_name"] == "LeakyReLU"
    assert dense["activation"]["config"]["negative_slope"] == 0.2
    assert dense["kernel_regularizer"] == {"class_name": "L2", "config": {"l2": 0.1}}
    schedule = optimizer["config"]["learning_rate"]
    assert (schedule.keys(), schedule["class_name"]) == ({"class_name", "config"}, "ExponentialDecay")
    assert schedule["config"]["decay_rate"] == 0.9
    assert data.compile["loss"].keys() == {"class_name", "config"}
    assert data.compile["loss"]["config"]["label_smoothing"] == 0.1
    assert [metric if isinstance(metric, str) else metric["class_name"] for metric in data.compile["metrics"]] == [
        "CategoricalAccuracy",
        "accuracy",
    ]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_function_becomes_its_name(keras: Any, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"model{suffix}"
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation=keras.activations.softmax)])
    model.compile(loss=keras.losses.categorical_crossentropy)
    model.save(path)
    data = saving.load(path)
    assert data.config["layers"][0]["config"]["activation"] == "softmax"
    assert data.compile["loss"] == "categorical_crossentropy"


@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer")
def test_keras_forgets_the_optimizer_when_it_writes_an_h5(keras: Any, tmp_path: Path) -> None:
    model = untrained(keras)
    model.save(tmp_path / "first.h5")
    model.save(tmp_path / "then.keras")
    assert isinstance(keras.models.load_model(tmp_path / "then.keras").optimizer, keras.optimizers.RMSprop)
    data = saving.load(tmp_path / "then.keras")
    assert (data.compile["optimizer"], data.compile["loss"]) == (None, "categorical_crossentropy")
    saving.save(data, tmp_path / "again.keras")
    assert saving.load(tmp_path / "again.keras").compile["optimizer"] is None


def test_the_dtype_is_that_of_the_layers(keras: Any, tmp_path: Path) -> None:
    """That of the model itself is what happened to be set when Keras made or loaded it."""
    keras.utils.clear_session(free_memory=False)
    model = keras.Sequential([keras.Input((4,), dtype="float64"), keras.layers.Dense(2, dtype="float64")])
    model.save(tmp_path / "model.keras")
    assert described(tmp_path / "model.keras")[0]["config"]["dtype"]["config"] == {"name": "float32"}
    assert saving.load(tmp_path / "model.keras").config["dtype"] == "float64"


def test_keras_drops_the_state_of_an_h5(train: Callable[[str], Trained]) -> None:
    trained = train("float32")
    model = trained.keras.models.load_model(trained.file(".h5"))
    assert [variable.name for variable in model.optimizer.variables] == ["iteration", "learning_rate"]
    with pytest.raises(ValueError, match="Unknown variable"):
        model.fit(trained.images, trained.labels, verbose=0)


def test_keras_ignores_the_training_record(train: Callable[[str], Trained], tmp_path: Path) -> None:
    trained = train("float32")
    path = tmp_path / "ours.keras"
    training = {"history": {"loss": [0.5, float("nan")]}, "seed": 2**60}
    saving.save(replace(saving.load(trained.file(".keras")), training=training), path)
    assert str(saving.load(path).training) == str(training)
    assert_same(trained.keras.models.load_model(path).get_weights(), trained.weights)
    saving.save(saving.load(path), tmp_path / "ours.h5")
    assert saving.load(tmp_path / "ours.h5").training is None


def test_the_same_data_make_the_same_bytes(train: Callable[[str], Trained], tmp_path: Path) -> None:
    trained = train("float32")
    data = saving.load(trained.file(".keras"))
    saving.save(data, tmp_path / "a.keras")
    saving.save(data, tmp_path / "a.h5")
    time.sleep(1.1)  # both formats can note the second
    saving.save(data, tmp_path / "b.keras")
    saving.save(data, tmp_path / "b.h5")
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
