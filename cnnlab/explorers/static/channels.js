// Explorer 6: a colour photo, its three channels, what each gives to one output value, the maps.

import { explore } from "./core.js";
import { editKernel } from "./edit_kernel.js";
import { fmt, ring, svgPen } from "./frame.js";
import { gather, paintPanel } from "./gather.js";
import { gradients, panelOf, usesOf } from "./record.js";

const TOP = 24, GAP = 14, SIGN = 22, SUM = 78, FOOT = 34, NAMES = ["red", "green", "blue"];
const START = { "text-anchor": "start" };

const by = (ctx, role) => ctx.scene.panels.filter((p) => p.role === role);
const mapNow = (ctx) => panelOf(ctx.scene, "output", ctx.place);
const slices = (ctx) => {
  const block = ctx.drawing.blocks.find((b) => b.output === mapNow(ctx).number);
  return block.kernels.map((n) => ctx.scene.panels[n]);
};

// A row for each channel: its panel, the window times the slice, the products, their sum.
// Where it is narrow, the photo and the channels stand in a row above that, the maps below.
function layout(ctx) {
  const inputs = by(ctx, "input"), maps = by(ctx, "output"), kernel = by(ctx, "kernel")[0];
  const { w, h } = inputs[0], wide = ctx.width >= 700, k = Math.max(kernel.h, kernel.w);
  const row = (ctx.height - FOOT) / 3, most = wide ? row - TOP - 4 : 84;
  const z = Math.floor(Math.min(34, most / k, wide ? 128 / k : (ctx.width - 2 * SIGN - SUM - 8) / (3 * k)));
  const zoom = 3 * k * z + 2 * SIGN + SUM;
  const c = Math.max(1, wide ? Math.min((ctx.width - zoom - 4 * GAP) / (3 * w), most / h) : Math.min((ctx.width - 5 * GAP) / (4 * w), 90 / h));
  const zx = wide ? (ctx.width - zoom - 3 * w * c - 4 * GAP) / 2 + 2 * w * c + 3 * GAP : (ctx.width - zoom) / 2;
  const band = TOP + h * c, step = wide ? row : (ctx.height - FOOT - 2 * band - 14) / 3;
  const photo = wide ? { x: zx - 2 * w * c - 2 * GAP, y: TOP + row } : { x: GAP, y: TOP };
  inputs.forEach((p, i) => Object.assign(p, wide ? { x: zx - w * c - GAP, y: TOP + i * row } : { x: GAP + (i + 1) * (w * c + GAP), y: TOP }, { c }));
  const rows = inputs.map((_, i) => (wide ? TOP + i * row : band + 24 + i * step));
  const mapsWide = wide ? zx + zoom + GAP : GAP, share = wide ? (ctx.height - 8) / maps.length : 0;
  const size = wide ? Math.min(c, (share - TOP - 6) / Math.max(...maps.map((m) => m.h))) : Math.min(c, (ctx.width - GAP) / maps.length / w - GAP / w);
  maps.forEach((m, i) => Object.assign(m, wide ? { x: mapsWide, y: TOP + i * share } : { x: GAP + i * (w * size + GAP), y: ctx.height - m.h * size - 4 }, { c: size }));
  const foot = wide ? ctx.height - FOOT / 2 : band + 3 * step + 16;
  return { c, z, k, kernel, wide, zx, rows, photo, inputs, maps, foot };
}

const panelAt = (x, y, c, like, values, outside) => ({
  role: "zoom", x, y, c, w: like.w, h: like.h, width: like.w, height: like.h, real: values.length,
  spread: [1, 1], edge: [0, 0], values, outside,
});
const largest = (lists) => Math.max(...lists.flatMap((list) => [...list]).map(Math.abs));

// What each channel gives to the selected value.
function parts(ctx) {
  const { scene, place: o } = ctx, taps = slices(ctx), size = taps[0].values.length;
  return taps.map((slice, m) => {
    const cells = scene.cell.slice(scene.ptr[o] + m * size, scene.ptr[o] + (m + 1) * size), p = by(ctx, "input")[m];
    const window = cells.map((i) => p.values[i - p.first]), outside = cells.map((i) => p.source[i - p.first] < 0);
    const products = window.map((v, n) => v * slice.values[n]);
    return { slice, cells, window, outside, products, sum: products.reduce((a, b) => a + b, 0) };
  });
}

const biasOf = (ctx) => ctx.drawing.blocks.find((b) => b.output === mapNow(ctx).number).bias;
const valueAt = (ctx) => mapNow(ctx).values[ctx.place - mapNow(ctx).first];
const bright = (v) => Math.round(255 * Math.max(0, Math.min(1, v)));

