// Explorer 5: a signal as bars that can be dragged; the kernel lies under it, its products below.

import { explore } from "./core.js";
import { fmt, ring, svgPen } from "./frame.js";
import { editKernel } from "./edit_kernel.js";
import { gather, paintPanel } from "./gather.js";
import { joined } from "./record.js";

const LEFT = 38, HEAD = 20, GAPS = 46, BARS = 112, LARGE = 44; // pixels
const BOLD = { "font-weight": 600, "text-anchor": "start" };

const panel = (ctx, role) => ctx.scene.panels.find((p) => p.role === role);
const spanOf = (p) => (p.w - 1) * p.spread[1] + 1;

// Where everything stands: bars and cells of the input, kernel, products, bars and cells of the output.
function layout(ctx) {
  const { scene } = ctx, [input, kernel, output] = ["input", "kernel", "output"].map((role) => panel(ctx, role));
  const full = ctx.root.classList.contains("cl-full"), room = ctx.width - LEFT - 12;
  const columns = Math.max(input.w, spanOf(kernel));
  const most = full ? Math.min(2 * LARGE, (ctx.height - 2 * HEAD - GAPS - 2 * BARS) / 4) : LARGE;
  const c = Math.min(most, room / columns), cell = c > 4 ? Math.floor(c) : c;
  const bars = Math.max(50, (ctx.height - 2 * HEAD - GAPS - 4 * cell) / 2);
  const x = LEFT + Math.max(0, Math.floor((room - columns * cell) / 2));
  const y = { bars: HEAD, cells: HEAD + bars, kernel: HEAD + bars + cell + 10 };
  Object.assign(y, { products: y.kernel + cell + 8, outBars: y.kernel + 2 * cell + HEAD + 24 });
  Object.assign(input, { x, y: y.cells });
  // An output stands under the middle of its window, so that the stride is seen as gaps.
  const step = output.w > 1 ? scene.stride : 1;
  Object.assign(output, { x: x + ((spanOf(kernel) - 1) / 2) * cell, y: y.outBars + bars, spread: [1, step] });
  Object.assign(kernel, { x: x + ctx.place * scene.stride * cell, y: y.kernel });
  scene.c = cell;
  return { c: cell, bars, y, input, kernel, output, left: x, wide: columns * cell };
}

// The scale of one row of bars; the input's comes from Python, with room to drag.
function scale(ctx, p, top, bars) {
  const [low, high] = p.role === "input" ? ctx.drawing.axis : [Math.min(0, ...p.values), Math.max(0, ...p.values)];
  const span = high - low || 1, inner = bars - 10;
  return { low, high, at: (v) => top + 4 + ((high - v) / span) * inner, value: (y) => high - ((y - top - 4) / inner) * span };
}

const column = (ctx, p, k) => p.x + k * p.spread[1] * ctx.scene.c;
const real = (p, k) => k >= p.edge[1] && k < p.edge[1] + p.width;

function paintBars(ctx, pen, l, p, top) {
  const { tokens } = ctx, { c } = l, s = scale(ctx, p, top, l.bars), w = Math.max(1, c - Math.min(8, c / 4));
  const veiled = p.role === "output" && ctx.veil;
  pen.path(`M${l.left} ${s.at(0)}h${l.wide}`, { stroke: tokens.muted });
  for (const v of new Set([s.low, 0, s.high])) if (!veiled) pen.text(l.left - 6, s.at(v), fmt(v), 11, tokens.muted, { "text-anchor": "end" });
  if (veiled) return;
  let hatch = "", grip = "";
  p.values.forEach((v, k) => {
    const x = column(ctx, p, k) + (c - w) / 2, y = s.at(Math.max(v, 0)), h = Math.abs(s.at(v) - s.at(0));
    pen.rect(x, y, w, h, tokens[v < 0 ? "neg" : "pos"]);
    if (p.role !== "input") return;
    if (!real(p, k)) for (let d = 6; d < h + w; d += 6) hatch += `M${x + Math.max(0, d - h)} ${y + Math.min(d, h)}L${x + Math.min(d, w)} ${y + Math.max(0, d - w)}`;
    else if (c >= 8) grip += `M${x} ${s.at(v)}h${w}`;
  });
  pen.path(hatch, { stroke: tokens.page, "stroke-width": 1.5 });
  pen.path(grip, { stroke: tokens.ink, "stroke-width": 4, "stroke-linecap": "round" });
}

