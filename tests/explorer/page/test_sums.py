"""Numbers of every layer, forward and backward, through the server and the page's own arithmetic: sums are what was traced."""

import sys

import numpy as np
import pytest

COUNT = 50  # numbers of each layer, in each direction
ROUNDING = 2e-6  # of Σ |terms|

SUM = """async ({ count, options, body, random }) => {
    const { getModel, getWeights, getGradients, postTrace } = await import('/server.js');
    const { Trace } = await import('/trace.js');
    const arithmetic = await import('/arithmetic/index.js');
    const { sizeOf, unravel } = await import('/arithmetic/tensor.js');
    const model = await getModel();
    const { layers } = model;
    const trace = new Trace(layers, await postTrace({ ...options, backward: true }, body && Uint8Array.from(body)));
    const found = [];
    let place = 0;
    const any = shape => unravel(Math.floor(random[place++ % random.length] * sizeOf(shape)), shape);
    const add = (layer, what, steps) => {
        for (const { title, sum, traced, scale, terms } of steps) found.push({ layer: layer.name, what, title, sum, traced, scale, terms: terms.length });
    };
    const weights = async (layer, at, direction) => {
        const query = arithmetic.needs(layer, at, direction);
        return query ? Object.fromEntries(await getWeights(layer.name, query)) : {};
    };
    for (const [index, layer] of layers.entries()) {
        const tensors = trace.of(index);
        const gradients = await getGradients(trace.key, layer.name, {});
        const whole = Object.fromEntries(await getWeights(layer.name, {}));
        for (let k = 0; k < count; k++) {
            let at = any(layer.output_shape);
            add(layer, 'forward', arithmetic.forward(layer, at, tensors, await weights(layer, at, 'forward')));
            const gate = index < layers.length - 1 && arithmetic.gate(layer, at, tensors);
            if (gate) add(layer, 'gate', [gate]);
            at = any(layer.input_shape);
            add(layer, 'backward', arithmetic.backward(layer, at, tensors, await weights(layer, at, 'backward')));
            for (const [name, gradient] of gradients) {
                at = any(gradient.shape);
                add(layer, name, [arithmetic.weightGradient(layer, name, at, tensors, gradient, options.logit === undefined ? whole : null)]);
            }
        }
    }
    const last = layers.at(-1);
    const tensors = trace.of(layers.length - 1);
    add(last, 'loss', trace.loss === undefined ? [] : [arithmetic.lossOf(last, { ...tensors, loss: trace.tensors.get('loss') }, model.loss, trace.label)]);
    for (let k = 0; k < sizeOf(last.output_shape); k++) add(last, 'output', [arithmetic.outputGradient(last, [k], tensors, options.logit === undefined ? { loss: model.loss, label: trace.label } : { logit: options.logit })]);
    return { found, layers: layers.map(({ name, kind, weights, activation }) => ({ name, kind, weights, activation })) };
}"""


@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
@pytest.mark.parametrize("name", ["seed", "every kind"])
def test_every_sum_is_what_was_traced(name, training, visit, seed, served, capsys):
    rng = np.random.default_rng(3)
    options = {"training": training, "seed": 7} if training else {}
    if name == "seed":
        page, body = visit(seed), None
        options |= {"test": 4}
    else:
        page, body = visit(served("every_kind")), rng.integers(0, 256, 17 * 14 * 2).tolist()
        options |= {"label": 3}
    _sums(page, options, body, f"{name}, {'training' if training else 'inference'}", capsys)


def test_back_from_a_logit(visit, seed, capsys):
    _sums(visit(seed), {"test": 9, "logit": 3}, None, "seed, logit 3", capsys)


def test_the_loss_of_sure_answers(visit, seed):
    """A probability near 1 has few digits left for its loss: that is rounding, too."""
    found = visit(seed).evaluate(
        """async () => {
            const { getModel, postTrace } = await import('/server.js');
            const { Trace } = await import('/trace.js');
            const { lossOf } = await import('/arithmetic/index.js');
            const { layers, loss } = await getModel();
            const found = [];
            for (let test = 0; test < 40; test++) {
                const trace = new Trace(layers, await postTrace({ test, backward: true }));
                const tensors = { ...trace.of(layers.length - 1), loss: trace.tensors.get('loss') };
                const { sum, traced, scale } = lossOf(layers.at(-1), tensors, loss, trace.label);
                found.push([sum, traced, scale]);
            }
            return found;
        }"""
    )
    sums, traced, scales = np.array(found).T
    assert traced.min() < 1e-3
    assert (np.abs(sums - traced) <= ROUNDING * scales).all()
    np.testing.assert_allclose(sums, traced, atol=1e-6)


def _sums(page, options, body, title, capsys):
    random = np.random.default_rng(8).random(997).tolist()
    answer = page.evaluate(SUM, {"count": COUNT, "options": options, "body": body, "random": random})
    found = answer["found"]
    unchecked = {(one["layer"], one["what"]) for one in found if one["traced"] is None}
    assert unchecked == set()
    deviations = [abs(one["sum"] - one["traced"]) / one["scale"] for one in found if one["scale"] > 0]
    empty = [one for one in found if one["scale"] == 0]
    assert all(one["traced"] == 0 for one in empty)
    with capsys.disabled():
        sys.stdout.write(f"\n  {title}: {len(found):,} sums, Δ at most {max(deviations):.1e} of Σ |terms|\n")
    worst = max(found, key=lambda one: abs(one["sum"] - one["traced"]) / (one["scale"] or 1))
    assert max(deviations) <= ROUNDING, repr(worst)
    asked = {(one["layer"], one["what"]) for one in found if one["traced"] != 0}
    for layer in answer["layers"]:
        gradients = {"kernel", "bias", "gamma", "beta"} & set(layer["weights"])
        back = "output" if layer["name"] == "softmax" else "backward"  # the loss and the last softmax go back as one
        missing = {"forward", back, *gradients} - {what for name, what in asked if name == layer["name"]}
        assert not missing, (layer["name"], missing)
