// Explorer 12: the slices of a volume in a row, the slices of the output below; between them the
// kernel and three views, sections through the middle of the window: front, from above, side.

import { explore } from "./core.js";
import { editKernel } from "./edit_kernel.js";
import { ring, svgPen } from "./frame.js";
import { gather, paintPanel } from "./gather.js";
import { gradients, panelOf, readCells, usesOf } from "./record.js";

const HEAD = 38, SPACE = 10, EDGE = 8, BESIDE = 26, LARGE3 = 30; // pixels
const SMALL = { "text-anchor": "start" };

const by = (ctx, role) => ctx.scene.panels.filter((p) => p.role === role);
const drawnW = (p) => (p.w - 1) * p.spread[1] + 1, drawnH = (p) => (p.h - 1) * p.spread[0] + 1;

// One cell size for the strips, the kernel and the views.
function cellSize(ctx, height) {
  const [inputs, kernels, outputs] = ["input", "kernel", "output"].map((role) => by(ctx, role));
  const room = ctx.width - 2 * EDGE, { w, h } = inputs[0];
  const strip = (panels) => (room - (panels.length - 1) * SPACE) / (panels.length * panels[0].w);
  const cells = kernels.length * drawnW(kernels[0]) + 2 * w + inputs.length;
  const between = (room - kernels.length * SPACE - 3 * BESIDE) / cells;
  const middle = Math.max(h, inputs.length, drawnH(kernels[0]));
  const tall = (height - 3 * HEAD - 6) / (h + outputs[0].h + middle);
  const c = Math.min(ctx.root.classList.contains("cl-full") ? 2 * LARGE3 : LARGE3, strip(inputs), strip(outputs), between, tall);
  return { c: c > 5 ? Math.floor(c) : c, inputs, kernels, outputs, middle, h };
}

function layout3(ctx) {
  const l = cellSize(ctx, ctx.height), { c, inputs, kernels, outputs } = l;
  const strip = (panels, y, wide) => panels.reduce((x, p) => {
    Object.assign(p, { x, y });
    return x + wide(p) * c + SPACE;
  }, EDGE);
  l.top = HEAD + l.h * c + HEAD;
  strip(inputs, HEAD, (p) => p.w);
  strip(outputs, l.top + l.middle * c + HEAD, (p) => p.w);
  l.views = Math.max(strip(kernels, l.top, drawnW) - SPACE + BESIDE, ctx.width > 600 ? 132 : 0);
  ctx.scene.c = c;
  return l;
}

// Slices, rows and columns of the selected output's window.
function windowOf(ctx) {
  const p = panelOf(ctx.scene, "output", ctx.place), k = ctx.place - p.first;
  const block = ctx.drawing.blocks.find((b) => b.output === p.number);
  return [block.inputs, block.rows[Math.floor(k / p.w)], block.cols[k % p.w]];
}

const middleOf = (list) => list[Math.floor(list.length / 2)];
const frame3 = (x, y, c, cols, rows) => ring(x + cols[0] * c, y + rows[0] * c, (cols.at(-1) - cols[0] + 1) * c, (rows.at(-1) - rows[0] + 1) * c);

function views(ctx, l) {
  const pen = svgPen(), { c, inputs, top } = l, [slices, rows, cols] = windowOf(ctx), rings = [];
  const [d, r, q] = [slices, rows, cols].map(middleOf), limit = Math.max(...inputs.map((p) => p.limit));
  let x = l.views;
  const view = (name, w, h, cell, across, down) => {
    const at = Array.from({ length: w * h }, (_, k) => cell(Math.floor(k / w), k % w));
    const values = at.map(([p, k]) => p.values[k]), outside = at.map(([p, k]) => p.source[k] < 0);
    const panel = { role: "zoom", x, y: top, c, w, h, width: w, height: h, real: w * h, spread: [1, 1], edge: [0, 0], values, outside };
    pen.text(x, top - 10, name, 12, ctx.tokens.muted, SMALL);
    paintPanel(ctx, pen, panel, { values: (k) => values[k], limit });
    rings.push(frame3(x, top, c, across, down));
    x += w * c + BESIDE;
  };
  const { w, h } = inputs[0], depth = inputs.length;
  view("front", w, h, (i, j) => [inputs[d], i * w + j], cols, rows);
  view("from above", w, depth, (s, j) => [inputs[s], r * w + j], cols, slices);
  view("side", depth, h, (i, s) => [inputs[s], i * w + q], slices, rows);
  return pen.parts.join("") + rings.join("");
}

