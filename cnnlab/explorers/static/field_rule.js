// The rules of a stack of windows in the browser: what hovering and a page without Python need.
// A layer is [kernel, stride, padding, dilation, name]; level 0 is the input.

// The gradient of one output at every level, all weights 1 / k; NaN where nothing leads.
export function fieldGradient(layers, cells, place) {
  const levels = [new Float64Array(cells.at(-1)).fill(NaN)];
  levels[0][place] = 1;
  for (let l = layers.length - 1; l >= 0; l--) {
    const [k, s, p, d] = layers[l], from = levels[0], to = new Float64Array(cells[l]).fill(NaN);
    from.forEach((g, i) => {
      if (Number.isNaN(g)) return;
      for (let t = 0; t < k; t++) {
        const at = i * s - p + t * d;
        if (at >= 0 && at < cells[l]) to[at] = (to[at] || 0) + g / k;
      }
    });
    levels.unshift(to);
  }
  return levels;
}

// Which outputs depend on an input cell.
export function fieldUses(layers, cells, cell) {
  let now = new Set([cell]);
  layers.forEach(([k, s, p, d], l) => {
    const next = new Set();
    for (const at of now)
      for (let t = 0; t < k; t++) {
        const i = (at + p - t * d) / s;
        if (Number.isInteger(i) && i >= 0 && i < cells[l + 1]) next.add(i);
      }
    now = next;
  });
  return [...now].sort((a, b) => a - b);
}
