"""The built-in pictures: shapes, ranges, and that nobody can spoil them for the next caller."""

import doctest

import numpy as np
import pytest

from cnnlab import images


def test_doctests():
    failed, tried = doctest.testmod(images)
    assert tried > 8
    assert failed == 0


def test_photo_is_a_colour_picture_with_sky_above_and_trees_below():
    photo = images.photo()
    assert photo.shape == (128, 144, 3)
    assert photo.dtype == np.float64
    assert photo.min() >= 0
    assert photo.max() <= 1
    assert photo.std() > 0.1
    red, green, blue = photo[:10].mean(axis=(0, 1))
    assert blue > green > red  # sky
    red, green, blue = photo[-10:, :30].mean(axis=(0, 1))
    assert green > blue  # leaves


def test_photo_block_average_keeps_the_mean_of_the_crop():
    from sklearn.datasets import load_sample_image

    crop = load_sample_image("china.jpg")[19:403, 20:452] / 255
    np.testing.assert_allclose(images.photo().mean(axis=(0, 1)), crop.mean(axis=(0, 1)), rtol=1e-12)
    block = crop[15:18, 21:24].mean(axis=(0, 1))
    np.testing.assert_allclose(images.photo()[5, 7], block, rtol=1e-12)


def test_photo_gray_lies_between_the_channels():
    photo, gray = images.photo(), images.photo_gray()
    assert gray.shape == photo.shape[:2]
    assert (gray <= photo.max(axis=-1) + 1e-12).all()
    assert (gray >= photo.min(axis=-1) - 1e-12).all()


def test_digits_are_the_whole_set():
    pictures, labels = images.digits()
    assert pictures.shape == (1797, 8, 8)
    assert pictures.dtype == np.float64
    assert (pictures.min(), pictures.max()) == (0, 16)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


@pytest.mark.parametrize(
    "name", ["photo", "photo_gray", "signal", "step_edge", "checkerboard", "ring"]
)
def test_every_call_gives_a_fresh_array(name):
    make = getattr(images, name)
    make()[...] = 0
    assert make().any()


def test_ring_equals_none_of_its_own_flips_or_turns():
    ring = images.ring()
    for same in (ring.T, ring[::-1], ring[:, ::-1], ring[::-1, ::-1], np.rot90(ring)):
        assert not np.array_equal(ring, same)


def test_toy_pictures_take_any_size():
    assert images.step_edge(3, 5).tolist() == [[0, 0, 10, 10, 10]] * 3
    assert images.checkerboard(3, 4).sum() == 6


def test_kernels_sum_to_one_when_they_keep_brightness_and_to_zero_when_they_find_edges():
    sums = {name: round(array.sum(), 12) for name, array in images.KERNELS.items()}
    assert {name for name, total in sums.items() if total == 1} == {
        *("identity", "box blur", "gaussian", "sharpen", "emboss")
    }
    assert {name for name, total in sums.items() if total == 0} == {
        *("sobel x", "sobel y", "prewitt x", "prewitt y", "laplacian")
    }


def test_kernel_hands_out_copies_and_the_table_itself_is_read_only():
    images.kernel("box blur")[...] = 7
    assert images.KERNELS["box blur"].max() < 1
    with pytest.raises(ValueError, match="read-only"):
        images.KERNELS["box blur"][0, 0] = 7


def test_unknown_kernel_says_what_there_is():
    with pytest.raises(ValueError, match=r"kernel: name must be one of identity.*got 'sobel'"):
        images.kernel("sobel")
