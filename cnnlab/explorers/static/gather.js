// The view of a gather record: panels of cells, and lines that join what belongs together.
// It knows one sentence: this output cell is the sum, mean or maximum of these input cells.

import { fmt, inkOn, ring, shade } from "./frame.js";
import { floats, gradients, panelOf, readCells, sameCell, unpackRecord, usesOf, winner } from "./record.js";

export const TITLE = 36; // pixels above a panel: its name, and a note below it
const CELL = 44; // the largest cell, in pixels
export const MARGIN = 6;
const MANY = 600; // more cells than this go to the canvas

// ---- where panels stand

export const titleWidth = (p) => 7.6 * Math.max(p.title.length + (p.letter ? 2 : 0), p.note.length * 0.9);
const wide = (p, c) => ((p.w - 1) * p.spread[1] + 1) * c;
const high = (p, c) => ((p.h - 1) * p.spread[0] + 1) * c;

export function arrange(scene, c, narrow) {
  const by = (role) => scene.panels.filter((p) => p.role === role);
  const sides = [by("input"), by("kernel"), [...by("output"), ...by("target")]].filter((s) => s.length);
  const columns = narrow && sides.length === 3 ? [sides[0], [...sides[1], ...sides[2]]] : sides;
  const gap = Math.max(26, 0.8 * c), spots = new Map(), signs = [];
  let x = 0, height = 0;
  const sums = columns.map((column) => column.reduce((sum, p) => sum + high(p, c) + TITLE, 0));
  height = Math.max(...sums);
  columns.forEach((column, n) => {
    let y = (height - sums[n]) / 2;
    for (const p of column) {
      spots.set(p, { x, y: y + TITLE });
      y += high(p, c) + TITLE;
    }
    x += Math.max(...column.map((p) => Math.max(wide(p, c), titleWidth(p))));
    if (n + 1 < columns.length) signs.push({ x: x + gap / 2, y: height / 2 + TITLE / 2, n });
    x += gap;
  });
  return { spots, signs: narrow ? [] : signs, width: x - gap, height };
}

function fit(scene, narrow, width, height, arrangement, largest = CELL) {
  for (let c = largest; c > 3; c--) {
    const found = arrangement(scene, c, narrow);
    if (found.width <= width && found.height <= height) return { c, ...found };
  }
  return { c: Math.max(1, width / 400), ...arrangement(scene, Math.max(1, width / 400), narrow) };
}

// ---- the view

function place(ctx) {
  const arrangement = ctx.view.arrange ?? arrange, { scene } = ctx;
  const full = ctx.root.classList.contains("cl-full");
  const found = fit(scene, ctx.narrow && !full, ctx.width - 2 * MARGIN, ctx.height - 2 * MARGIN, arrangement, full ? 2 * CELL : CELL);
  const left = (ctx.width - found.width) / 2, top = found.top ?? (ctx.height - found.height) / 2;
  for (const p of scene.panels) {
    const spot = found.spots.get(p);
    Object.assign(p, { x: Math.round(left + spot.x), y: Math.round(top + spot.y) });
  }
  Object.assign(scene, { c: found.c, signs: found.signs.map((s) => ({ ...s, x: left + s.x, y: top + s.y })) });
}

export const corner = (scene, p, k) => [
  p.x + (k % p.w) * p.spread[1] * (p.c ?? scene.c), // a view may give a panel cells of its own size
  p.y + Math.floor(k / p.w) * p.spread[0] * (p.c ?? scene.c),
];
const inFrame = (p, k) => {
  if (p.outside) return !p.outside[k];
  const r = Math.floor(k / p.w) - p.edge[0], c = (k % p.w) - p.edge[1];
  return r >= 0 && c >= 0 && r < p.height && c < p.width;
};
export const box = (x, y, w, h) => `M${x} ${y}h${w}v${h}h${-w}z`;

function digits(text, c) {
  return Math.min(Math.max(0.4 * c, Math.min(11, 0.55 * c)), (0.9 * c) / (0.58 * Math.max(text.length, 1)));
}

