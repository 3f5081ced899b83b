// Explorer 3: the input, and around it what each mode puts there; dotted arcs lead to the sources.

import { explore } from "./core.js";
import { fmt } from "./frame.js";
import { arc, corner, gather, ringAt, TITLE, titleWidth } from "./gather.js";
import { panelOf } from "./record.js";

const ARCS = 34; // pixels below a row, for its arcs

const isRow = (scene) => scene.panels[0].height === 1;
const outputs = (scene) => scene.panels.filter((p) => p.role === "output");
const isCopy = (p, k) => p.source[k] >= 0 && homeOf(p, k) !== k;
const homeOf = (p, k) => (Math.floor(p.source[k] / p.width) + p.edge[0]) * p.w + (p.source[k] % p.width) + p.edge[1];

function layOut(scene, c, narrow) {
  const [input] = scene.panels, shown = outputs(scene), row = isRow(scene), gap = Math.max(24, 0.7 * c);
  const spots = new Map(), columns = shown.length > 1 && !(row && narrow) ? 2 : 1, below = row ? ARCS : 0;
  const above = row || narrow, wide = Math.max(shown[0].w * c, 70), high = TITLE + shown[0].h * c + below;
  const left = above ? 0 : Math.max(input.w * c, titleWidth(input)) + gap;
  const top = above ? TITLE + input.h * c : 0, lines = Math.ceil(shown.length / columns);
  const total = top + lines * high;
  spots.set(input, { x: above ? shown[0].edge[1] * c : 0, y: above ? TITLE : (total - input.h * c + TITLE) / 2 });
  shown.forEach((p, n) => spots.set(p, { x: left + (n % columns) * (wide + gap), y: top + Math.floor(n / columns) * high + TITLE }));
  const signs = above ? [] : [{ x: left - gap / 2, y: total / 2 + TITLE / 2, n: 0 }];
  return { spots, signs, width: left + columns * wide + (columns - 1) * gap, height: total };
}

function below(scene, p, k) {
  const { c } = scene, home = homeOf(p, k), [x1, y] = corner(scene, p, k), [x2] = corner(scene, p, home);
  const deep = 8 + Math.min(2 * ARCS - 14, 7 * Math.abs(home - k)), a = x1 + c / 2, b = x2 + c / 2;
  return { d: `M${a} ${y + c + 2}Q${(a + b) / 2} ${y + c + deep} ${b} ${y + c + 2}`, x: b, y: y + c + 2 };
}

function boldArc(scene, p, k) {
  if (!isCopy(p, k)) return "";
  if (!isRow(scene)) return arc(scene, p, k, 0);
  const { d, x, y } = below(scene, p, k);
  return `<path class="cl-arc cl-under" d="${d}"/><path class="cl-arc" d="${d}"/><circle class="cl-dot" cx="${x}" cy="${y}" r="3"/>`;
}

function words(ctx) {
  const { scene, place } = ctx, p = panelOf(scene, "output", place), k = place - p.first, [input] = scene.panels;
  const at = (i, w) => (isRow(scene) ? `[${i % w}]` : `[${Math.floor(i / w)}, ${i % w}]`);
  const name = `${p.title}${at(k, p.w)} = ${fmt(p.values[k])}`, source = p.source[k];
  if (source < 0) return [name, "a constant: it copies no cell, and takes no gradient"];
  return [name, `${isCopy(p, k) ? "a copy of" : "the cell itself,"} input${at(source, input.w)}`];
}

const padding = {
  ...gather,
  arrange: layOut,
  signs: ["→"],
  paint(ctx, pen, text) {
    gather.paint(ctx, pen, text);
    const { scene, tokens } = ctx;
    if (ctx.veil || !isRow(scene) || scene.c < 10) return;
    let d = "";
    for (const p of outputs(scene)) p.source.forEach((_, k) => { if (isCopy(p, k)) d += below(scene, p, k).d; });
    pen.path(d, { stroke: tokens.muted, "stroke-width": 1.4, "stroke-dasharray": "1 3.2", "stroke-linecap": "round" });
  },
  mark(ctx) {
    const { scene, place } = ctx;
    if (ctx.veil === "shape") return "";
    if (ctx.veil) return ringAt(ctx, "output", place); // the rest would tell
    if ((ctx.pin ?? ctx.hover)?.role === "input") return gather.mark(ctx);
    const own = panelOf(scene, "output", place), k = place - own.first, parts = [gather.mark(ctx)];
    for (const p of outputs(scene)) {
      if (p !== own) parts.push(ringAt(ctx, "output", p.first + k, "cl-thin"));
      if (isCopy(p, k)) parts.push(ringAt(ctx, "output", p.first + homeOf(p, k), "cl-dashed"));
      parts.push(boldArc(scene, p, k));
    }
    return parts.join("");
  },
  line(ctx) {
    if ((ctx.pin ?? ctx.hover)?.role === "input") return gather.line(ctx);
    const [name, rest] = words(ctx);
    return `<span class="cl-name">${name}</span><span>${rest}</span>`;
  },
  say: (ctx) => words(ctx).join(", "),
};

export default explore(padding);
