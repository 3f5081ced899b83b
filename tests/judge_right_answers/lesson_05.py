"""Right answers to lesson 05's exercises, each in several styles."""

import math

import numpy as np


def edges(n, count):
    return [(math.floor(i * n / count), math.ceil((i + 1) * n / count)) for i in range(count)]


# ---------------------------------------------------------------- spatial_pyramid_pool


def pyramid_by_loops(input, levels):
    batch, channels, height, width = input.shape
    out = np.zeros((batch, channels * sum(level * level for level in levels)))
    for n in range(batch):
        place = 0
        for level in levels:
            for c in range(channels):
                for i in range(level):
                    for j in range(level):
                        top, bottom = i * height // level, -(-(i + 1) * height // level)
                        left, right = j * width // level, -(-(j + 1) * width // level)
                        best = -math.inf
                        for y in range(top, bottom):
                            for x in range(left, right):
                                best = max(best, input[n, c, y, x])
                        out[n, place] = best
                        place += 1
    return out


def pyramid_by_slices(input, levels):
    parts = []
    for level in levels:
        pooled = np.empty((*input.shape[:2], level, level))
        for i, (top, bottom) in enumerate(edges(input.shape[2], level)):
            for j, (left, right) in enumerate(edges(input.shape[3], level)):
                pooled[:, :, i, j] = input[:, :, top:bottom, left:right].max(axis=(2, 3))
        parts.append(pooled.reshape(len(input), -1))
    return np.hstack(parts)


def pyramid_one_axis_after_the_other(x, levels):
    def along(maps, count, axis):
        n = maps.shape[axis]
        cut = [np.take(maps, range(*edge), axis).max(axis) for edge in edges(n, count)]
        return np.stack(cut, axis)

    maps = [along(along(x, level, 2), level, 3) for level in levels]
    return np.concatenate([m.reshape(x.shape[0], -1) for m in maps], axis=-1)


def pyramid_by_reduceat(input, levels):
    rows = []
    for level in levels:
        maps = input
        for axis in (2, 3):
            cuts = [side for edge in edges(maps.shape[axis], level) for side in edge]
            # reduceat takes pairs (start, stop): one cell more, so that stop may be the end.
            lowest = np.full_like(np.take(maps, [0], axis), -np.inf)
            longer = np.concatenate([maps, lowest], axis)
            maps = np.maximum.reduceat(longer, cuts, axis).swapaxes(0, axis)[::2].swapaxes(0, axis)
        rows.append(maps.reshape(len(input), -1))
    return np.concatenate(rows, axis=1)


def pyramid_with_torch(input, levels):
    import torch

    maps = torch.from_numpy(input)
    pooled = [torch.nn.functional.adaptive_max_pool2d(maps, level) for level in levels]
    return torch.cat([p.flatten(start_dim=1) for p in pooled], dim=1)


def pyramid_as_lists(input, levels):
    return [
        [
            float(picture[c, top:bottom, left:right].max())
            for level in levels
            for c in range(input.shape[1])
            for top, bottom in edges(input.shape[2], level)
            for left, right in edges(input.shape[3], level)
        ]
        for picture in input
    ]


def pyramid_in_float32(input, levels):
    return np.asfortranarray(pyramid_by_slices(input, levels).astype(np.float32))


# ---------------------------------------------------------------- roi_pool


def roi_by_loops(input, box, output_size):
    top, left, bottom, right = box
    oh, ow = (output_size, output_size) if isinstance(output_size, int) else output_size
    h, w = bottom - top, right - left
    out = np.full((input.shape[0], oh, ow), -np.inf)
    for c in range(input.shape[0]):
        for i in range(oh):
            for j in range(ow):
                for y in range(top + i * h // oh, top - (-(i + 1) * h // oh)):
                    for x in range(left + j * w // ow, left - (-(j + 1) * w // ow)):
                        out[c, i, j] = max(out[c, i, j], input[c, y, x])
    return out


def roi_by_slices(input, box, output_size):
    oh, ow = np.broadcast_to(output_size, 2)
    crop = input[:, box[0] : box[2], box[1] : box[3]]
    rows, columns = edges(crop.shape[1], oh), edges(crop.shape[2], ow)
    cells = [[crop[:, t:b, le:r].max((1, 2)) for le, r in columns] for t, b in rows]
    return np.array(cells).transpose(2, 0, 1)


def roi_by_masks(features, region, size):
    top, left, bottom, right = region
    down, across = size if isinstance(size, tuple | list) else (size, size)
    crop = features[:, top:bottom, left:right]

    def member(n, count):
        inside = np.zeros((count, n), bool)
        for i, (start, stop) in enumerate(edges(n, count)):
            inside[i, start:stop] = True
        return inside

    rows, columns = member(crop.shape[1], down), member(crop.shape[2], across)
    mask = rows[:, None, :, None] & columns[None, :, None, :]
    return np.where(mask, crop[:, None, None], -np.inf).max((-2, -1))


def roi_with_torch(input, box, output_size):
    import torch

    top, left, bottom, right = box
    crop = torch.tensor(input)[None, :, top:bottom, left:right]
    return torch.nn.AdaptiveMaxPool2d(output_size)(crop)[0].numpy()


def roi_as_lists(input, box, output_size):
    return roi_by_slices(input, box, output_size).tolist()


def roi_in_float32(input, box, output_size):
    return roi_by_masks(input, box, output_size).astype("float32")


RIGHT = {
    "spatial_pyramid_pool": {
        "loops": pyramid_by_loops,
        "slices": pyramid_by_slices,
        "one axis after the other": pyramid_one_axis_after_the_other,
        "reduceat": pyramid_by_reduceat,
        "torch": pyramid_with_torch,
        "lists": pyramid_as_lists,
        "float32": pyramid_in_float32,
    },
    "roi_pool": {
        "loops": roi_by_loops,
        "slices, not contiguous": roi_by_slices,
        "masks": roi_by_masks,
        "torch": roi_with_torch,
        "lists": roi_as_lists,
        "float32": roi_in_float32,
    },
}
