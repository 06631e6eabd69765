/** What the network made of one image: `trace()` of the library, layer by layer. */

export class Trace {
  /** @param {Object[]} layers of /api/model @param {{header: Object, tensors: Map}} frame */
  constructor(layers, { header, tensors }) {
    this.layers = layers;
    this.tensors = tensors;
    this.key = header.trace;
    this.label = header.label;
    this.prediction = header.prediction;
  }

  /** One of z, y, dy, dz, winner, keep, mean, deviation. @param {number} index of the layer @param {string} what */
  get(index, what) {
    const name = this.layers[index].name;
    const own = this.tensors.get(`${name}/${what}`);
    if (own || (what !== "z" && what !== "dz")) return own;
    return this.tensors.get(`${name}/${what === "z" ? "y" : "dy"}`); // without an activation, z is y
  }

  /** Whether there is one between z and y. */
  activated(index) {
    return this.tensors.has(`${this.layers[index].name}/z`);
  }

  /** What the layer takes. */
  x(index) {
    const x = index ? this.get(index - 1, "y") : this.tensors.get("x");
    return x.reshape(this.layers[index].input_shape);
  }

  /** The gradient by what the layer takes; undefined where nothing went back. */
  dx(index) {
    const dx = index ? this.get(index - 1, "dy") : this.tensors.get("dx");
    return dx?.reshape(this.layers[index].input_shape);
  }

  /** What a layer shows at a glance: its answer, or the gradient by it (by z, where the pass back began there). */
  shown(index, backward) {
    return backward ? (this.get(index, "dy") ?? this.get(index, "dz")) : this.get(index, "y");
  }

  get backward() {
    return this.tensors.has("dx");
  }

  get input() {
    return this.tensors.get("x");
  }

  get output() {
    return this.get(this.layers.length - 1, "y");
  }

  get logits() {
    return this.get(this.layers.length - 1, "z");
  }

  get loss() {
    return this.tensors.get("loss")?.data[0];
  }

  /** All that an arithmetic may want of a layer. */
  of(index) {
    const names = ["z", "y", "dy", "dz", "winner", "keep", "mean", "deviation"];
    const own = Object.fromEntries(names.map((name) => [name, this.get(index, name)]));
    return { ...own, x: this.x(index), dx: this.dx(index) };
  }
}