export function paintPanel(ctx, pen, p, shown) {
  const { scene, tokens } = ctx, c = p.c ?? scene.c;
  let hatch = "", grid = "", slash = "";
  const veiled = p.role === "output" && ctx.veil, bleed = c < 7 && c % 1 ? 0.5 : 0; // or seams show
  for (let k = 0; k < p.values.length; k++) {
    const [x, y] = corner(scene, p, k), real = inFrame(p, k);
    const value = shown.values(k), fill = veiled ? null : shade(value, shown.limit, tokens);
    pen.rect(x, y, c + bleed, c + bleed, fill ? `rgb(${fill})` : tokens.well);
    grid += box(x, y, c, c);
    if (!real) hatch += `M${x} ${y + c / 2}l${c / 2} ${-c / 2}M${x} ${y + c}l${c} ${-c}M${x + c / 2} ${y + c}l${c / 2} ${-c / 2}`;
    const unread = real && shown.unread?.[p.source[k]] === 0;
    if (unread) slash += `M${x} ${y + c}l${0.3 * c} ${-0.3 * c}m${0.4 * c} ${-0.4 * c}l${0.3 * c} ${-0.3 * c}`;
    const text = veiled ? "?" : Number.isNaN(value) ? "" : fmt(value), size = digits(text, c);
    if (size >= 7.5 && text) {
      const colour = fill ? inkOn(fill) : tokens.muted;
      const more = real ? {} : { "font-style": "italic", opacity: 0.75 };
      pen.text(x + c / 2, y + c / 2, text, size, colour, unread ? { opacity: 0.5 } : more);
    }
  }
  if (c >= 7) pen.path(grid, { stroke: tokens.line, "stroke-width": 0.75 });
  pen.path(hatch, { stroke: tokens.ink, "stroke-width": 0.7, opacity: 0.22 });
  pen.path(slash, { stroke: tokens.ink, "stroke-width": 1.3, opacity: 0.7 });
  if (p.values.length > p.real || p.role === "target")
    pen.path(box(p.x + p.edge[1] * c, p.y + p.edge[0] * c, p.width * c, p.height * c), {
      stroke: tokens.ink, "stroke-width": 2, ...(p.role === "target" ? { "stroke-dasharray": "6 4" } : {}),
    });
}

function title(ctx, pen, p, text) {
  const letter = p.letter ? `${p.letter}  ` : "";
  pen.text(p.x, p.y - (p.note ? 25 : 11), letter + text, 14, ctx.tokens.ink, { "font-weight": 600, "text-anchor": "start" });
  if (p.note) pen.text(p.x, p.y - 9, p.note, 12.5, ctx.tokens.muted, { "text-anchor": "start" });
}

function badge(ctx, x, y, weight, fill) {
  const { c } = ctx.scene;
  if (c < 28) return "";
  return `<text class="cl-badge" text-anchor="end" x="${x + c - 3}" y="${y + c - 0.17 * c}" font-size="${0.25 * c}" fill="${inkOn(fill)}">×${fmt(weight)}</text>`;
}