function paintPhoto(pen, l, tokens) {
  const [r, g, b] = l.inputs, { x, y } = l.photo;
  r.values.forEach((v, k) => pen.rect(x + (k % r.w) * l.c, y + Math.floor(k / r.w) * l.c, l.c + 0.4, l.c + 0.4, `rgb(${bright(v)},${bright(g.values[k])},${bright(b.values[k])})`));
  pen.path(`M${x} ${y}h${r.w * l.c}v${r.h * l.c}h${-r.w * l.c}z`, { stroke: tokens.line });
}

// The window over a panel, or over the photo: rows and columns from its cells.
function over(ctx, cells, p, x, y, c) {
  const at = cells.map((i) => [(i - p.first) % p.w, Math.floor((i - p.first) / p.w)]);
  const [left, top] = [0, 1].map((n) => Math.min(...at.map((a) => a[n]))), [right, bottom] = [0, 1].map((n) => Math.max(...at.map((a) => a[n])) + 1);
  return ring(x + left * c, y + top * c, (right - left) * c, (bottom - top) * c);
}

function zoomed(ctx, l) {
  const pen = svgPen(), found = parts(ctx), { tokens } = ctx, { z, kernel } = l, wide = kernel.w * z;
  const limits = [Math.max(...l.inputs.map((p) => p.limit)), largest(found.map((f) => f.slice.values)), largest(found.map((f) => f.products))];
  const veiled = Boolean(ctx.veil);
  const xs = [0, wide + SIGN, 2 * (wide + SIGN)].map((dx) => l.zx + dx), end = xs[2] + wide, marks = [];
  found.forEach((f, m) => {
    const y = l.rows[m], middle = y + (kernel.h * z) / 2, p = l.inputs[m];
    Object.assign(f.slice, { x: xs[1], y, c: z });
    const panels = [panelAt(xs[0], y, z, kernel, f.window, f.outside), f.slice, panelAt(xs[2], y, z, kernel, f.products)];
    panels.forEach((q, n) => paintPanel(ctx, pen, q, { values: (i) => q.values[i], limit: limits[n] }));
    pen.text(xs[1] - SIGN / 2, middle, "×", 18, tokens.muted);
    pen.text(xs[2] - SIGN / 2, middle, "=", 18, tokens.muted);
    pen.text(end + 8, middle - 8, "sum", 11.5, tokens.muted, START);
    pen.text(end + 8, middle + 8, fmt(f.sum), 15, tokens.ink, { ...START, "font-weight": 700 });
    if (l.wide) ["window", "slice", "products"].forEach((text, n) => m || pen.text(xs[n], y - 10, text, 12, tokens.muted, START));
    else pen.text(xs[0], y - 7, `${NAMES[m]}: window × slice = products`, 11.5, tokens.muted, START);
    marks.push(over(ctx, f.cells, p, p.x, p.y, l.c));
    if (!m) marks.push(over(ctx, f.cells, p, l.photo.x, l.photo.y, l.c));
  });
  const terms = found.map((f) => fmt(f.sum)).join(" + "), total = veiled ? "?" : fmt(valueAt(ctx));
  pen.text(xs[0], l.foot, `${terms} + bias ${fmt(biasOf(ctx))} = ${total}`.replaceAll("+ −", "− "), 15, tokens.ink, { ...START, "font-weight": 600 });
  return marks.join("") + pen.parts.join("");
}