const conv3dView = {
  ...gather,
  wantsCanvas: () => false,
  height(ctx) {
    // From the width and the first picture alone, so that turning a knob moves nothing on the page.
    ctx.firstScene ??= ctx.scene;
    const { c, h, middle, outputs } = cellSize({ ...ctx, scene: ctx.firstScene }, Infinity);
    return Math.ceil(3 * HEAD + 6 + (h + middle + outputs[0].h) * c);
  },
  paint(ctx, pen) {
    const l = layout3(ctx), { scene, tokens } = ctx, read = readCells(scene), slopes = ctx.gradient ? gradients(scene) : null;
    const limits = new Map(["input", "kernel", "output"].map((role) => [role, Math.max(...by(ctx, role).map((p) => p.limit))]));
    const steep = slopes && Math.max(...[...slopes.values()].flatMap((s) => [...s]).map(Math.abs), 0);
    const heading = (x, y, text) => pen.text(x, y, text, 14, tokens.ink, { ...SMALL, "font-weight": 600 });
    const [before, after] = ctx.drawing.sizes, [output] = l.outputs, [kernel] = l.kernels;
    heading(EDGE, 10, slopes ? `gradient ${before}` : `input ${before}, slice by slice`);
    heading(EDGE, l.top - HEAD + 12, `kernel ${l.kernels.length}×${kernel.h}×${kernel.w}`);
    if (l.views >= 132) heading(l.views, l.top - HEAD + 12, "three views of the window");
    heading(EDGE, output.y - HEAD + 12, ctx.veil ? "output ?" : `output ${after}, slice by slice`);
    for (const p of scene.panels) {
      if (p.role === "output" && ctx.veil === "shape") continue;
      const slope = slopes?.get(p), values = slope ? (k) => (p.source[k] < 0 ? NaN : slope[p.source[k]]) : (k) => p.values[k];
      const name = p.title === "padding" ? (p.w * l.c < 50 ? "" : "padding") : p.title.split(" ")[1];
      pen.text(p.x, p.y - 9, name, 12, tokens.muted, SMALL);
      paintPanel(ctx, pen, p, { values, limit: slope ? steep : limits.get(p.role), unread: read.get(p) });
    }
  },
  mark(ctx) {
    if (ctx.veil === "shape") return "";
    const l = layout3(ctx), hit = ctx.pin ?? (ctx.hover?.role === "input" ? ctx.hover : null), under = views(ctx, l);
    const here = (role, index, more) => {
      const p = panelOf(ctx.scene, role, index), k = index - p.first;
      return ring(p.x + (k % p.w) * l.c, p.y + Math.floor(k / p.w) * l.c, l.c, l.c, more);
    };
    if (hit) return under + [...usesOf(ctx.scene, hit.index).keys()].map((o) => here("output", o, "cl-thin")).join("") + here("input", hit.index);
    const [slices, rows, cols] = windowOf(ctx);
    return under + slices.map((s) => frame3(l.inputs[s].x, l.inputs[s].y, l.c, cols, rows)).join("") + here("output", ctx.place);
  },
  press(ctx, hit, event) {
    if (hit?.role !== "kernel" || ctx.drawing.quiz) return false;
    event.preventDefault();
    editKernel(ctx, hit.index);
    return true;
  },
  enter(ctx) {
    if (!ctx.drawing.quiz) editKernel(ctx, 0);
  },
  move(ctx, key) {
    const p = panelOf(ctx.scene, "output", ctx.place), k = ctx.place - p.first, strip = by(ctx, "output"), n = strip.indexOf(p);
    const row = Math.floor(k / p.w) * p.w;
    if (key === "ArrowRight" && k % p.w === p.w - 1 && strip[n + 1]) return strip[n + 1].first + row;
    if (key === "ArrowLeft" && k % p.w === 0 && n) return strip[n - 1].first + row + p.w - 1;
    return gather.move(ctx, key);
  },
  say: (ctx) => gather.say(ctx).replace("output ", `output slice ${by(ctx, "output").indexOf(panelOf(ctx.scene, "output", ctx.place))} `),
};

export default explore(conv3dView);