// The kernel under its window, and below it what each tap makes: they move, so they belong to the marks.
function sliding(ctx, l) {
  const pen = svgPen(), { scene } = ctx, { kernel } = l, start = scene.ptr[ctx.place];
  kernel.x = l.input.x + ctx.place * scene.stride * l.c;
  paintPanel(ctx, pen, kernel, { values: (k) => kernel.values[k], limit: kernel.limit });
  const products = kernel.values.map((w, k) => w * l.input.values[scene.cell[start + k] - l.input.first]);
  const shown = { ...kernel, role: "product", values: products, y: l.y.products };
  const limit = Math.max(...scene.products);
  if (!ctx.veil) paintPanel(ctx, pen, shown, { values: (k) => products[k], limit });
  const [end, wide] = [kernel.x + spanOf(kernel) * l.c, spanOf(kernel) * l.c];
  const label = (text, y) => {
    const before = kernel.x - 8 > 62, x = before ? kernel.x - 8 : end + 8;
    if (before || end + 70 < ctx.width) pen.text(x, y, text, 13, ctx.tokens.muted, { "text-anchor": before ? "end" : "start" });
  };
  label("× kernel", l.y.kernel + l.c / 2);
  if (!ctx.veil) label("products", l.y.products + l.c / 2);
  const ox = column(ctx, l.output, ctx.place) + l.c / 2, oy = l.output.y, y = l.y.products + l.c;
  const over = { ...BOLD, stroke: ctx.tokens.page, "stroke-width": 6, "paint-order": "stroke" }; // the funnel may pass here
  pen.text(l.left, l.y.outBars - HEAD / 2, l.output.title, 14, ctx.tokens.ink, over);
  const funnel = ctx.veil ? "" : `<path class="cl-arc" d="M${kernel.x} ${y}L${ox} ${l.y.outBars - 4}L${kernel.x + wide} ${y}M${ox} ${l.y.outBars - 4}V${oy}"/>`;
  return funnel + pen.parts.join("");
}

const drawnAt = (p, cell) => p.first + p.edge[1] + cell;
const chosen = (ctx) => ctx.pin ?? (ctx.hover?.role === "input" ? ctx.hover : null);

// The learner's hand on a bar: drawn at once by the record's own rule, and told to Python.
function setBar(ctx, cell, value) {
  const { scene } = ctx, p = panel(ctx, "input"), [low, high, step] = ctx.drawing.axis;
  const kept = Number((Math.round(Math.max(low, Math.min(high, value)) / step) * step).toFixed(9));
  if (kept === p.values[drawnAt(p, cell)]) return;
  ctx.mine = { cell, value: kept };
  lay(ctx, scene);
  ctx.redraw();
  if (ctx.telling) return;
  ctx.telling = true;
  ctx.later("tell", 40, () => {
    ctx.telling = false;
    ctx.tell({ do: "edit", ...ctx.mine });
  });
}

function lay(ctx, scene) {
  const [p, output] = ["input", "output"].map((role) => scene.panels.find((q) => q.role === role));
  p.source.forEach((s, k) => { if (s === ctx.mine.cell) p.values[k] = ctx.mine.value; });
  output.values.forEach((_, o) => { output.values[o] = joined(scene, o); });
  measure(scene);
}

function measure(scene) {
  for (const p of scene.panels) p.limit = Math.max(...p.values.map(Math.abs));
  scene.products = [0, ...scene.cell.map((i, k) => Math.abs(scene.panels[0].values[i] * scene.weight[k]))];
}

function choose(ctx, cell) {
  const p = panel(ctx, "input");
  ctx.bar = Math.max(0, Math.min(p.width - 1, cell));
  ctx.pin = { role: "input", index: drawnAt(p, ctx.bar) };
  ctx.remark();
}

function leaveBars(ctx) {
  ctx.bar = ctx.pin = null;
  ctx.remark();
}

