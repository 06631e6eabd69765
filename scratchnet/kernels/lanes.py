"""A vocabulary for kernels that keep their sums in registers, in ordinary compiled Python. docs/lanes.md has examples.

    Lanes    a vector register: numbers of one dtype, or truths (a mask), side by side. + - * / & | ^ >> and comparisons
             act on every lane, a scalar is spread over them, and a * b + c is one instruction, rounded once
    width    width(dtype): the lanes of a full register;  width(v): those of v
    load     load(a, (i, j)): a full register from a[i, j] on;  load(a, (i, j), v): as many lanes as v has, a register or tuple
    store    store(a, (i, j), v): v's lanes from a[i, j] on
    append   n = append(a, n, v, mask): v's lanes where mask holds, packed, from a[n] on; a whole register is written
    spread   spread(1, v): 1 in as many lanes as v has;  iota(v): 0, 1, 2 … likewise, uint32
    where    where(mask, v, w): v where the mask holds, else w; either may be a scalar
    total    total(v): the sum of v's lanes, in halves;  count(mask): in how many lanes it holds
    tile     tile(dtype, 2, 6): a small array of full registers, or tile(v, 2, 6) of such as v, zeros at first: sums

A tile stays in registers if loops that index it are unrolled (range() of constants), and what it is handed to is a `jit.part`.

Arrays are C-contiguous, indices aren't negative. What reaches outside an array or a tile is neither seen nor harmless,
but in Numba's checked mode (NUMBA_BOUNDSCHECK=1) raises IndexError. Nothing of this works uncompiled.
"""

# ruff: noqa: ARG001, ARG005  # Numba tells each of these functions all it knows
import operator
import platform

from llvmlite import ir
from numba.core import cgutils, errors, types
from numba.core.registry import cpu_target
from numba.extending import intrinsic, lower_builtin, models, register_jitable, register_model, type_callable
from numba.np.arrayobj import make_array

# Of the machine that Numba compiles for: this one, or what NUMBA_CPU_NAME and NUMBA_CPU_FEATURES say
_features = cpu_target.target_context.codegen().magic_tuple()[2].split(",")
BITS = 512 if "+avx512vl" in _features else 256 if "+avx2" in _features else 128  # the last: NEON or SSE
REGISTERS = 32 if BITS == 512 or platform.machine() in ("arm64", "aarch64") else 16


# ---------- two types: LLVM's vector; and where an array of them is on the stack, until LLVM dissolves it
class Lanes(types.Type):
    def __init__(self, dtype, count=None):
        self.dtype, self.count = dtype, count or BITS // getattr(dtype, "bitwidth", 8)  # a bool is a byte
        super().__init__(f"Lanes({dtype} x {self.count})")  # Numba tells types apart by name


class Tile(types.Type):
    def __init__(self, lanes, shape):
        self.lanes, self.shape = lanes, shape
        super().__init__(f"Tile({lanes}, {shape})")


@register_model(Lanes)
def _lanes_model(manager, lanes):
    vector = ir.VectorType(manager.lookup(lanes.dtype).get_value_type(), lanes.count)
    return models.PrimitiveModel(manager, lanes, vector)


@register_model(Tile)
class _TileModel(models.PrimitiveModel):
    def __init__(self, manager, tile):
        inner = manager.lookup(tile.lanes).get_value_type()
        for size in reversed(tile.shape):
            inner = ir.ArrayType(inner, size)
        super().__init__(manager, tile, inner.as_pointer())

    def get_return_type(self):
        raise errors.NumbaTypeError("a tile dies with the function that makes it: hand it down, don't return it")


def _expect(true, expected, *came):
    if not true:
        raise errors.NumbaTypeError(f"expected {expected}, got {', '.join(map(str, came))}")


def _spread(context, builder, value, of, lanes):
    if isinstance(of, Lanes):
        return value
    vector, value = context.get_value_type(lanes), context.cast(builder, value, of, lanes.dtype)
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.IntType(32)(0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), lanes.count), None))


def _common(*operands):
    lanes = {t for t in operands if isinstance(t, Lanes)}  # of one dtype, or nothing
    return lanes.pop() if len(lanes) == 1 else None


