// Explorer 7: a matrix of inputs (rows) and outputs (columns); a filled cell is a kernel.

import { explore } from "./core.js";
import { inkOn, ring } from "./frame.js";

const TOP = 62, SIDE = 46, BETWEEN = 34, COST = 64;

const groupLetter = (g) => (g >= 26 ? String.fromCharCode(64 + Math.floor(g / 26)) : "") + String.fromCharCode(65 + (g % 26));
const rgbOf = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

function matrices(ctx) {
  const { stages } = ctx.drawing, columns = stages.reduce((sum, s) => sum + s.outputs, 0);
  const rows = Math.max(...stages.map((s) => s.inputs)), room = ctx.width - stages.length * SIDE - (stages.length - 1) * BETWEEN - 8;
  const c = Math.max(2, Math.min(26, room / columns, (ctx.height - TOP - COST - 16) / rows));
  const whole = c > 6 ? Math.floor(c) : c;
  let x = Math.max(SIDE, (ctx.width - columns * whole - (stages.length - 1) * (BETWEEN + SIDE) + SIDE) / 2), inputs = 0;
  return stages.map((s) => {
    const m = { ...s, x, y: TOP, c: whole, start: inputs, per: s.inputs / s.groups, out: s.outputs / s.groups };
    x += s.outputs * whole + SIDE + BETWEEN;
    inputs += s.inputs;
    return m;
  });
}

const holds = (ctx, place) => matrices(ctx).find((m) => place < m.first + m.outputs);
const holdsInput = (ctx, i) => matrices(ctx).find((m) => i < m.start + m.inputs);
const chosenInput = (ctx) => ctx.pin ?? (ctx.hover?.role === "input" ? ctx.hover : null);
const span = (from, many) => (many === 1 ? `${from}` : `${from} to ${from + many - 1}`);

function paintMatrix(ctx, pen, m) {
  const { c } = m, { tokens } = ctx, wide = m.outputs * c, high = m.inputs * c;
  pen.text(m.x, 14, `weight ${m.shape.join("×")}`, 13, tokens.ink, { "font-weight": 600, "text-anchor": "start" });
  pen.text(m.x, 31, `${m.outputs} outputs →, ${m.groups} ${m.groups === 1 ? "group" : "groups"}`, 12, tokens.muted, { "text-anchor": "start" });
  pen.rect(m.x, m.y, wide, high, tokens.well);
  for (let g = 0; g < m.groups; g++) {
    const n = g % LOOK.series.length, x = m.x + g * m.out * c, y = m.y + g * m.per * c;
    const [w, h] = [m.out * c, m.per * c], size = Math.min(16, 0.8 * w, 0.8 * h);
    pen.rect(x, y, w, h, LOOK.series[n]);
    ctx.letters.push([x + w / 2, y + h / 2, groupLetter(g), size, inkOn(rgbOf(LOOK.series[n]))]);
    pen.path(`M${x} ${y}h${w}v${h}h${-w}z`, { stroke: tokens.ink, "stroke-width": 2, "stroke-dasharray": LOOK.dashes[n] });
  }
  let grid = "";
  if (c >= 5) {
    for (let i = 0; i <= m.inputs; i++) grid += `M${m.x} ${m.y + i * c}h${wide}`;
    for (let o = 0; o <= m.outputs; o++) grid += `M${m.x + o * c} ${m.y}v${high}`;
  }
  pen.path(grid, { stroke: tokens.page, "stroke-width": 0.75, opacity: 0.6 });
  const skip = (many) => [1, 2, 4, 8, 16, 32].find((k) => k * c >= many) ?? 64;
  for (let i = 0; i < m.inputs; i += skip(13)) pen.text(m.x - 6, m.y + (i + 0.5) * c, `${i}`, 11, tokens.muted, { "text-anchor": "end" });
  for (let o = 0; o < m.outputs; o += skip(18)) pen.text(m.x + (o + 0.5) * c, m.y - 9, `${o}`, 11, tokens.muted);
  pen.text(m.x - 28, m.y + high / 2, "inputs", 12, tokens.muted, { transform: `rotate(-90 ${m.x - 28} ${m.y + high / 2})` });
}

