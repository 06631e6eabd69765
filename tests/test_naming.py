import pytest

from scratchnet import naming


@pytest.mark.parametrize(
    ("class_name", "name"),
    [("Conv2D", "conv2d"), ("MaxPooling2D", "max_pooling2d"), ("Dense", "dense"), ("ReLU", "re_lu")],
)
def test_names_are_keras_names(class_name, name, monkeypatch, keras):
    monkeypatch.setattr(naming, "_given", naming.Counter())
    assert [naming.unique_name(class_name) for _ in range(3)] == [name, f"{name}_1", f"{name}_2"]
    keras.utils.clear_session()
    if class_name != "ReLU":  # keras names it by hand
        options = {"Conv2D": (1, 1), "MaxPooling2D": (), "Dense": (1,)}[class_name]
        assert [getattr(keras.layers, class_name)(*options).name for _ in range(3)] == [name, f"{name}_1", f"{name}_2"]
