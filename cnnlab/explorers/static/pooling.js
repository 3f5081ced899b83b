// Explorer 4: the gather view, with all winners, the route of the gradient, and the dropped window.

import { explore } from "./core.js";
import { corner, gather } from "./gather.js";
import { panelOf, winner } from "./record.js";

const discs = (scene) => new Set(Array.from({ length: scene.counts.output }, (_, o) => scene.cell[winner(scene, o)]));

// What hangs over the padding is crossed out: it is there for the window alone.
function paintBeyond(ctx, pen, p) {
  const { scene, tokens } = ctx, { c } = scene, [rows, cols] = scene.drawing.beyond;
  let cross = "";
  for (let k = 0; k < p.values.length; k++) {
    if (Math.floor(k / p.w) < p.h - rows && k % p.w < p.w - cols) continue;
    const [x, y] = corner(scene, p, k);
    cross += `M${x} ${y}l${c} ${c}M${x} ${y + c / 2}l${c / 2} ${c / 2}M${x + c / 2} ${y}l${c / 2} ${c / 2}`;
  }
  pen.path(cross, { stroke: tokens.ink, "stroke-width": 0.9, opacity: 0.4 });
}

// The window that is not taken: dashed, in line with the selected one, open where it hangs over.
function dropped(ctx, p) {
  const { scene, place } = ctx, { c } = scene, parts = [], out = panelOf(scene, "output", place);
  const block = scene.drawing.blocks[0], k = place - out.first;
  const rows = block.rows[Math.floor(k / out.w)], cols = block.cols[k % out.w];
  const [down, right] = scene.drawing.next, open = 0.45 * c;
  const top = p.y + rows[0] * c, left = p.x + cols[0] * c;
  const high = (rows.at(-1) - rows[0] + 1) * c, wide = (cols.at(-1) - cols[0] + 1) * c;
  if (right) parts.push(`M${p.x + p.w * c + open} ${top}H${p.x + right.start * c}v${high}H${p.x + p.w * c + open}`);
  if (down) parts.push(`M${left} ${p.y + p.h * c + open}V${p.y + down.start * c}h${wide}V${p.y + p.h * c + open}`);
  return parts.map((d) => `<path class="cl-halo" d="${d}"/><path class="cl-dropped" d="${d}"/>`).join("");
}

// Along the edges of cells, so that it covers no digit.
function route(ctx, p) {
  const { scene, place } = ctx, { c } = scene, out = panelOf(scene, "output", place), edge = 0.05 * c;
  const [x1, y1] = corner(scene, p, scene.cell[winner(scene, place)] - p.first), [x2, y2] = corner(scene, out, place - out.first);
  const end = p.x + p.w * c, between = (end + out.x) / 2;
  const d = out.x > end
    ? `M${x1 + 0.8 * c} ${y1 + edge}H${end}C${between} ${y1 + edge} ${between} ${y2 + edge} ${out.x} ${y2 + edge}H${x2}`
    : `M${x1 + edge} ${y1 + 0.8 * c}V${p.y + p.h * c}L${x2 + edge} ${out.y}V${y2}`;
  return `<path class="cl-arc cl-under" d="${d}"/><path class="cl-arc" d="${d}"/><circle class="cl-dot" cx="${x2}" cy="${out.x > end ? y2 + edge : y2}" r="3"/>`;
}

const pooling = {
  ...gather,
  signs: ["→"],
  paint(ctx, pen, words) {
    gather.paint(ctx, pen, words);
    const { scene, tokens } = ctx, { c } = scene, [p] = scene.panels;
    if (c < 7) return;
    paintBeyond(ctx, pen, p);
    if (scene.join !== "max" || ctx.veil) return;
    let rings = "";
    for (const i of discs(scene)) {
      const [x, y] = corner(scene, p, i - p.first), r = 0.4 * c;
      rings += `M${x + c / 2 - r} ${y + c / 2}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
    }
    pen.path(rings, { stroke: tokens.ink, "stroke-width": 1.2 });
  },
  mark(ctx) {
    const marks = gather.mark(ctx), { scene } = ctx, [p] = scene.panels;
    if (ctx.veil === "shape" || (ctx.pin ?? ctx.hover)?.role === "input") return marks;
    return marks + dropped(ctx, p) + (scene.join === "max" && !ctx.veil ? route(ctx, p) : "");
  },
  move(ctx, key) {
    if (ctx.veil !== "winner") return gather.move(ctx, key);
    const [p] = ctx.scene.panels, at = ctx.pin ? ctx.pin.index : ctx.scene.cell[ctx.scene.ptr[ctx.place]];
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -p.w, ArrowDown: p.w }[key];
    if (ctx.pin) ctx.pin = { role: "input", index: Math.max(0, Math.min(p.values.length - 1, at + step)) };
    else ctx.pin = { role: "input", index: at };
    ctx.remark();
    return ctx.place;
  },
  enter(ctx) {
    if (ctx.veil === "winner" && ctx.pin) ctx.tell({ do: "guess", value: String(ctx.pin.index) });
  },
};

export default explore(pooling);
