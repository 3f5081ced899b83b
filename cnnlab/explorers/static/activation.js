// Explorer 9: f and its slope with an x to drag, the gradient by depth, units that never fire.

import { explore } from "./core.js";
import { escapeHtml, fmt, inkOn, shade } from "./frame.js";

const FOOT = 26, HEAD = 30, LEFT = 40;

// A plot: where it stands, and from numbers to pixels.
function plot(x, y, w, h, [x0, x1], [y0, y1]) {
  const left = x + LEFT, top = y + HEAD, wide = w - LEFT - 10, tall = h - HEAD - FOOT;
  return {
    left, top, wide, tall, x0, x1, y0, y1, title: { x, y: y + 13 },
    px: (v) => left + ((v - x0) / (x1 - x0)) * wide,
    py: (v) => top + tall - ((v - y0) / (y1 - y0)) * tall,
  };
}

function plots(ctx) {
  const d = ctx.drawing, pile = ctx.width < 620;
  const w = pile ? ctx.width : Math.floor(ctx.width * 0.5), h = pile ? ctx.height * 0.4 : ctx.height;
  const right = pile ? 0 : w + 8, rest = ctx.width - right, half = (ctx.height - (pile ? h : 0)) / 2, top = pile ? h : 0;
  const values = [...d.y, ...d.slope], depth = Object.values(d.norms)[0].length - 1;
  const small = Math.min(...Object.values(d.norms).flat().filter((v) => v > 0), 0.1);
  return {
    curve: plot(0, 0, w, h, [-d.reach, d.reach], [Math.min(-0.4, ...values), Math.max(1.2, ...values)]),
    depth: plot(right, top, rest, half, [0, depth], [Math.max(-60, Math.floor(Math.log10(small))), 0.3]),
    dead: plot(right, top + half, rest * 0.5, half, [d.biases[0], d.biases.at(-1)], [0, d.units[0].length]),
    units: { x: right + rest * 0.5 + 8, y: top + half, w: rest * 0.5 - 14, h: half },
  };
}

const lineThrough = (f, xs, ys) => xs.map((x, i) => `${i ? "L" : "M"}${f.px(x).toFixed(1)} ${f.py(ys[i]).toFixed(1)}`).join("");
const stroke = (n) => ({ stroke: LOOK.series[n], "stroke-width": 2.5, "stroke-dasharray": LOOK.dashes[n] });

function axes(ctx, pen, f, title, xs, ys, name) {
  const { ink, line, muted } = ctx.tokens;
  pen.text(f.title.x + 6, f.title.y, title, 13, ink, { "font-weight": 600, "text-anchor": "start" });
  for (const [v, text] of xs) {
    pen.path(`M${f.px(v)} ${f.top}v${f.tall}`, { stroke: line });
    pen.text(f.px(v), f.top + f.tall + 10, text ?? fmt(v), 11.5, muted);
  }
  for (const [v, text] of ys) {
    pen.path(`M${f.left} ${f.py(v)}h${f.wide}`, { stroke: line });
    pen.text(f.left - 5, f.py(v), text ?? fmt(v), 11.5, muted, { "text-anchor": "end" });
  }
  pen.text(f.left + f.wide, f.top + f.tall + 22, name, 11.5, muted, { "text-anchor": "end" });
}

function paintCurve(ctx, pen, f) {
  const d = ctx.drawing, step = f.y1 - f.y0 > 8 ? 2 : f.y1 - f.y0 > 3 ? 1 : 0.5, ys = [];
  for (let v = Math.ceil(f.y0 / step) * step; v <= f.y1 && ys.length < 40; v += step) ys.push([v]);
  const tick = f.x1 / 3;
  axes(ctx, pen, f, `${d.name} and its slope`, [-3, -2, -1, 0, 1, 2, 3].map((k) => [k * tick]), ys, "x");
  pen.path(`M${f.left} ${f.py(0)}h${f.wide}M${f.px(0)} ${f.top}v${f.tall}`, { stroke: ctx.tokens.muted });
  pen.path(lineThrough(f, d.x, d.y), stroke(0));
  pen.path(lineThrough(f, d.x, d.slope), stroke(1));
  const [xs, values] = d.dots; // the learner's own values, as ticks on the curve
  pen.path(xs.map((x, i) => `M${f.px(x)} ${f.py(values[i]) - 5}v10`).join(""), { stroke: ctx.tokens.ink, "stroke-width": 1.2, opacity: 0.6 });
  const key = f.title.x + Math.min(190, f.wide - 110);
  [["f", 0], ["slope f′", 1]].forEach(([text, n]) => {
    pen.path(`M${key + n * 52} ${f.title.y}h22`, stroke(n));
    pen.text(key + 27 + n * 52, f.title.y, text, 12, ctx.tokens.ink, { "text-anchor": "start" });
  });
}

function paintDepth(ctx, pen, f) {
  const entries = Object.entries(ctx.drawing.norms), ys = [], every = Math.max(1, Math.ceil(-f.y0 / 4));
  for (let e = 0; e >= f.y0; e -= every) ys.push([e, e ? `1e${fmt(e)}` : "1"]);
  const xs = [0, Math.round(f.x1 / 2), f.x1].filter((v, i, all) => all.indexOf(v) === i);
  axes(ctx, pen, f, "gradient left after each layer", xs.map((v) => [v]), ys, "layers");
  entries.forEach(([name, sizes], n) => {
    const stop = sizes.findIndex((v) => v === 0), all = stop < 0 ? sizes : sizes.slice(0, stop);
    pen.path(lineThrough(f, all.map((_, i) => i), all.map((v) => Math.max(f.y0, Math.log10(v)))), stroke(n));
    const x = f.left + 8, y = f.top + f.tall - 8 - 15 * (entries.length - 1 - n);
    pen.rect(x - 3, y - 7, 110, 14, ctx.tokens.page);
    pen.path(`M${x} ${y}h24`, stroke(n));
    pen.text(x + 29, y, `${name}${stop < 0 ? "" : `: 0 from ${stop}`}`, 12, ctx.tokens.ink, { "text-anchor": "start" });
  });
}