function markOutput(ctx) {
  const { scene, place: o, tokens } = ctx, { c } = scene;
  const taps = new Map(), parts = [];
  for (let k = scene.ptr[o]; k < scene.ptr[o + 1]; k++) taps.set(scene.cell[k], k);
  for (const p of scene.panels.filter((q) => q.role === "input")) {
    const cells = [...taps.keys()].filter((i) => i >= p.first && i < p.first + p.values.length).map((i) => i - p.first);
    if (!cells.length) continue;
    const at = cells.map((k) => corner(scene, p, k));
    const [left, top] = [Math.min(...at.map((a) => a[0])), Math.min(...at.map((a) => a[1]))];
    const [right, bottom] = [Math.max(...at.map((a) => a[0])) + c, Math.max(...at.map((a) => a[1])) + c];
    const inside = new Set(cells);
    let holes = "", thin = "";
    for (let y = top; y < bottom - 1; y += c)
      for (let x = left; x < right - 1; x += c) {
        const k = Math.round((y - p.y) / c) * p.w + Math.round((x - p.x) / c);
        if (inside.has(k)) thin += box(x + 1, y + 1, c - 2, c - 2);
        else holes += box(x, y, c, c);
      }
    parts.push(`<path class="cl-holes" d="${holes}"/>`);
    if (holes) parts.push(`<path class="cl-taps" d="${thin}"/>`);
    if (scene.join === "max" && ctx.veil !== "winner") {
      const [x, y] = corner(scene, p, scene.cell[winner(scene, o)] - p.first);
      parts.push(`<circle class="cl-halo" cx="${x + c / 2}" cy="${y + c / 2}" r="${0.4 * c}"/><circle class="cl-ring" cx="${x + c / 2}" cy="${y + c / 2}" r="${0.4 * c}"/>`);
    }
    if (scene.kernel.length && !ctx.view.bare)
      cells.forEach((k, n) => parts.push(badge(ctx, ...at[n], scene.weight[taps.get(p.first + k)], shade(p.values[k], p.limit, tokens))));
    parts.push(ring(left, top, right - left, bottom - top));
    cells.forEach((k, lane) => parts.push(arc(scene, p, k, lane)));
  }
  parts.push(ringAt(ctx, "output", o));
  if (ctx.hover?.role === "kernel") {
    const k = [...Array(scene.ptr[o + 1] - scene.ptr[o]).keys()].map((n) => n + scene.ptr[o]).find((n) => scene.tap[n] === ctx.hover.index);
    if (k !== undefined) parts.push(ringAt(ctx, "input", scene.cell[k]), ringAt(ctx, "kernel", ctx.hover.index));
  }
  return parts.join("");
}

// A copied padding cell is joined to its source by a dotted line along the edges of cells, so that
// it covers no digit; the lane keeps several lines apart.
export function arc(scene, p, k, lane) {
  if (inFrame(p, k) || p.source[k] < 0) return "";
  const { c } = scene, s = p.source[k], off = (0.07 + 0.05 * (lane % 3)) * c;
  const home = (Math.floor(s / p.width) + p.edge[0]) * p.w + (s % p.width) + p.edge[1];
  const [x1, y1] = corner(scene, p, k).map((v) => v + off), [x2, y2] = corner(scene, p, home).map((v) => v + off);
  const bend = (v) => Math.sign(v) * Math.min(0.3 * c, Math.abs(v));
  const d = `M${x1} ${y1}H${x2 - bend(x2 - x1)}Q${x2} ${y1} ${x2} ${y1 + bend(y2 - y1)}V${y2}`;
  return `<path class="cl-arc cl-under" d="${d}"/><path class="cl-arc" d="${d}"/><circle class="cl-dot" cx="${x2}" cy="${y2}" r="3"/>`;
}

export function ringAt(ctx, role, index, more) {
  const p = panelOf(ctx.scene, role, index), { c } = ctx.scene;
  const [x, y] = corner(ctx.scene, p, index - p.first);
  return ring(x, y, c, c, more);
}

function markInput(ctx, hit) {
  const { scene, tokens } = ctx, parts = [];
  for (const [o, w] of usesOf(scene, hit.index)) {
    const p = panelOf(scene, "output", o), [x, y] = corner(scene, p, o - p.first);
    parts.push(ring(x, y, scene.c, scene.c, "cl-thin"));
    if (!ctx.veil && scene.join !== "max") parts.push(badge(ctx, x, y, w, shade(p.values[o - p.first], p.limit, tokens)));
  }
  for (const i of sameCell(scene, hit.index)) if (i !== hit.index) parts.push(ringAt(ctx, "input", i, "cl-dashed"));
  parts.push(ringAt(ctx, "input", hit.index));
  return parts.join("");
}