def _call(builder, name, result, *args, **flags):  # LLVM's own function of that name
    vector = args[-1].type
    function = ir.FunctionType(result, [arg.type for arg in args])
    name = f"llvm.{name}.v{vector.count}{vector.element.intrinsic_name}"
    return builder.call(builder.module.declare_intrinsic(name, fnty=function), args, **flags)


# ---------- operators: an LLVM instruction each
_SIGNS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "==", "ne": "!="}


def _emit(builder, name, dtype, x, y):
    real, sign = isinstance(dtype, types.Float), _SIGNS.get(name)
    if sign and real:  # with NaN only != holds
        return (builder.fcmp_unordered if sign == "!=" else builder.fcmp_ordered)(sign, x, y)
    if sign:
        return (builder.icmp_signed if dtype.signed else builder.icmp_unsigned)(sign, x, y)
    if real:  # contract: a product and a sum may become one instruction
        return getattr(builder, "f" + name.removeprefix("true"))(x, y, flags=("contract",))
    return getattr(builder, ("ashr" if dtype.signed else "lshr") if name == "rshift" else name)(x, y)


def _operator(function, name, dtypes):
    def typer(x, y):
        lanes = _common(x, y)
        known = lanes and isinstance(lanes.dtype, dtypes) and all(isinstance(t, Lanes | types.Number) for t in (x, y))
        return (Lanes(types.boolean, lanes.count) if name in _SIGNS else lanes) if known else None

    def lower(context, builder, signature, args):
        lanes = _common(*signature.args)
        x, y = (_spread(context, builder, v, t, lanes) for v, t in zip(args, signature.args, strict=True))
        return _emit(builder, name, lanes.dtype, x, y)

    type_callable(function)(lambda context: typer)
    for pair in ((Lanes, Lanes), (Lanes, types.Any), (types.Any, Lanes)):
        lower_builtin(function, *pair)(lower)


_DTYPES = dict.fromkeys(("add", "sub", "mul", *_SIGNS), types.Number)
_DTYPES |= dict.fromkeys(("and_", "or_", "xor"), types.Integer | types.Boolean)  # type: ignore[arg-type]
_DTYPES |= {"truediv": types.Float, "rshift": types.Integer}
for _name, _dtypes in _DTYPES.items():
    _operator(getattr(operator, _name), _name, _dtypes)
    if _name not in _SIGNS:
        _operator(getattr(operator, "i" + _name.rstrip("_")), _name, _dtypes)  # x += y


# ---------- words: each returns its signature and the function that emits it
@intrinsic
def width(typing, like):
    lanes = getattr(like, "count", Lanes(like.dtype).count)
    return types.intp(like), lambda context, *_: context.get_constant(types.intp, lanes)


@intrinsic
def spread(typing, value, like):
    lanes = Lanes(value, like.count)
    return lanes(value, like), lambda context, builder, _, args: _spread(context, builder, args[0], value, lanes)


@intrinsic
def iota(typing, like):
    lanes = Lanes(types.uint32, like.count)
    return lanes(like), lambda context, *_: ir.Constant(context.get_value_type(lanes), list(range(lanes.count)))


@intrinsic
def where(typing, mask, x, y):
    lanes = _common(x, y)
    _expect(lanes and mask == Lanes(types.boolean, lanes.count), "a mask, and as many lanes of one dtype", mask, x, y)
    return lanes(mask, x, y), lambda context, builder, _, args: builder.select(
        args[0], _spread(context, builder, args[1], x, lanes), _spread(context, builder, args[2], y, lanes)
    )


@intrinsic
def total(typing, v):
    def emit(context, builder, signature, args):
        nothing = args[0].type.element(-0.0)
        return _call(builder, "vector.reduce.fadd", nothing.type, nothing, *args, fastmath=("reassoc",))

    _expect(isinstance(v.dtype, types.Float), "floating-point lanes", v)
    return v.dtype(v), emit


@intrinsic
def count(typing, mask):
    def emit(context, builder, signature, args):
        return builder.zext(builder.ctpop(builder.bitcast(args[0], ir.IntType(mask.count))), ir.IntType(64))

    _expect(mask.dtype == types.boolean, "a mask", mask)
    return types.intp(mask), emit


