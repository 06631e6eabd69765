"""Numbers as people read them, and all their digits."""

import numpy as np
import pytest

SHORT = [
    ("0", "0"),
    ("-0", "0"),
    ("1", "1.000"),
    ("-1.5", "−1.500"),
    ("0.43124", "0.4312"),
    ("0.001", "0.001000"),
    ("0.00099994", "9.999·10⁻⁴"),
    ("-1e-9", "−1.000·10⁻⁹"),
    ("1e-45", "1.000·10⁻⁴⁵"),
    ("9999.4", "9999"),
    ("9999.6", "1.000·10⁴"),
    ("-123456", "−1.235·10⁵"),
    ("1e300", "1.000·10³⁰⁰"),
    ("0.99996", "1.000"),
    ("NaN", "NaN"),
    ("Infinity", "∞"),
    ("-Infinity", "−∞"),
]
PERCENT = [
    ("0", "0 %"),
    ("1", "100 %"),
    ("1e-12", "< 0.1 %"),
    ("0.00049", "< 0.1 %"),
    ("0.0006", "0.1 %"),
    ("0.5", "50.0 %"),
    ("0.9994", "99.9 %"),
    ("0.99951", "> 99.9 %"),
    ("0.9999999", "> 99.9 %"),
]
EXACT = [
    ("Math.fround(0.1)", "float32", "0.1"),
    ("Math.fround(1 / 3)", "float32", "0.33333334"),
    ("Math.fround(-1e-9)", "float32", "-1e-9"),
    ("Math.fround(16777216)", "float32", "16777216"),
    ("1.401298464324817e-45", "float32", "1e-45"),
    ("1 / 3", "float64", "0.3333333333333333"),
    ("0", "float32", "0"),
    ("NaN", "float32", "NaN"),
    ("-Infinity", "float64", "-Infinity"),
]


@pytest.fixture(scope="module")
def js(browser, seed):
    """Evaluate with numbers.js at hand."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(seed)
    yield lambda text, argument=None: page.evaluate(
        f"async argument => {{ const {{ short, signed, percent, exact, grouped, sizes }} = await import('/numbers.js'); return {text}; }}",
        argument,
    )
    context.close()


def test_four_digits(js):
    assert js("argument.map(text => short(Number(text)))", [text for text, _ in SHORT]) == [said for _, said in SHORT]


def test_only_zero_is_called_zero(js):
    rng = np.random.default_rng(0)
    numbers = (rng.choice([-1, 1], 500) * 10.0 ** rng.uniform(-44, 38, 500)).astype("f4").astype(float).tolist()
    texts = js("argument.map(short)", numbers)
    assert "0" not in texts
    back = [js_float(text) for text in texts]
    np.testing.assert_allclose(back, numbers, rtol=5.1e-4)


def test_terms_have_signs(js):
    assert js("[2, -2, 0, 1e-7].map(signed)") == ["+2.000", "−2.000", "0", "+1.000·10⁻⁷"]


def test_a_share_is_all_or_none_only_where_it_is(js):
    said = js("argument.map(text => percent(Number(text)))", [text for text, _ in PERCENT])
    assert said == [said for _, said in PERCENT]


@pytest.mark.parametrize(("number", "dtype", "digits"), EXACT)
def test_all_digits(js, number, dtype, digits):
    assert js(f"exact({number}, '{dtype}')") == digits


def test_all_digits_read_back_are_the_number(js):
    rng = np.random.default_rng(1)
    numbers = (rng.normal(size=300) * 10.0 ** rng.uniform(-42, 37, 300)).astype("f4")
    texts = js("argument.map(value => exact(value, 'float32'))", numbers.astype(float).tolist())
    assert (np.array([np.float32(text) for text in texts]) == numbers).all()
    digits = lambda text: len(text.partition("e")[0].replace("-", "").replace(".", "").strip("0"))
    assert [digits(text) for text in texts] == [digits(np.format_float_scientific(number)) for number in numbers]


def test_counts_and_shapes(js):
    assert js("[grouped(9216), grouped(1199882), grouped(12), sizes([28, 28, 1])]") == [
        "9,216",
        "1,199,882",
        "12",
        "28 × 28 × 1",
    ]


def js_float(text):
    digits = text.replace("−", "-").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    mantissa, _, exponent = digits.partition("·10")
    return float(f"{mantissa}e{exponent or 0}")