const conv1d = {
  ...gather,
  bare: true,
  unpack(drawing, ctx) {
    const scene = gather.unpack(drawing), { cols } = drawing.blocks[0];
    scene.stride = cols.length > 1 ? cols[1][0] - cols[0][0] : 1;
    measure(scene);
    if (ctx.telling) lay(ctx, scene); // the hand has gone on since
    return scene;
  },
  keep: (ctx) => (Number.isInteger(ctx.bar) ? { role: "input", index: drawnAt(panel(ctx, "input"), ctx.bar) } : null),
  wantsCanvas: () => false,
  height(ctx) {
    ctx.columns ??= panel(ctx, "input").w;
    return Math.ceil(2 * HEAD + GAPS + 2 * BARS + 4 * Math.min(LARGE, (ctx.width - LEFT - 12) / ctx.columns));
  },
  paint(ctx, pen) {
    const l = layout(ctx), { scene } = ctx, { input, output, kernel } = l;
    ctx.part("stage").style.touchAction = "pan-x";
    pen.text(l.left, HEAD / 2, input.title, 14, ctx.tokens.ink, BOLD);
    pen.text(l.left + 9 * input.title.length, HEAD / 2, input.note, 12.5, ctx.tokens.muted, { "text-anchor": "start" });
    const read = new Set(scene.cell), unread = new Uint8Array(input.real);
    input.source.forEach((s, k) => { if (s >= 0 && read.has(k)) unread[s] = 1; });
    const slopes = ctx.gradient ? new Float64Array(input.real) : null;
    if (slopes) scene.cell.forEach((i, k) => { if (input.source[i] >= 0) slopes[input.source[i]] += scene.weight[k]; });
    const values = (k) => (slopes ? (real(input, k) ? slopes[input.source[k]] : NaN) : input.values[k]);
    paintBars(ctx, pen, l, input, l.y.bars);
    paintPanel(ctx, pen, input, { values, limit: slopes ? Math.max(...slopes.map(Math.abs)) : input.limit, unread });
    if (slopes) pen.text(l.left + l.wide, HEAD / 2, "cells: gradient of the sum of outputs", 12.5, ctx.tokens.ink, { "text-anchor": "end" });
    if (ctx.veil === "shape") return;
    paintBars(ctx, pen, l, output, l.y.outBars);
    paintPanel(ctx, pen, output, { values: (k) => output.values[k], limit: output.limit });
  },
  mark(ctx) {
    if (ctx.veil === "shape") return "";
    const l = layout(ctx), hit = chosen(ctx), under = sliding(ctx, l);
    if (!hit) {
      const { kernel } = l;
      return under + gather.mark(ctx) + ring(kernel.x, kernel.y, spanOf(kernel) * l.c, l.c);
    }
    const s = scale(ctx, l.input, l.y.bars, l.bars), k = hit.index - l.input.first, x = column(ctx, l.input, k);
    return under + gather.mark(ctx) + ring(x, l.y.bars + 2, l.c, l.bars - 2, "cl-thin") + `<circle class="cl-dot" cx="${x + l.c / 2}" cy="${s.at(l.input.values[k])}" r="5"/>`;
  },
  at(ctx, x, y) {
    const l = layout(ctx), s = scale(ctx, l.input, l.y.bars, l.bars);
    ctx.aim = s.value(y);
    const near = (p) => Math.round((x - p.x - l.c / 2) / (p.spread[1] * l.c));
    if (y >= l.y.outBars) {
      const o = near(l.output);
      return o >= 0 && o < l.output.w ? { role: "output", index: l.output.first + o } : null;
    }
    if (y < l.y.cells + l.c) {
      const k = near(l.input);
      return k >= 0 && k < l.input.w ? { role: "input", index: l.input.first + k, bar: y < l.y.cells && real(l.input, k) } : null;
    }
    const tap = (x - l.kernel.x) / l.c, k = Math.floor(tap / l.kernel.spread[1]);
    const on = y >= l.y.kernel && y < l.y.kernel + l.c && k >= 0 && k < l.kernel.w && Math.floor(tap) % l.kernel.spread[1] === 0;
    return on ? { role: "kernel", index: l.kernel.first + k } : null;
  },
  press(ctx, hit, event) {
    if (ctx.drawing.quiz) return false;
    if (hit?.role === "kernel") {
      event.preventDefault();
      editKernel(ctx, hit.index);
      return true;
    }
    if (!hit?.bar) {
      ctx.bar = null;
      return false;
    }
    ctx.held = hit.index - panel(ctx, "input").first - panel(ctx, "input").edge[1];
    ctx.part("stage").setPointerCapture(event.pointerId);
    choose(ctx, ctx.held);
    return true;
  },
  drag(ctx, event, spot) {
    const hit = spot(event), held = Number.isInteger(ctx.held) && event.buttons & 1;
    ctx.part("stage").style.cursor = held || (hit?.bar && !ctx.drawing.quiz) ? "ns-resize" : "";
    if (held) setBar(ctx, ctx.held, ctx.aim);
    else ctx.held = null;
    return Boolean(held);
  },
  enter(ctx) {
    if (ctx.drawing.quiz) return;
    if (!Number.isInteger(ctx.bar)) return choose(ctx, ctx.place * ctx.scene.stride - panel(ctx, "input").edge[1]);
    leaveBars(ctx);
    editKernel(ctx, 0);
  },
  move(ctx, key) {
    if (!Number.isInteger(ctx.bar)) return ctx.place + ({ ArrowLeft: -1, ArrowRight: 1 }[key] ?? 0);
    const p = panel(ctx, "input"), [, , step] = ctx.drawing.axis, value = p.values[drawnAt(p, ctx.bar)];
    if (key === "ArrowLeft" || key === "ArrowRight") choose(ctx, ctx.bar + (key === "ArrowRight" ? 1 : -1));
    else setBar(ctx, ctx.bar, value + (key === "ArrowUp" ? step : -step));
    return ctx.place;
  },
  say(ctx) {
    if (!Number.isInteger(ctx.bar)) return gather.say(ctx);
    const p = panel(ctx, "input");
    return `input ${ctx.bar} equals ${fmt(p.values[drawnAt(p, ctx.bar)])}; up and down change it`;
  },
};

export default explore(conv1d);
