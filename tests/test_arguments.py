"""What cnnlab refuses, and how it says so: the argument, what was given, the rule."""

import numpy as np
import pytest

from cnnlab import arguments


@pytest.mark.parametrize("value", [True, 1.0, "1", None, np.float64(2), (1,), np.array(1)])
def test_integer_refuses_what_is_no_int(value):
    with pytest.raises(TypeError, match=r"groups must be an int; got groups="):
        arguments.integer("groups", value)


def test_integer_takes_numpy_ints_and_holds_the_minimum():
    assert arguments.integer("n", np.int32(3)) == 3
    with pytest.raises(ValueError, match=r"groups must be at least 1; got groups=0"):
        arguments.integer("groups", 0, minimum=1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(2, (2, 2)), ((3,), (3, 3)), ([1, 2], (1, 2)), ((np.int64(4), 5), (4, 5))],
)
def test_per_axis_spells_out_every_axis(value, expected):
    assert arguments.per_axis("stride", value, 2, minimum=1) == expected


@pytest.mark.parametrize("value", [(), (1, 1, 1), (0, 1), 0, -1])
def test_per_axis_refuses_wrong_values(value):
    rule = r"stride must be an int or 2 ints, each at least 1; got stride="
    with pytest.raises(ValueError, match=rule):
        arguments.per_axis("stride", value, 2, minimum=1)


@pytest.mark.parametrize("value", [2**63, (1, 2**70)])
def test_ints_that_count_nothing_are_refused(value):
    with pytest.raises(ValueError, match=r"stride must be .* below 2\*\*63; got stride="):
        arguments.per_axis("stride", value, 2, minimum=1)
    with pytest.raises(ValueError, match=r"n must be below 2\*\*63; got n=9223372036854775808"):
        arguments.integer("n", 2**63)


@pytest.mark.parametrize("value", [1j, np.complex128(1 + 2j), np.timedelta64(3), "1", None])
def test_number_refuses_what_is_no_real_number(value):
    with pytest.raises(TypeError, match="alpha must be a number; got alpha="):
        arguments.number("alpha", value)


def test_number_refuses_what_no_float_holds():
    with pytest.raises(ValueError, match="alpha must be a number; got one of 401 digits"):
        arguments.number("alpha", -(10**400))


@pytest.mark.parametrize("value", [1, 1.0, True, np.bool_(True), np.float16(1), np.uint8(1)])
def test_number_takes_every_real_number(value):
    assert arguments.number("alpha", value) == 1


@pytest.mark.parametrize("value", [1.5, (1, 2.0), None, "11", (True, 1), np.array([1, 2])])
def test_per_axis_refuses_wrong_types(value):
    with pytest.raises(TypeError, match=r"stride must be an int or 2 ints"):
        arguments.per_axis("stride", value, 2, minimum=1)


def test_same_padding_gives_the_odd_cell_to_the_end():
    pairs = arguments.padding_pairs("same", (1, 2, 3, 4), (1,) * 4, (1, 1, 2, 3))
    assert pairs == [(0, 0), (0, 1), (2, 2), (4, 5)]
    assert arguments.padding_pairs("valid", (3, 3), (2, 2), (1, 1)) == [(0, 0), (0, 0)]


@pytest.mark.parametrize("padding", ["SAME", "full", ""])
def test_unknown_padding_word_is_refused(padding):
    with pytest.raises(ValueError, match="padding must be one of same, valid; got padding="):
        arguments.padding_pairs(padding, (3,), (1,), (1,))


@pytest.mark.parametrize("value", [[[1.0]], (1, 2), 3.0, None, "image"])
def test_array_refuses_what_is_no_array(value):
    with pytest.raises(TypeError, match=r"input must be a NumPy array .*got a "):
        arguments.array("input", value)


@pytest.mark.parametrize("dtype", [bool, object, "U1", complex])
def test_array_refuses_what_holds_no_real_numbers(dtype):
    with pytest.raises(TypeError, match="weight must hold integers or floats; got dtype"):
        arguments.array("weight", np.zeros(2, dtype=dtype))


def test_flag_refuses_ints():
    assert arguments.flag("ceil_mode", np.True_) is True
    with pytest.raises(TypeError, match="ceil_mode must be True or False; got ceil_mode=1"):
        arguments.flag("ceil_mode", 1)
