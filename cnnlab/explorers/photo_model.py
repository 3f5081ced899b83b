"""Explorer 10: a kernel over a whole photo, its signs in colour, with a magnifier."""

from __future__ import annotations

from html import escape

import numpy as np

from cnnlab import arguments, convolution, sliding

from . import kernels, look
from .controls import Knob, choice, slider
from .explorer import Explorer
from .panels import Told
from .photo_parts import coloured, packed, photo, png_address, rounded, unpacked, written
from .pictures import finite
from .seeing import inside
from .sizes import formulas, plural, size, tensor, torch_call, verb
from .still import FONT

YOURS = "yours"


class Places(Told):
    """A picture whose places are the cells of an output over the same photo."""

    def nearest(self, old: Told, place: int) -> int:
        """Return the output cell over the same part of the photo."""
        row, col = divmod(place, old.extra["places"][1])
        part = old.extra["step"] / self.extra["step"]
        (rows, cols) = self.extra["places"]
        return min(int(row * part), rows - 1) * cols + min(int(col * part), cols - 1)


class Photo(Explorer):
    """The picture of `cnnlab.conv2d` on a photo; `cnnlab.explore.photo` makes it."""

    kind, heading = "photo", "A kernel over a photo"
    scripts = ("photo.js",)
    page_scripts = ("photo_alone.js",)
    controls = (
        choice("kernel", "kernel", (*kernels.NAMES, YOURS), "l"),
        slider("kernel_size", "kernel size", 1, 7, "k"),
        slider("stride", "stride", 1, 4, "s"),
        slider("dilation", "dilation", 1, 4, "d"),
    )

    data = ("_photo", "_own")

    kernel = Knob("Sobel x")
    kernel_size = Knob(3)
    stride = Knob(1)
    dilation = Knob(1)

    def __init__(self, image=None, weight=None, **settings):
        self._photo, self._sent = photo(image), None
        self._own = kernels.sized_kernel("Sobel x", 3)
        if weight is not None:
            self._own = _square(weight)
            settings = {"kernel": YOURS, "kernel_size": len(self._own), **settings}
        super().__init__(**settings)
        self.place = int(np.abs(self.output).argmax())

    def gather(self) -> Told:
        """Return the kernel and the sizes; the page reckons the output itself, by the same rule."""
        weight = self._kernel()
        stride = arguments.integer("stride", self.stride, minimum=1)
        dilation = arguments.integer("dilation", self.dilation, minimum=1)
        self._refuse_large(weight)
        sizes, k, d = self._photo.shape, weight.shape, (dilation, dilation)
        s, pads = (stride, stride), [(0, 0), (0, 0)]
        places = sliding.output_sizes(sizes, k, s, pads, d)
        count = places[0] * places[1]
        options = {"stride": stride, "dilation": dilation}
        macs = f"{weight.size} × {count:,} = {plural(weight.size * count, 'multiply-add')}."
        serve = verb(weight.size, "serves", "serve")
        return Places(
            formula=formulas(sizes, k, s, pads, d),
            torch=torch_call("conv2d", ("input", "weight"), options, {"stride": 1, "dilation": 1}),
            notes=(f"{plural(weight.size, 'weight')} {serve} {plural(count, 'place')}: {macs}",),
            sentence=f"Photo explorer: input {'x'.join(map(str, sizes))}, {self.kernel} "
            f"{'x'.join(map(str, k))}, stride {stride}, dilation {dilation} "
            f"-> output {'x'.join(map(str, places))}",
            count=count,
            extra={
                "weight": weight.tolist(),
                "places": list(places),
                "step": stride,
                "gap": dilation,
            },
        )

    @property
    def input(self) -> np.ndarray:
        """The photo, (H, W) in grey, rounded to float32; a copy. Assign another."""
        return self._shown["_photo"].copy()

    @input.setter
    def input(self, image) -> None:
        self._photo = photo(image)
        self._changed()

    def _show(self) -> None:
        """Send the picture, and the photo if it is another."""
        if not self._quiet and self._sent is not self._shown["_photo"]:
            self._sent = self._shown["_photo"]
            self.about = {**self.about, "photo": packed(self._sent)}
        super()._show()

    @property
    def weight(self) -> np.ndarray:
        """The kernel that is shown, a copy. Assign another, or change cells in the page."""
        return np.array(self._record.extra["weight"])

    @weight.setter
    def weight(self, weight) -> None:
        self._own = _square(weight)
        self.apply({"kernel": YOURS, "kernel_size": len(self._own)})

    def _kernel(self) -> np.ndarray:
        """Return the kernel at the size that the knobs stand at."""
        n = arguments.integer("kernel_size", self.kernel_size, minimum=1)
        name = arguments.choice("kernel", self.kernel, (*kernels.NAMES, YOURS))
        return kernels.resized(self._own, n) if name == YOURS else kernels.sized_kernel(name, n)

    def edited(self, tap=None, value=0.0, photo=None, **_) -> None:
        """Take a kernel cell, or a photo that was opened in the page and given to Python."""
        if photo is not None:
            self.input = unpacked(**photo)
        elif tap is not None and 0 <= tap < self.weight.size:
            weight = self.weight
            weight.flat[tap] = value
            self.weight = weight

    def _refuse_large(self, weight) -> None:
        """Refuse sums that no float holds; the page adds up in the same floats."""
        if not np.isfinite(np.abs(weight).sum() * max(1.0, np.abs(self._photo).max())):
            raise ValueError(
                "weight must hold smaller numbers: with this image the sums are not finite"
            )

    @property
    def output(self) -> np.ndarray:
        """What `cnnlab.conv2d` makes of the photo, without padding."""
        weight = np.array(self._record.extra["weight"])[np.newaxis, np.newaxis]
        rest = {"stride": self._record.extra["step"], "dilation": self._record.extra["gap"]}
        return convolution.conv2d(self.input[np.newaxis], weight, **rest)[0]

    @property
    def parameters(self) -> int:
        """How many numbers this layer learns: the kernel's cells and a bias."""
        return len(self._record.extra["weight"]) ** 2 + 1

    @property
    def macs(self) -> int:
        """How many multiply-adds the whole output takes."""
        return len(self._record.extra["weight"]) ** 2 * self._record.count

    @property
    def cursor(self) -> tuple[int, int]:
        """Row and column of the selected output cell."""
        return divmod(self.place, self._record.extra["places"][1])

    @cursor.setter
    def cursor(self, where: tuple[int, int]) -> None:
        cols = self._record.extra["places"][1]
        row, col = inside(where, self._record.extra["places"])
        self.place = row * cols + col

    def window(self) -> np.ndarray:
        """Return the values under the kernel of the selected output cell."""
        k, s, d = (len(self._record.extra["weight"]), *map(self._record.extra.get, ("step", "gap")))
        row, col = (i * s for i in self.cursor)
        reach = d * (k - 1) + 1
        return self.input[row : row + reach : d, col : col + reach : d]

    def terms(self) -> list[dict]:
        """Return each term of the selected output cell: value, weight and product."""
        weight = np.array(self._record.extra["weight"])
        pairs = zip(self.window().ravel(), weight.ravel(), strict=True)
        return [{"value": float(v), "weight": float(w), "product": float(v * w)} for v, w in pairs]

    def torch_code(self) -> str:
        """Return a program for torch that computes the same output, the photo in it."""
        weight = np.array(self._record.extra["weight"])[np.newaxis, np.newaxis]
        lines = [*written(self.input), tensor("weight", weight), f"output = {self._record.torch}"]
        return "\n".join(["import torch", "import torch.nn.functional as F", *lines, ""])

    def to_svg(self, theme: str = "light") -> str:
        """Return photo and output side by side, for where no JavaScript runs."""
        tokens, x, parts = look.TOKENS[theme], 10, []
        for name, values in (("input", self.input), ("output", self.output)):
            high, wide = values.shape
            step = max(1, round(max(high, wide) / 100))  # small, since notebooks' files hold it
            parts.append(
                f'<text x="{x}" y="20" font-size="13" font-weight="600" fill="{tokens["ink"]}">'
                f"{name} {size(values.shape)}</text>"
                f'<image x="{x}" y="30" width="{wide}" height="{high}" '
                f'href="{png_address(coloured(rounded(values[::step, ::step]), theme))}"/>'
            )
            x += max(wide, 110) + 20
        words = escape(self._record.sentence + (f" ({self._error})" if self._error else ""))
        tall = self.input.shape[0] + 40
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{x}" height="{tall}" role="img" '
            f'viewBox="0 0 {x} {tall}" font-family="{FONT}"><title>{words}</title>'
            f'<rect width="100%" height="100%" fill="{tokens["page"]}"/>{"".join(parts)}</svg>'
        )


def _square(weight) -> np.ndarray:
    values = finite("weight", weight)
    if values.ndim != 2 or values.shape[0] != values.shape[1] or not 1 <= len(values) <= 7:
        raise ValueError(
            f"weight must be square, (k, k) with k from 1 to 7; got shape {values.shape}"
        )
    return values