// What the layer costs, as a share of the layer with one group.
function paintCost(ctx, pen) {
  const { tokens } = ctx, left = 104, room = ctx.width - left - 16, top = ctx.height - COST;
  ctx.drawing.costs.forEach(([name, cost, full], n) => {
    const y = top + 32 * n, per = room / Math.max(cost, full), words = `${cost.toLocaleString("en")} of ${full.toLocaleString("en")} with one group`;
    pen.text(left - 8, y + 9, name, 12.5, tokens.ink, { "text-anchor": "end" });
    pen.rect(left, y, full * per, 18, tokens.well);
    pen.rect(left, y + 3, Math.max(2, cost * per), 12, tokens.neg);
    pen.path(`M${left} ${y}h${full * per}v18h${-full * per}z`, { stroke: tokens.muted, "stroke-dasharray": "3 3" });
    pen.text(left + 4, y + 25, words, 11.5, tokens.muted, { "text-anchor": "start" });
  });
}

const groups = {
  unpack: (drawing) => drawing,
  count: (ctx) => ctx.drawing.count,
  height: () => 400,
  paint(ctx, pen) {
    ctx.letters = [];
    for (const m of matrices(ctx)) paintMatrix(ctx, pen, m);
    paintCost(ctx, pen);
    for (const [x, y, text, size, ink] of ctx.letters) if (size >= 6) pen.text(x, y, text, size, ink, { "font-weight": 700 });
  },
  mark(ctx) {
    const hit = chosenInput(ctx);
    if (hit) {
      const m = holdsInput(ctx, hit.index), i = hit.index - m.start, g = Math.floor(i / m.per), y = m.y + i * m.c;
      return ring(m.x - 24, y, 24 + m.outputs * m.c, m.c, "cl-dashed") + ring(m.x + g * m.out * m.c, y, m.out * m.c, m.c);
    }
    const m = holds(ctx, ctx.place), o = ctx.place - m.first, g = Math.floor(o / m.out), x = m.x + o * m.c;
    return ring(x, m.y - 18, m.c, 18 + m.inputs * m.c, "cl-dashed") + ring(x, m.y + g * m.per * m.c, m.c, m.per * m.c);
  },
  at(ctx, x, y) {
    for (const m of matrices(ctx)) {
      const o = Math.floor((x - m.x) / m.c), i = Math.floor((y - m.y) / m.c);
      if (o >= 0 && o < m.outputs && y >= m.y - 20 && i < m.inputs) return { role: "output", index: m.first + o };
      if (x >= m.x - SIDE && x < m.x && i >= 0 && i < m.inputs) return { role: "input", index: m.start + i };
    }
    return null;
  },
  move(ctx, key) {
    const all = matrices(ctx), last = all.at(-1).start + all.at(-1).inputs - 1, from = chosenInput(ctx)?.index;
    if (key === "ArrowUp" || key === "ArrowDown") {
      const to = from === undefined ? holds(ctx, ctx.place).start : from + (key === "ArrowDown" ? 1 : -1);
      ctx.pin = { role: "input", index: Math.max(0, Math.min(last, to)) };
      return ctx.place;
    }
    ctx.pin = null;
    return ctx.place + (key === "ArrowRight" ? 1 : -1);
  },
  line(ctx) {
    const [head, rest] = told(ctx);
    return `<span class="cl-name">${head}</span><span>${rest}</span>`;
  },
  say: (ctx) => told(ctx).join(" "),
};

function told(ctx) {
  const hit = chosenInput(ctx), step = (m) => (ctx.drawing.stages.length > 1 ? (m.first ? " of step 2" : " of step 1") : "");
  if (hit) {
    const m = holdsInput(ctx, hit.index), i = hit.index - m.start, g = Math.floor(i / m.per);
    return [`input ${i}${step(m)}, group ${groupLetter(g)}`, `is seen by ${m.out} of ${m.outputs} outputs: ${span(g * m.out, m.out)}`];
  }
  const m = holds(ctx, ctx.place), o = ctx.place - m.first, g = Math.floor(o / m.out);
  const taps = m.kernel * m.kernel;
  return [`output ${o}${step(m)}, group ${groupLetter(g)}`, `sees ${m.per} of ${m.inputs} inputs: ${span(g * m.per, m.per)}; ${m.per} × ${m.kernel}×${m.kernel} = ${m.per * taps} weights`];
}

export default explore(groups);
