// Explorer 8: a stack of layers, the cone of one output along one axis, and its field in two.

import { explore } from "./core.js";
import { escapeHtml, fmt, ring, shade } from "./frame.js";
import { fieldGradient, fieldUses } from "./field_rule.js";
import { showTable } from "./field_table.js";

const HEAD = 24, NAMES = 104, FOOT = 46;

// Where everything stands: the cone on the left, the square of both axes beside or below it.
function places(ctx) {
  const d = ctx.drawing, pile = ctx.width < 700, levels = d.layers.length + 1;
  const side = pile ? Math.min(ctx.width - 20, ctx.height * 0.45) : Math.min(ctx.height - HEAD - 14, ctx.width * 0.38);
  const wide = pile ? ctx.width : ctx.width - side - 24, tall = pile ? ctx.height - side - HEAD - 20 : ctx.height;
  const out = Math.max(0, ...d.rows.map((r) => r.padding));
  const unit = (wide - NAMES - 8) / (d.cells[0] + 2 * Math.min(out, d.cells[0] * 0.4));
  const edge = NAMES + Math.min(out, d.cells[0] * 0.4) * unit, step = (tall - HEAD - FOOT - 10) / (levels - 1);
  const x = (level, i) => edge + ((level ? d.rows[level - 1].start : 0) + i * (level ? d.rows[level - 1].jump ?? 1 : 1) + 0.5) * unit;
  const y = (level) => tall - FOOT - level * step;
  const box = (level) => [Math.max(1, Math.min(22, 0.86 * unit * (level ? d.rows[level - 1].jump ?? 1 : 1))), Math.max(4, Math.min(18, 0.5 * step))];
  const square = pile ? { x: (ctx.width - side) / 2, y: tall + HEAD } : { x: wide + 18, y: HEAD + (ctx.height - HEAD - 14 - side) / 2 };
  return { unit, edge, tall, wide, x, y, box, levels, square: { ...square, side, c: side / d.cells[0] } };
}

const outline = (x, y, w, h) => `M${x} ${y}h${w}v${h}h${-w}z`;
const named = ([k, s, , d, name]) => `${name} ${k}${s > 1 ? ` s${s}` : ""}${d > 1 ? ` d${d}` : ""}`;
const hit = (ctx) => ctx.pin ?? (ctx.hover?.role === "input" ? ctx.hover : null);

// The field as the recurrence says, whether a gradient reaches its cells or not.
function theory(d, place) {
  const r = d.rows.at(-1), from = place * (r.jump ?? 0) - r.padding;
  return { from, to: from + r.size - 1 };
}

function holesOf(d, grad, { from, to }) {
  const found = [];
  for (let i = Math.max(0, from); i <= Math.min(to, d.cells[0] - 1); i++) if (Number.isNaN(grad[i])) found.push(i);
  return found;
}

function cone(ctx, at, levels) {
  const d = ctx.drawing, parts = [];
  let lines = "";
  d.layers.forEach(([k, s, p, dil], l) => levels[l + 1].forEach((g, i) => {
    if (Number.isNaN(g)) return;
    for (let t = 0; t < k; t++) {
      const to = i * s - p + t * dil;
      if (to >= 0 && to < d.cells[l]) lines += `M${at.x(l + 1, i).toFixed(1)} ${at.y(l + 1).toFixed(1)}L${at.x(l, to).toFixed(1)} ${at.y(l).toFixed(1)}`;
    }
  }));
  parts.push(`<path d="${lines}" fill="none" stroke="${ctx.tokens.pos}" stroke-width="${at.unit > 12 ? 1.6 : 0.7}" opacity=".55"/>`);
  levels.forEach((level, l) => {
    const [w, h] = at.box(l), most = Math.max(...level.filter((g) => !Number.isNaN(g)));
    level.forEach((g, i) => {
      if (Number.isNaN(g)) return;
      const fill = shade(0.25 * most + 0.75 * g, most, ctx.tokens);
      parts.push(`<rect x="${at.x(l, i) - w / 2}" y="${at.y(l) - h / 2}" width="${w}" height="${h}" fill="rgb(${fill})" stroke="${ctx.tokens.ink}" stroke-width="${w > 8 ? 1 : 0}"/>`);
    });
  });
  return parts.join("");
}