const name = (p, k) => {
  const row = p.axes === 1 ? "" : `${Math.floor(k / p.w) - p.edge[0]}, `, slice = p.axes === 3 ? `${p.title.split(" ")[1]}, ` : "";
  const at = `[${slice}${row}${(k % p.w) - p.edge[1]}]`;
  return (p.letter ? `${p.role} ${p.letter}` : p.role) + at;
};
const focus = (ctx) => ctx.pin ?? (ctx.hover?.role === "input" ? ctx.hover : null);
const sign = (v) => (v > 1e-12 ? "cl-pos" : v < -1e-12 ? "cl-neg" : "cl-nil");

function outputLine(ctx) {
  const { scene, place: o } = ctx, p = panelOf(scene, "output", o);
  const value = fmt(p.values[o - p.first]), terms = [], { join } = scene;
  const start = scene.ptr[o], stop = Math.min(scene.ptr[o + 1], start + 75), rest = scene.ptr[o + 1] - stop;
  const best = join === "max" ? winner(scene, o) : -1;
  const plus = '<span class="cl-plus">+</span>', line = scene.panels.every((q) => q.h === 1);
  const between = join === "max" || (scene.kernel.length && !line) ? "" : plus;
  let row = null, group = [];
  const close = () => { if (group.length) terms.push(`<span class="cl-row">${group.join(between)}</span>`); group = []; };
  for (let k = start; k < stop; k++) {
    const q = panelOf(scene, "input", scene.cell[k]), i = scene.cell[k] - q.first, v = q.values[i];
    const here = q.number * 1e6 + Math.floor(i / q.w);
    if (here !== row) { close(); row = here; }
    const product = join === "sum" ? v * scene.weight[k] : v;
    const text = scene.kernel.length ? `${fmt(v)}<i>×${fmt(scene.weight[k])}</i>` : fmt(v);
    const marks = `${sign(product)} ${k === best ? "cl-best" : ""} ${ctx.hover?.role === "kernel" && scene.tap[k] === ctx.hover.index ? "cl-here" : ""}`;
    group.push(`<span class="cl-term ${marks}">${text}</span>`);
  }
  close();
  const more = rest > 0 ? `<span>and ${rest} more</span>` : "";
  const block = scene.drawing.blocks.find((b) => b.output === p.number);
  const bias = block.bias ? `<span class="cl-term ${sign(block.bias)}">bias ${fmt(block.bias)}</span>` : "";
  const head = `<span class="cl-name">${name(p, o - p.first)} = ${value} =</span>`;
  if (join === "max") return `${head}<span>max of</span>${terms.join("")}${more}`;
  const open = block.divisor ? "<span>(</span>" : "", divisor = block.divisor ? `<span>) ÷ ${fmt(floats(block.divisor)[o - p.first])}</span>` : "";
  return `${head}${open}${terms.join(plus)}${more}${divisor}${bias}`;
}

function inputLine(ctx, hit) {
  const { scene } = ctx, p = panelOf(scene, "input", hit.index), uses = [...usesOf(scene, hit.index)];
  const real = p.source[hit.index - p.first];
  if (real < 0) return `<span class="cl-name">padding</span><span>a constant, ${fmt(p.values[hit.index - p.first])}; it takes no gradient</span>`;
  const home = (Math.floor(real / p.width) + p.edge[0]) * p.w + (real % p.width) + p.edge[1];
  const total = uses.reduce((sum, [, w]) => sum + w, 0);
  const verb = scene.join === "max" ? "wins" : "goes into";
  const list = uses.slice(0, 30).map(([, w]) => `<span class="cl-term ${sign(w)}">${fmt(w)}</span>`).join('<span class="cl-plus">+</span>');
  const copy = home === hit.index - p.first ? "" : "a copy of ";
  return `<span class="cl-name">${copy}${name(p, home)} = ${fmt(p.values[home])}</span><span>${verb} ${uses.length} ${uses.length === 1 ? "output" : "outputs"}${uses.length ? "; its gradient, if each output's is 1:" : ""}</span>${list}${uses.length ? `<span>= <b>${fmt(total)}</b></span>` : ""}`;
}

