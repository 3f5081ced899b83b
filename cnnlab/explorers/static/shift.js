// Explorer 11: the gather view with two pictures, the layer over both, and what is left over.

import { explore } from "./core.js";
import { ring } from "./frame.js";
import { gather, TITLE, titleWidth } from "./gather.js";

// The pictures above each other, each with its output beside it; the difference at the end.
function sideBySide(scene, c, narrow) {
  const by = (role) => scene.panels.filter((p) => p.role === role), gap = Math.max(26, 0.7 * c);
  const all = ["input", "kernel", "output", "target"].map(by);
  const columns = (narrow ? [[...all[0], ...all[1]], [...all[2], ...all[3]]] : all).filter((s) => s.length);
  const tall = (column) => column.reduce((sum, p) => sum + p.h * c + TITLE, 0);
  const height = Math.max(...columns.map(tall)), spots = new Map();
  let x = 0;
  for (const column of columns) {
    let y = (height - tall(column)) / 2;
    for (const p of column) {
      spots.set(p, { x, y: y + TITLE });
      y += p.h * c + TITLE;
    }
    x += Math.max(...column.map((p) => Math.max(p.w * c, titleWidth(p) + 14))) + gap;
  }
  return { spots, signs: [], width: x - gap, height };
}

// The cell of the other output that this one should move to, and its cell in the difference.
function partners(ctx) {
  const { scene } = ctx, [a, b] = scene.panels.filter((p) => p.role === "output"), left = scene.panels.at(-1);
  const [down, right] = ctx.drawing.along, inA = ctx.place < a.values.length, own = ctx.place - (inA ? 0 : a.values.length);
  const turn = (v, n) => (((v % n) + n) % n), sign = inA ? 1 : -1;
  const row = turn(Math.floor(own / a.w) + sign * down, a.h), col = turn((own % a.w) + sign * right, a.w);
  const there = row * a.w + col;
  return [[inA ? b : a, there], [left, inA ? there : own]];
}

const shift = {
  ...gather,
  arrange: sideBySide,
  height(ctx) { // another input may need another height; no other knob changes it
    const { preset } = ctx.drawing.settings;
    if (ctx.preset !== preset) [ctx.preset, ctx.reference] = [preset, ctx.scene];
    return gather.height(ctx);
  },
  mark(ctx) {
    const { c } = ctx.scene, hit = ctx.pin ?? (ctx.hover?.role === "input" ? ctx.hover : null);
    if (hit) return gather.mark(ctx);
    const rings = partners(ctx).map(([p, k]) => ring(p.x + (k % p.w) * c, p.y + Math.floor(k / p.w) * c, c, c, "cl-dashed"));
    return gather.mark(ctx) + rings.join("");
  },
};

export default explore(shift);