def _check(array, index, dtype, *, written=False):
    usable = isinstance(array, types.Array) and array.layout == "C" and array.aligned and (array.mutable or not written)
    fits = usable and getattr(index, "count", 1) == array.ndim and array.dtype == dtype
    _expect(fits, "lanes of a C-contiguous array's dtype, and an index for each axis", array, index, dtype)


def _indices(context, builder, index, of, shape, reach=1):  # as integers; all `reach` elements lie inside, or raise
    of, index = (of, cgutils.unpack_tuple(builder, index)) if isinstance(of, types.BaseTuple) else ([of], [index])
    index = [context.cast(builder, i, t, types.intp) for i, t in zip(index, of, strict=True)]
    if context.enable_boundscheck:
        last = builder.add(index[-1], index[-1].type(reach - 1))
        for i, size in zip((*index, last), (*shape, shape[-1]), strict=True):
            cgutils.do_boundscheck(context, builder, i, size)
    return index


def _place(context, builder, array, value, of, index, lanes):  # and its alignment: NumPy promises no more
    struct = make_array(array)(context, builder, value)
    index = _indices(context, builder, index, of, cgutils.unpack_tuple(builder, struct.shape), lanes.count)
    memory = ir.VectorType(context.get_data_type(lanes.dtype), lanes.count).as_pointer()
    first = cgutils.get_item_pointer(context, builder, array, struct, index)
    return builder.bitcast(first, memory), context.get_abi_sizeof(context.get_data_type(lanes.dtype))


@intrinsic
def load(typing, array, index, like=None):
    _check(array, index, getattr(array, "dtype", None))
    lanes = Lanes(array.dtype, getattr(like, "count", None))

    def emit(context, builder, signature, args):
        place, align = _place(context, builder, array, args[0], index, args[1], lanes)
        v = builder.load(place, align=align)
        return builder.icmp_unsigned("!=", v, ir.Constant(v.type, None)) if lanes.dtype == types.boolean else v

    return lanes(array, index, like or types.Omitted(None)), emit


@intrinsic
def store(typing, array, index, value):
    _check(array, index, value.dtype, written=True)

    def emit(context, builder, signature, args):
        place, align = _place(context, builder, array, args[0], index, args[1], value)
        v = builder.zext(args[2], place.type.pointee) if value.dtype == types.boolean else args[2]
        builder.store(v, place, align=align)
        return context.get_dummy_value()

    return types.void(array, index, value), emit


@intrinsic
def _pack(typing, value, mask):
    def emit(context, builder, signature, args):
        vector = args[0].type
        return _call(builder, "experimental.vector.compress", vector, *args, ir.Constant(vector, ir.Undefined))

    return value(value, mask), emit


@register_jitable
def append(array, n, value, mask):
    store(array, n, _pack(value, mask))
    return n + count(mask)


# ---------- tiles
@intrinsic(prefer_literal=True)
def tile(typing, like, *shape):
    _expect(all(isinstance(size, types.IntegerLiteral) for size in shape), "sizes that are constants", *shape)
    result = Tile(Lanes(like.dtype, getattr(like, "count", None)), tuple(size.literal_value for size in shape))

    def emit(context, builder, signature, args):
        place = cgutils.alloca_once(builder, context.get_value_type(result).pointee)
        builder.store(ir.Constant(place.type.pointee, None), place)
        return place

    return result(like, types.Tuple(shape)), emit


def _slot(context, builder, signature, args):
    sizes = [ir.IntType(64)(size) for size in signature.args[0].shape]
    return builder.gep(args[0], [ir.IntType(64)(0), *_indices(context, builder, args[1], signature.args[1], sizes)])


def _fits(tile, index, *values):
    return isinstance(tile, Tile) and getattr(index, "count", 1) == len(tile.shape) and {tile.lanes}.issuperset(values)


type_callable(operator.getitem)(lambda context: lambda tile, i: tile.lanes if _fits(tile, i) else None)
type_callable(operator.setitem)(lambda context: lambda tile, i, v: types.void if _fits(tile, i, v) else None)


@lower_builtin(operator.getitem, Tile, types.Any)
def _get(context, builder, signature, args):
    return builder.load(_slot(context, builder, signature, args))


@lower_builtin(operator.setitem, Tile, types.Any, Lanes)
def _set(context, builder, signature, args):
    builder.store(args[2], _slot(context, builder, signature, args))
    return context.get_dummy_value()
