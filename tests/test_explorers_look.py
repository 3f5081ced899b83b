"""The visual language in numbers: contrast, one table of colours, colour-blind eyes."""

import base64
import os
import re
import subprocess
import sys
import zlib
from itertools import combinations

import numpy as np
import pytest

from cnnlab import explorers, figures
from cnnlab.explorers import composing, look

# Simulation of full protanopia, deuteranopia and tritanopia on linear RGB. Source: Machado,
# Oliveira, Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency",
# IEEE TVCG 15(6), 2009, table of matrices at severity 1.0.
EYES = {
    "full": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
# sRGB to CIE XYZ (D65), IEC 61966-2-1; then CIELAB, where distance is near to seen difference.
TO_XYZ = [
    [0.4124, 0.3576, 0.1805],
    [0.2126, 0.7152, 0.0722],
    [0.0193, 0.1192, 0.9505],
]
WHITE = np.array([0.9505, 1.0, 1.089])


def linear(colour):
    share = np.asarray(colour, float) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(colour, eye):
    seen = np.clip(np.array(EYES[eye]) @ linear(colour), 0, 1)
    t = (np.array(TO_XYZ) @ seen) / WHITE
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one, other, eye):
    return np.linalg.norm(lab(one, eye) - lab(other, eye))


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("theme", look.TOKENS)
def test_signs_are_told_apart_by_every_eye(eye, theme):
    for value in (0.25, 0.5, 1.0):
        low, high = look.shade(-value, 1, theme), look.shade(value, 1, theme)
        assert distance(low, high, eye) > 12 * (1 + 2 * value), (value, distance(low, high, eye))


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("theme", look.TOKENS)
def test_a_value_is_told_from_zero_by_every_eye(eye, theme):
    zero = look.shade(0, 1, theme)
    for value in (-0.5, 0.5, -1.0, 1.0):
        assert distance(look.shade(value, 1, theme), zero, eye) > 14


@pytest.mark.parametrize("eye", EYES)
def test_groups_are_told_apart_by_every_eye_or_at_least_by_their_lines(eye):
    colours = [look.rgb(colour) for colour in look.SERIES]
    near = [
        (i, j)
        for i, j in combinations(range(len(colours)), 2)
        if distance(colours[i], colours[j], eye) < 12
    ]
    assert len(near) <= 1
    assert len(set(look.DASHES)) == len(look.DASHES) == len(look.SERIES)


@pytest.mark.parametrize("theme", look.TOKENS)
def test_the_outline_is_seen_on_every_cell(theme):
    tokens = look.TOKENS[theme]
    ink, halo = look.rgb(tokens["ink"]), look.rgb(tokens["page"])
    for value in np.linspace(-1, 1, 41):
        cell = look.shade(value, 1, theme)
        assert max(look.contrast(ink, cell), look.contrast(halo, cell)) > 3
    assert look.contrast(ink, halo) > 12


@pytest.mark.parametrize("theme", look.TOKENS)
def test_digits_are_legible_on_every_cell(theme):
    for value in np.linspace(-1, 1, 201):
        cell = look.shade(value, 1, theme)
        assert look.contrast(look.rgb(look.ink(cell)), cell) > 4.5


@pytest.mark.parametrize("theme", look.TOKENS)
def test_words_are_legible(theme):
    tokens = look.TOKENS[theme]
    for name in ("ink", "muted", "bad"):
        for ground in ("page", "well"):
            assert look.contrast(look.rgb(tokens[name]), look.rgb(tokens[ground])) > 4.5, name


def test_the_scale_is_symmetric_and_zero_is_the_neutral_colour():
    assert look.shade(0, 5).tolist() == look.rgb(look.TOKENS["light"]["zero"]).tolist()
    assert look.shade(99, 0).tolist() == look.shade(0, 1).tolist()
    assert look.shade(7, 5).tolist() == look.shade(5, 5).tolist()


def test_there_is_one_table_of_colours():
    for theme, tokens in figures.TOKENS.items():
        for name, colour in tokens.items():
            assert look.TOKENS[theme][name] == colour
    assert look.TOKENS["light"]["pos"] in composing.compose("frame.js")
    for name in composing.STATIC.iterdir():
        text = name.read_text()
        for colour in ("#2171b5", "#e06d10", "33, 113, 181", "224, 109, 16", "#fafaf8"):
            assert colour not in text, (name, colour)


# ---- composing


def test_two_files_with_one_name_are_refused():
    with pytest.raises(ValueError, match=r"b\.js and a\.js both declare f"):
        composing.join({"a.js": "export function f() {}\n", "b.js": "const f = 1;\n"})


def test_imports_from_elsewhere_are_refused():
    with pytest.raises(ValueError, match="only files beside it"):
        composing.join({"a.js": 'import { x } from "https://elsewhere.example/x.js";\n'})


def test_local_imports_and_exports_go():
    joined = composing.join(
        {
            "a.js": "export const a = 1;\n",
            "b.js": 'import { a } from "./a.js";\nexport default a;\n',
        }
    )
    assert joined == "const a = 1;\nexport default a;\n"


def test_no_view_has_colours_of_its_own():
    """Views take colours from the table; inkOn alone knows black and white."""
    colour = re.compile(r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b|\brgba?\(\s*\d|\bhsla?\(")
    pages = ("page.css", "gallery.css")  # of the gallery, around the explorers
    for path in composing.STATIC.iterdir():
        if path.name not in pages:
            found = set(colour.findall(path.read_text("utf-8")))
            assert found <= {"#000000", "#ffffff"}, (path.name, found)


@pytest.mark.parametrize("name", explorers.__all__)
def test_what_a_notebook_is_sent_for_an_explorer_stays_small(name):
    e = getattr(explorers, name)()
    sent = len(e._esm.encode()) + len(e._css.encode())
    assert sent < (60_000 if name in ("receptive_field", "photo") else 40_000)
    assert len(e.to_svg()) < 60_000


def test_the_sentences_of_all_explorers_are_the_same_in_another_run():
    code = "from cnnlab import explorers as e\nfor n in e.__all__: print(getattr(e, n)())"
    environment = os.environ | {"PYTHONHASHSEED": "7"}
    again = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    bundles = [getattr(explorers, n)()._repr_mimebundle_()[0] for n in explorers.__all__]
    assert again.stdout.splitlines() == [data["text/plain"] for data in bundles]
    assert " at 0x" not in again.stdout


def test_a_packed_script_is_the_script():
    script = composing.compose("frame.js")
    data = re.search(r'atob\("([^"]+)"\)', composing.packed(script))[1]
    assert zlib.decompress(base64.b64decode(data)).decode() == script
