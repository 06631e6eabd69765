"""From a model that fails to the smallest one that still does."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from reference.drawn import Drawn, changed, defaults

PLAINEST = {"class_name": "SGD", "config": {"learning_rate": 0.0625, "name": "sgd"}}


def smallest(drawn: Drawn, fails: Callable[[Drawn], bool]) -> Drawn:
    """Take away layers, options and batches, one after the other, as long as it fails without them."""
    for candidate in _smaller(drawn):
        if candidate.possible and fails(candidate):
            return smallest(candidate, fails)
    return drawn


def _smaller(drawn: Drawn) -> Iterator[Drawn]:
    for k in range(len(drawn.layers)):
        yield replace(drawn, layers=drawn.layers[:k] + drawn.layers[k + 1 :])
    if len(drawn.sizes) > 1:
        yield replace(drawn, sizes=drawn.sizes[:1])
    if drawn.optimizer != PLAINEST:
        yield replace(drawn, optimizer=PLAINEST)
    if drawn.metrics:
        yield replace(drawn, metrics=())
    if drawn.weighted:
        yield replace(drawn, weighted=False)
    if drawn.whole:
        yield replace(drawn, whole=False)
    if drawn.targets != "numbers":
        yield replace(drawn, loss="mean_squared_error", targets="numbers", metrics=())
    for k, layer in enumerate(drawn.layers):
        usual = defaults(layer["class_name"])
        for option in changed(layer):
            if option in usual:
                plainer = {**layer, "config": layer["config"] | {option: usual[option]}}
                yield replace(drawn, layers=(*drawn.layers[:k], plainer, *drawn.layers[k + 1 :]))