// Under the input: how far the field reaches, in the padding too, and the holes in it.
function bracket(ctx, at, grad) {
  const d = ctx.drawing, span = theory(d, ctx.place), { ink, muted } = ctx.tokens, [w, h] = at.box(0);
  const left = at.edge + span.from * at.unit, right = at.edge + (span.to + 1) * at.unit, y = at.y(0) + h / 2 + 7;
  const holes = holesOf(d, grad, span), out = d.rows.at(-1).size - (Math.min(span.to, d.cells[0] - 1) - Math.max(0, span.from) + 1);
  const slash = holes.map((i) => `M${at.x(0, i) - w / 2} ${at.y(0) + h / 2}l${w} ${-h}`).join("");
  const clip = (v) => Math.max(NAMES - 14, Math.min(at.wide - 2, v)), short = [left < NAMES - 14, right > at.wide - 2];
  const more = [holes.length && `${holes.length} holes`, out && `${out} in the padding`].filter(Boolean).join(", ");
  const middle = Math.max(NAMES + 70, Math.min(at.wide - 110, (clip(left) + clip(right)) / 2));
  return `<path d="${slash}" stroke="${ink}" stroke-width="1.3" opacity=".75"/>
<path d="M${clip(left)} ${y}${short[0] ? "m0 0" : "v-5v10v-5"}H${clip(right)}${short[1] ? "" : "v-5v10"}" fill="none" stroke="${ink}" stroke-width="2.5"/>
<text x="${middle}" y="${y + 16}" font-size="13" fill="${ink}" font-weight="600">field ${d.rows.at(-1).size}<tspan fill="${muted}" font-weight="400">${more ? `: ${more}` : ""}</tspan></text>`;
}

// Both axes: the gradient of a cell is the product of its row's and its column's.
function square(ctx, at, grad) {
  const d = ctx.drawing, n = d.cells[0], { x, y, side, c } = at.square, span = theory(d, ctx.place);
  const canvas = Object.assign(document.createElement("canvas"), { width: n, height: n }), g = canvas.getContext("2d");
  const image = g.createImageData(n, n), most = Math.max(...grad.filter((v) => !Number.isNaN(v))) ** 2;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) {
    const v = grad[i] * grad[j], fill = Number.isNaN(v) ? null : shade(0.12 * most + 0.88 * v, most, ctx.tokens);
    if (fill) image.data.set([...fill, 255], 4 * (i * n + j));
  }
  g.putImageData(image, 0, 0);
  const a = Math.max(0, span.from), b = Math.min(n - 1, span.to), size = (b - a + 1) * c;
  let slash = "";
  if (c >= 8) for (let i = a; i <= b; i++) for (let j = a; j <= b; j++)
    if (Number.isNaN(grad[i] * grad[j])) slash += `M${x + (j + 0.2) * c} ${y + (i + 0.8) * c}l${0.6 * c} ${-0.6 * c}`;
  return `<path d="${slash}" stroke="${ctx.tokens.ink}" opacity=".4"/><image href="${canvas.toDataURL()}" x="${x}" y="${y}" width="${side}" height="${side}" style="image-rendering:pixelated"/>` + ring(x + a * c, y + a * c, size, size);
}

function words(ctx) {
  const d = ctx.drawing, h = hit(ctx);
  if (h) {
    const uses = fieldUses(d.layers, d.cells, h.index);
    return [`input ${h.index}`, uses.length ? `is seen by ${uses.length} of ${d.count} outputs: ${uses.join(", ")}` : "is seen by no output"];
  }
  const grad = fieldGradient(d.layers, d.cells, ctx.place)[0], span = theory(d, ctx.place), holes = holesOf(d, grad, span);
  const reached = grad.filter((v) => !Number.isNaN(v)).length, top = Math.max(...grad.filter((v) => !Number.isNaN(v)));
  return [`output ${ctx.place}`, `its field: cells ${fmt(span.from)} to ${fmt(span.to)} along each axis, ${d.rows.at(-1).size}×${d.rows.at(-1).size}; ` +
    `the gradient reaches ${reached}×${reached}${holes.length ? `, ${holes.length} of each axis are holes` : ""}; its largest value along an axis is ${fmt(top)}`];
}