const channelView = {
  ...gather,
  height(ctx) {
    ctx.ratio ??= by(ctx, "input")[0];
    const { w, h } = ctx.ratio;
    if (ctx.width >= 700) return 3 * (TOP + 132) + FOOT;
    return Math.ceil(336 + 2 * (TOP + Math.min(90, (h * (ctx.width - 5 * GAP)) / (4 * w))) + FOOT + 8);
  },
  wantsCanvas: () => true,
  taps: (ctx) => [slices(ctx)[0].first, 3 * slices(ctx)[0].values.length],
  paint(ctx, pen, words) {
    const l = layout(ctx), { tokens } = ctx, slopes = ctx.gradient ? gradients(ctx.scene) : null;
    ctx.scene.c = l.c;
    paintPhoto(pen, l, tokens);
    words.text(l.photo.x, l.photo.y - 10, l.inputs[0].w * l.c < 100 ? "photo" : `photo ${l.inputs[0].title.slice(6)}`, 13, tokens.ink, { ...START, "font-weight": 600 });
    l.inputs.forEach((p, i) => {
      const slope = slopes?.get(p), limit = slope ? Math.max(...slope.map(Math.abs)) : Math.max(...l.inputs.map((q) => q.limit));
      paintPanel(ctx, pen, p, { values: (k) => (slope ? (p.source[k] < 0 ? NaN : slope[p.source[k]]) : p.values[k]), limit });
      words.text(p.x, p.y - 10, slope ? `gradient, ${NAMES[i]}` : NAMES[i], 13, tokens.ink, { ...START, "font-weight": 600 });
    });
    l.maps.forEach((p) => {
      paintPanel(ctx, pen, p, { values: (k) => p.values[k], limit: p.limit });
      words.text(p.x, p.y - 10, `map ${p.letter}${p.w * p.c > 90 ? ` ${p.h}×${p.w}` : ""}`, 13, tokens.ink, { ...START, "font-weight": 600 });
    });
  },
  mark(ctx) {
    const l = layout(ctx), hit = ctx.pin ?? (ctx.hover?.role === "input" ? ctx.hover : null), p = mapNow(ctx), k = ctx.place - p.first;
    const here = (q, n) => [q.x + (n % q.w) * q.c, q.y + Math.floor(n / q.w) * q.c, q.c, q.c];
    if (!hit) return zoomed(ctx, l) + ring(...here(p, k));
    const q = panelOf(ctx.scene, "input", hit.index), uses = [...usesOf(ctx.scene, hit.index).keys()];
    const outs = l.maps.map((m) => {
      const cells = uses.filter((o) => o >= m.first && o < m.first + m.values.length);
      return cells.length ? over(ctx, cells, m, m.x, m.y, m.c) : "";
    });
    return zoomed(ctx, l) + outs.join("") + ring(...here(q, hit.index - q.first));
  },
  at(ctx, x, y) {
    const l = layout(ctx), shown = [...l.inputs, ...l.maps, ...slices(ctx).map((s, m) => Object.assign(s, { x: l.zx + l.kernel.w * l.z + SIGN, y: l.rows[m], c: l.z }))];
    for (const p of shown) {
      const col = Math.floor((x - p.x) / p.c), row = Math.floor((y - p.y) / p.c);
      if (col >= 0 && row >= 0 && col < p.w && row < p.h) return { role: p.role, index: p.first + row * p.w + col, panel: p };
    }
    return null;
  },
  press(ctx, hit, event) {
    if (hit?.role !== "kernel" || ctx.drawing.quiz) return false;
    event.preventDefault();
    editKernel(ctx, hit.index);
    return true;
  },
  enter(ctx) {
    if (!ctx.drawing.quiz) editKernel(ctx, slices(ctx)[0].first);
  },
  move(ctx, key) {
    const p = mapNow(ctx), k = ctx.place - p.first, maps = by(ctx, "output"), n = maps.indexOf(p);
    const row = Math.floor(k / p.w);
    if (key === "ArrowDown" && row === p.h - 1 && n + 1 < maps.length) return maps[n + 1].first + (k % p.w);
    if (key === "ArrowUp" && row === 0 && n) return maps[n - 1].first + (p.h - 1) * p.w + (k % p.w);
    return gather.move(ctx, key);
  },
  line(ctx) {
    if (ctx.pin ?? (ctx.hover?.role === "input" ? ctx.hover : null)) return gather.line(ctx);
    const p = mapNow(ctx), k = ctx.place - p.first, found = parts(ctx), size = found[0].cells.length;
    const terms = found.map((f, m) => `<span class="cl-term ${f.sum < 0 ? "cl-neg" : "cl-pos"}">${NAMES[m]} ${fmt(f.sum)}</span>`);
    return `<span class="cl-name">map ${p.letter}[${Math.floor(k / p.w)}, ${k % p.w}] = ${fmt(valueAt(ctx))} =</span>${terms.join('<span class="cl-plus">+</span>')}<span class="cl-plus">+</span><span class="cl-term">bias ${fmt(biasOf(ctx))}</span><span>each the sum of ${size} products, ${3 * size} in all</span>`;
  },
  say(ctx) {
    const p = mapNow(ctx), k = ctx.place - p.first, found = parts(ctx);
    const sums = found.map((f, m) => `${NAMES[m]} ${fmt(f.sum)}`).join(", ");
    return `map ${p.letter} row ${Math.floor(k / p.w)} column ${k % p.w} equals ${fmt(valueAt(ctx))}: ${sums}, bias ${fmt(biasOf(ctx))}`;
  },
};

export default explore(channelView);