function paintDead(ctx, pen, f, u) {
  const d = ctx.drawing, { ink, tokens } = { ink: ctx.tokens.ink, tokens: ctx.tokens };
  const n = d.units[0].length;
  axes(ctx, pen, f, "dead ReLU units", [-5, -3, -1, 1].map((v) => [v]), [[0], [n / 2], [n]], "bias");
  d.dead.forEach((counts, k) => pen.path(lineThrough(f, d.biases, counts), stroke(k)));
  if (d.at >= f.x0 && d.at <= f.x1) pen.path(`M${f.px(d.at)} ${f.top}v${f.tall}`, { stroke: ink, "stroke-width": 2 });
  const columns = 8, rows = Math.ceil(n / columns), c = Math.max(4, Math.min(20, u.w / columns, (u.h - 58) / (2 * rows)));
  d.units.forEach((shares, k) => {
    const top = u.y + 28 + k * (rows * c + 22), off = shares.filter((s) => s === 0).length;
    pen.path(`M${u.x} ${top - 9}h18`, stroke(k));
    pen.text(u.x + 22, top - 9, `${k ? "after a step" : "now, % on"}: ${off} off`, 12, ink, { "text-anchor": "start" });
    let slash = "", grid = "";
    shares.forEach((share, i) => {
      const x = u.x + (i % columns) * c, y = top + Math.floor(i / columns) * c;
      const fill = shade(share, 1, tokens);
      pen.rect(x, y, c, c, `rgb(${fill})`);
      grid += `M${x} ${y}h${c}v${c}h${-c}z`;
      if (share === 0) slash += `M${x + 2} ${y + c - 2}L${x + c - 2} ${y + 2}M${x + 2} ${y + 2}L${x + c - 2} ${y + c - 2}`;
      else if (c >= 16) pen.text(x + c / 2, y + c / 2, fmt(Math.round(share * 100)), 9, inkOn(fill));
    });
    pen.path(grid, { stroke: tokens.line, "stroke-width": 0.75 });
    pen.path(slash, { stroke: ink, "stroke-width": 1.4 });
  });
}

const nearestTo = (xs, v) => xs.reduce((best, x, i) => (Math.abs(x - v) < Math.abs(xs[best] - v) ? i : best), 0);

const activation = {
  unpack: (drawing) => drawing,
  count: (ctx) => ctx.drawing.x.length,
  height: (ctx) => (ctx.width < 620 ? 660 : 420),
  paint(ctx, pen) {
    const all = plots(ctx);
    paintCurve(ctx, pen, all.curve);
    paintDepth(ctx, pen, all.depth);
    paintDead(ctx, pen, all.dead, all.units);
  },
  mark(ctx) {
    const f = plots(ctx).curve, d = ctx.drawing, k = ctx.place, x = f.px(d.x[k]);
    const run = 0.9 * Math.min(1, f.x1 / 6), rise = run * d.slope[k]; // a piece of the tangent
    const tangent = `M${f.px(d.x[k] - run)} ${f.py(d.y[k] - rise)}L${f.px(d.x[k] + run)} ${f.py(d.y[k] + rise)}`;
    const dot = (v, r) => `<circle class="cl-halo" cx="${x}" cy="${f.py(v)}" r="${r}"/><circle class="cl-ring" cx="${x}" cy="${f.py(v)}" r="${r}"/>`;
    return `<path class="cl-arc" d="M${x} ${f.top}v${f.tall}"/><path class="cl-ring cl-thin" d="${tangent}"/>${dot(d.y[k], 6)}${dot(d.slope[k], 4)}`;
  },
  at(ctx, x, y) {
    const f = plots(ctx).curve;
    if (x < f.left - 8 || x > f.left + f.wide + 8 || y < f.top || y > f.top + f.tall) return null;
    const { x: xs } = ctx.drawing;
    return { role: "axis", index: nearestTo(xs, f.x0 + ((x - f.left) / f.wide) * (f.x1 - f.x0)) };
  },
  press(ctx, hit) {
    if (hit) ctx.select(hit.index);
    return true;
  },
  drag(ctx, event, spot) {
    const hit = event.buttons & 1 ? spot(event) : null;
    if (hit) ctx.select(hit.index);
    return true;
  },
  move: (ctx, key) => ctx.place + ({ ArrowLeft: -1, ArrowRight: 1, ArrowDown: -10, ArrowUp: 10 }[key] ?? 0),
  line(ctx) {
    const d = ctx.drawing, k = ctx.place, x = fmt(d.x[k]);
    return `<span class="cl-name">${escapeHtml(d.name)}(${x}) = ${fmt(d.y[k])}</span><span>slope f′(${x}) = <b>${fmt(d.slope[k])}</b></span>` +
      `<span>a gradient of 1 that comes from behind goes on as ${fmt(d.slope[k])}</span>`;
  },
  say: (ctx) => `x ${fmt(ctx.drawing.x[ctx.place])}: ${ctx.drawing.name} equals ${fmt(ctx.drawing.y[ctx.place])}, slope ${fmt(ctx.drawing.slope[ctx.place])}`,
};

export default explore(activation);