const receptiveField = {
  unpack: (drawing) => drawing,
  count: (ctx) => ctx.drawing.count,
  height: (ctx) => (ctx.width < 700 ? 640 : 380),
  paint(ctx, pen) {
    showTable(ctx);
    const d = ctx.drawing, at = places(ctx), { tokens } = ctx, sq = at.square, n = d.cells[0];
    pen.text(4, 12, "along one axis", 13, tokens.ink, { "font-weight": 600, "text-anchor": "start" });
    pen.text(sq.x, sq.y - 12, ctx.veil === "shape" ? "along both" : `along both, input ${n}×${n}`, 13, tokens.ink, { "font-weight": 600, "text-anchor": "start" });
    pen.rect(sq.x, sq.y, sq.side, sq.side, tokens.well);
    let grid = "";
    if (sq.c >= 6) for (let i = 1; i < n; i++) grid += `M${sq.x + i * sq.c} ${sq.y}v${sq.side}M${sq.x} ${sq.y + i * sq.c}h${sq.side}`;
    pen.path(grid, { stroke: tokens.line, "stroke-width": 0.75 });
    pen.path(outline(sq.x, sq.y, sq.side, sq.side), { stroke: tokens.line, "stroke-width": 1.5 });
    for (let l = 0; l < at.levels; l++) {
      const [w, h] = at.box(l);
      let cells = "";
      for (let i = 0; i < d.cells[l]; i++) cells += outline((at.x(l, i) - w / 2).toFixed(1), (at.y(l) - h / 2).toFixed(1), w.toFixed(2), h);
      pen.parts?.push(`<path d="${cells}" fill="${tokens.well}" stroke="${tokens.line}" stroke-width="${w > 3 ? 1 : 0.4}"/>`);
      pen.text(4, at.y(l), l ? `${l}  ${named(d.layers[l - 1])}` : "input", 12.5, tokens.ink, { "text-anchor": "start" });
    }
  },
  mark(ctx) {
    const d = ctx.drawing, at = places(ctx), top = at.levels - 1, [w, h] = at.box(top);
    const one = (l, i, more) => { const [a, b] = at.box(l); return ring(at.x(l, i) - a / 2, at.y(l) - b / 2, a, b, more); };
    if (ctx.veil) return one(top, ctx.place);
    const input = hit(ctx);
    if (input) return one(0, input.index, "cl-dashed") + fieldUses(d.layers, d.cells, input.index).map((i) => one(top, i)).join("");
    const levels = fieldGradient(d.layers, d.cells, ctx.place);
    return cone(ctx, at, levels) + bracket(ctx, at, levels[0]) + square(ctx, at, levels[0]) + ring(at.x(top, ctx.place) - w / 2, at.y(top) - h / 2, w, h);
  },
  at(ctx, x, y) {
    const d = ctx.drawing, at = places(ctx), top = at.levels - 1, near = Math.max(12, at.box(0)[1]);
    const nearest = (level) => {
      const jump = level ? d.rows[level - 1].jump ?? 1 : 1, i = Math.round((x - at.x(level, 0)) / (jump * at.unit));
      return i >= 0 && i < d.cells[level] ? i : null;
    };
    for (const [level, role] of [[top, "output"], [0, "input"]])
      if (x < at.wide && Math.abs(y - at.y(level)) < near && nearest(level) !== null) return { role, index: nearest(level) };
    return null;
  },
  move: (ctx, key) => ctx.place + ({ ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[key] ?? 0),
  line(ctx) {
    const [head, rest] = words(ctx);
    return `<span class="cl-name">${escapeHtml(head)}</span><span>${escapeHtml(rest)}</span>`;
  },
  say: (ctx) => words(ctx).join(" "),
};

export default explore(receptiveField);
