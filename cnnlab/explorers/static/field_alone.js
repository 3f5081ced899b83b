// What Python answers to an edit of the layers, on a page without Python; a test holds them together.

import { fmt } from "./frame.js";

const MOST_CELLS = 600, MOST_LAYERS = 24, MOST_TAPS = 31;

// Behind a window the field has grown by the window's span times the jump so far; the jump comes last.
function fieldRows(layers) {
  let size = 1, jump = 1, over = 0;
  return layers.map(([k, s, p, d]) => {
    size += d * (k - 1) * jump;
    over += p * jump;
    jump *= s;
    return { size, jump, start: (size - 1) / 2 - over, padding: over };
  });
}

function fieldCells(layers, outputs) {
  let n = outputs;
  for (const [k, s, p, d] of layers.toReversed()) n = Math.max(1, (n - 1) * s + d * (k - 1) + 1 - 2 * p);
  const cells = [n];
  for (const [k, s, p, d] of layers) cells.push(Math.floor((cells.at(-1) + 2 * p - d * (k - 1) - 1) / s) + 1);
  return cells;
}


function lastRule(layers, rows) {
  const [k, s, , d] = layers.at(-1), before = rows.at(-2) ?? { size: 1, jump: 1 }, last = rows.at(-1);
  return `field = ${before.size} + ${d}·(${k} − 1)·${before.jump} = ${last.size}; jump = ${before.jump}·${s} = ${last.jump}; ` +
    `start = (${last.size} − 1)/2 − ${last.padding} = ${fmt(last.start)}`;
}

function torchNetwork(layers) {
  const texts = layers.map(([k, s, p, d, name]) => {
    const pool = name === "pool" && d === 1 && 2 * p <= k;
    const options = [["stride", s, pool ? k : 1], ["padding", p, 0], ["dilation", d, 1]];
    const more = options.filter(([, value, plain]) => value !== plain).map(([n, value]) => `, ${n}=${value}`).join("");
    return pool ? `nn.AvgPool2d(${k}${more})` : `nn.Conv2d(1, 1, ${k}${more}, bias=False)`;
  });
  return `nn.Sequential(${texts.join(", ")})`;
}

// `again`: the layers were edited before, and another knob was turned now.
export function alone(drawing, { layers }, again) {
  if (!layers || (again && drawing.settings.preset !== "yours")) return null;
  const names = ["kernel_size", "stride", "padding", "dilation"];
  for (const [i, layer] of layers.entries()) for (const [n, name] of names.entries()) {
    const least = n === 2 ? 0 : 1;
    if (!(layer[n] >= least)) return { refused: `layers[${i}] ${name} must be at least ${least}; got layers[${i}] ${name}=${layer[n]}` };
    if (layer[n] > MOST_TAPS) return { refused: `layers[${i}] ${name} must be at most ${MOST_TAPS}; got ${layer[n]}` };
  }
  if (layers.length < 1 || layers.length > MOST_LAYERS) return { refused: `layers must hold 1 to ${MOST_LAYERS} windows; got ${layers.length}` };
  const { outputs } = drawing.settings, cells = fieldCells(layers, outputs), rows = fieldRows(layers);
  if (cells[0] > MOST_CELLS) return { refused: `outputs=${outputs} needs ${cells[0]} input cells with these layers; at most ${MOST_CELLS}` };
  const settings = { ...drawing.settings, preset: "yours" };
  return { ...drawing, layers, cells, rows, settings, count: cells.at(-1), formula: [lastRule(layers, rows)], notes: [], torch: torchNetwork(layers) };
}
