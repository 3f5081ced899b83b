// Explorer 4, second part: bins as brackets beside the map, levels side by side, all in one row.

import { explore } from "./core.js";
import { fmt, inkOn, ring, shade } from "./frame.js";
import { gather, TITLE, titleWidth } from "./gather.js";
import { panelOf } from "./record.js";

const LANE = 13, ROOM = 2 * LANE + 6, ROW = 26; // brackets stand in two lanes, since neighbours overlap

const outputs = (scene) => scene.panels.filter((p) => p.role === "output");

function layOut(scene, c, narrow) {
  const [input] = scene.panels, levels = outputs(scene), gap = Math.max(20, 0.7 * c), spots = new Map();
  const high = Math.max(input.h * c + ROOM, ...levels.map((p) => p.h * c));
  spots.set(input, { x: ROOM, y: TITLE });
  let x = ROOM + Math.max(input.w * c, titleWidth(input)) + gap, below = 0, width = 0;
  const signs = narrow ? [] : [{ x: x - gap / 2, y: TITLE + (input.h * c) / 2, n: 0 }];
  const top = narrow ? 2 * TITLE + ROOM + input.h * c : TITLE;
  if (narrow) x = 0;
  for (const p of levels) {
    spots.set(p, { x, y: top });
    x += Math.max(p.w * c, titleWidth(p)) + gap;
    below = Math.max(below, p.h * c);
  }
  width = Math.max(x - gap, ROOM + input.w * c);
  const strip = levels.length > 1 ? ROW + TITLE : 0;
  return { spots, signs, width, height: (narrow ? top + below : TITLE + high) + strip + 8 };
}

const blockOf = (ctx) => {
  const p = panelOf(ctx.scene, "output", ctx.place);
  return { block: ctx.scene.drawing.blocks.find((b) => b.output === p.number), p, k: ctx.place - p.first };
};

const bracket = (a, b, at, upright) =>
  upright ? `M${at + 6} ${a}H${at}V${b}H${at + 6}` : `M${a} ${at - 6}V${at}H${b}V${at - 6}`;

// The brackets of the selected bin's level; the other levels share the map in their own way.
function brackets(ctx) {
  const { scene } = ctx, { c } = scene, [input] = scene.panels, { block, p, k } = blockOf(ctx), parts = [];
  const draw = (bins, from, upright, chosen) => bins.forEach((cells, i) => {
    const away = 8 + (i % 2) * LANE, at = upright ? from - away : from + away;
    const start = (upright ? input.y : input.x) + cells[0] * c + 2, stop = start + cells.length * c - 4;
    const d = bracket(start, stop, at, upright);
    parts.push(`<path class="cl-bracket ${i === chosen ? "cl-chosen" : ""}" d="${d}"/>`);
  });
  draw(block.cols, input.y + input.h * c, false, k % p.w);
  draw(block.rows, input.x, true, Math.floor(k / p.w));
  return parts.join("");
}

function strip(ctx) {
  const { scene } = ctx, count = scene.counts.output, size = Math.min(ROW, (ctx.width - 16) / count);
  return { count, size, x: (ctx.width - count * size) / 2, y: ctx.height - ROW - 8 };
}

function paintStrip(ctx, pen, words) {
  const { scene, tokens } = ctx, s = strip(ctx);
  words.text(s.x, s.y - 12, `in one row: ${s.count} values`, 13, tokens.ink, { "text-anchor": "start", "font-weight": 600 });
  const longest = Math.max(...outputs(scene).flatMap((p) => [...p.values].map((value) => fmt(value).length)));
  const size = Math.min(12, (0.9 * s.size) / (0.58 * longest));
  for (const p of outputs(scene)) p.values.forEach((value, k) => {
    const x = s.x + (p.first + k) * s.size, fill = shade(value, p.limit, tokens);
    pen.rect(x, s.y, s.size, ROW, `rgb(${fill})`);
    if (size >= 7) pen.text(x + s.size / 2, s.y + ROW / 2, fmt(value), size, inkOn(fill));
    pen.path(`M${x} ${s.y}h${s.size}v${ROW}h${-s.size}z`, { stroke: k ? tokens.line : tokens.ink, "stroke-width": 0.75 });
  });
}

const bins = {
  ...gather,
  arrange: layOut,
  signs: ["→"],
  paint(ctx, pen, words) {
    gather.paint(ctx, pen, words);
    if (outputs(ctx.scene).length > 1) paintStrip(ctx, pen, words);
  },
  mark(ctx) {
    const marks = gather.mark(ctx) + brackets(ctx);
    if (outputs(ctx.scene).length === 1) return marks;
    const s = strip(ctx);
    return marks + ring(s.x + ctx.place * s.size, s.y, s.size, ROW);
  },
  at(ctx, x, y) {
    const s = strip(ctx), k = Math.floor((x - s.x) / s.size);
    if (outputs(ctx.scene).length > 1 && y >= s.y && y < s.y + ROW && k >= 0 && k < s.count) return { role: "output", index: k };
    return gather.at(ctx, x, y);
  },
  // At the edge of a level the arrows go on to its neighbour.
  move(ctx, key) {
    const to = gather.move(ctx, key);
    if (to !== ctx.place) return to;
    return ctx.place + ({ ArrowRight: 1, ArrowLeft: -1 }[key] ?? 0);
  },
};

export default explore(bins);