export const gather = {
  unpack: unpackRecord,
  count: (ctx) => ctx.scene.counts.output,
  wantsCanvas: (ctx) => ctx.scene.counts.input + ctx.scene.counts.output > MANY,
  height(ctx) {
    // From the width and the first picture alone, so that turning a knob moves nothing on the page.
    ctx.reference ??= ctx.scene;
    const arrangement = ctx.view.arrange ?? arrange, room = ctx.width - 2 * MARGIN;
    const row = fit(ctx.reference, false, room, Infinity, arrangement), pile = fit(ctx.reference, true, room, Infinity, arrangement);
    ctx.narrow = row.c < 30 && pile.c > 1.15 * row.c;
    return Math.ceil(Math.min(640, (ctx.narrow ? pile : row).height + 2 * MARGIN));
  },
  paint(ctx, pen, words) {
    place(ctx);
    const { scene } = ctx, slopes = ctx.gradient ? gradients(scene) : null, read = readCells(scene);
    for (const p of scene.panels) {
      if (p.role === "output" && ctx.veil === "shape") {
        words.text(p.x + 40, ctx.height / 2, "?", 44, ctx.tokens.muted);
        title(ctx, words, p, p.title.replace(/\d+/g, "?"));
        continue;
      }
      const slope = slopes?.get(p);
      const shown = slope
        ? { values: (k) => (inFrame(p, k) ? slope[p.source[k]] : NaN), limit: Math.max(...slope.map(Math.abs)) }
        : { values: (k) => p.values[k], limit: p.limit };
      paintPanel(ctx, pen, p, { ...shown, unread: ctx.veil ? null : read.get(p) });
      title(ctx, words, p, slope ? `gradient ${p.height}×${p.width}` : p.title);
    }
    const faces = ctx.view.signs ?? (scene.kernel.length ? ["∗", "="] : ["→"]);
    for (const s of scene.signs) words.text(s.x, s.y, faces[s.n] ?? "", 26, ctx.tokens.muted);
  },
  mark(ctx) {
    if (ctx.veil === "shape") return "";
    const hit = focus(ctx);
    if (ctx.veil === "winner") return markOutput(ctx) + (hit ? ringAt(ctx, "input", hit.index, "cl-dashed") : "");
    return hit ? markInput(ctx, hit) : markOutput(ctx);
  },
  at(ctx, x, y) {
    const { scene } = ctx, { c } = scene;
    for (const p of scene.panels) {
      const col = Math.floor((x - p.x) / c), row = Math.floor((y - p.y) / c);
      if (col < 0 || row < 0 || col % p.spread[1] || row % p.spread[0]) continue;
      const [i, j] = [row / p.spread[0], col / p.spread[1]];
      if (i < p.h && j < p.w) return { role: p.role, index: p.first + i * p.w + j, panel: p };
    }
    return null;
  },
  move(ctx, key) {
    const p = panelOf(ctx.scene, "output", ctx.place), k = ctx.place - p.first;
    const [row, col] = [Math.floor(k / p.w), k % p.w];
    const to = { ArrowLeft: [row, col - 1], ArrowRight: [row, col + 1], ArrowUp: [row - 1, col], ArrowDown: [row + 1, col] }[key];
    const clip = (v, n) => Math.max(0, Math.min(n - 1, v));
    return p.first + clip(to[0], p.h) * p.w + clip(to[1], p.w);
  },
  line: (ctx) => (focus(ctx) ? inputLine(ctx, focus(ctx)) : outputLine(ctx)),
  say(ctx) {
    const { scene } = ctx, p = panelOf(scene, "output", ctx.place), k = ctx.place - p.first;
    const terms = scene.ptr[ctx.place + 1] - scene.ptr[ctx.place];
    const how = { sum: `sum of ${terms} products`, mean: `mean of ${terms} cells`, max: `largest of ${terms} cells` }[scene.join];
    const at = p.axes === 1 ? k % p.w : `row ${Math.floor(k / p.w)} column ${k % p.w}`;
    return `output ${p.letter} ${at} equals ${fmt(p.values[k])}, ${how}`.replace("  ", " ");
  },
};
