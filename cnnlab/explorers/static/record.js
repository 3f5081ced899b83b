// The gather record in the browser: what Python sent, unpacked, and what follows from it.
// An output cell depends on cell[ptr[o]] to cell[ptr[o + 1] - 1], each with its weight.

const minusInfinity = (v) => (v === null ? -Infinity : v);

export function floats(values) {
  if (Array.isArray(values)) return Float64Array.from(values, minusInfinity);
  const bytes = values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength);
  return new Float64Array(bytes);
}

export function unpackRecord(drawing) {
  const counts = { input: 0, kernel: 0, output: 0, target: 0 };
  const panels = drawing.panels.map((p, number) => {
    const real = floats(p.values), fill = minusInfinity(p.fill);
    const rows = p.rows ?? [...Array(p.height).keys()], cols = p.cols ?? [...Array(p.width).keys()];
    const source = Int32Array.from({ length: rows.length * cols.length });
    const values = new Float64Array(source.length);
    let limit = 0;
    rows.forEach((r, i) => cols.forEach((c, j) => {
      const k = i * cols.length + j;
      source[k] = r < 0 || c < 0 ? -1 : r * p.width + c;
      values[k] = source[k] < 0 ? fill : real[source[k]];
      if (Number.isFinite(values[k])) limit = Math.max(limit, Math.abs(values[k]));
    }));
    const first = counts[p.role];
    counts[p.role] += values.length;
    return { ...p, number, axes: drawing.axes, h: rows.length, w: cols.length, real: p.height * p.width, source, values, limit, first };
  });
  const scene = { panels, counts, join: drawing.join, drawing };
  return Object.assign(scene, expand(drawing.blocks, panels));
}

function expand(blocks, panels) {
  const weights = panels.filter((p) => p.role === "kernel");
  const kernel = Float64Array.from(weights.flatMap((p) => [...p.values]));
  const ptr = [0], cell = [], tap = [], weight = [];
  for (const b of blocks) {
    const divisor = b.divisor && floats(b.divisor);
    b.rows.forEach((rows, i) => b.cols.forEach((cols, j) => {
      b.inputs.forEach((number, m) => {
        const input = panels[number], start = b.kernels.length ? panels[b.kernels[m]].first : -1;
        rows.forEach((r, a) => cols.forEach((c, k) => {
          cell.push(input.first + r * input.w + c);
          tap.push(start < 0 ? -1 : start + a * cols.length + k);
          weight.push(start < 0 ? (divisor ? 1 / divisor[i * b.cols.length + j] : 1) : kernel[tap.at(-1)]);
        }));
      });
      ptr.push(cell.length);
    }));
  }
  return { ptr, cell, tap, weight, kernel };
}

export const panelOf = (scene, role, index) =>
  scene.panels.find((p) => p.role === role && index >= p.first && index < p.first + p.values.length);

export function valueOf(scene, role, index) {
  const p = panelOf(scene, role, index);
  return p.values[index - p.first];
}

// The drawn input cells that show the same real cell: itself and its copies in the padding.
export function sameCell(scene, index) {
  const p = panelOf(scene, "input", index), real = p.source[index - p.first];
  if (real < 0) return [index];
  const found = [];
  p.source.forEach((s, k) => { if (s === real) found.push(p.first + k); });
  return found;
}

export function winner(scene, place) {
  let best = scene.ptr[place];
  for (let k = best + 1; k < scene.ptr[place + 1]; k++)
    if (valueOf(scene, "input", scene.cell[k]) > valueOf(scene, "input", scene.cell[best])) best = k;
  return best;
}

// The value of an output cell: sum, mean or maximum over the table, as the record says.
export function joined(scene, place) {
  if (scene.join === "max") return valueOf(scene, "input", scene.cell[winner(scene, place)]);
  const { number } = panelOf(scene, "output", place);
  let total = scene.drawing.blocks.find((b) => b.output === number).bias;
  for (let k = scene.ptr[place]; k < scene.ptr[place + 1]; k++) total += valueOf(scene, "input", scene.cell[k]) * scene.weight[k];
  return total;
}

// Which outputs use an input cell, with the weight that reaches each: a column of the table.
export function usesOf(scene, index) {
  const same = new Set(sameCell(scene, index)), uses = new Map();
  for (let o = 0; o + 1 < scene.ptr.length; o++)
    for (let k = scene.ptr[o]; k < scene.ptr[o + 1]; k++)
      if (same.has(scene.cell[k]) && (scene.join !== "max" || winner(scene, o) === k))
        uses.set(o, (uses.get(o) ?? 0) + scene.weight[k]);
  return uses;
}

// The gradient of the sum of all outputs at each real cell of each input panel.
export function gradients(scene) {
  const total = new Float64Array(scene.counts.input);
  for (let o = 0; o + 1 < scene.ptr.length; o++) {
    if (scene.join === "max") total[scene.cell[winner(scene, o)]] += 1;
    else for (let k = scene.ptr[o]; k < scene.ptr[o + 1]; k++) total[scene.cell[k]] += scene.weight[k];
  }
  return new Map(scene.panels.filter((p) => p.role === "input").map((p) => {
    const real = new Float64Array(p.real);
    p.source.forEach((s, k) => { if (s >= 0) real[s] += total[p.first + k]; });
    return [p, real];
  }));
}

export function readCells(scene) {
  const read = new Set(scene.cell), found = new Map();
  for (const p of scene.panels.filter((q) => q.role === "input")) {
    const real = new Uint8Array(p.real);
    p.source.forEach((s, k) => { if (s >= 0 && read.has(p.first + k)) real[s] = 1; });
    found.set(p, real);
  }
  return found;
}
