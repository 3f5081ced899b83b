// Explorer 2: a row of cells, below it one line for each place of the window, and the way back.

import { explore } from "./core.js";
import { escapeHtml, ring } from "./frame.js";
import { arrange, box, gather, MARGIN, TITLE, titleWidth } from "./gather.js";

const AIR = 10, STAGE = 350;

// A row's output stands as a column beside the table: line i belongs to output i.
function unpack(drawing) {
  const scene = gather.unpack(drawing), [input, output] = scene.panels;
  scene.row = input.height === 1;
  if (scene.row) for (const [a, b] of [["h", "w"], ["height", "width"]]) [output[a], output[b]] = [output[b], output[a]];
  if (scene.row) [input.axes, output.axes] = [1, 2]; // what its places are counted along
  return scene;
}

function layOut(scene, c, narrow) {
  if (!scene.row) return arrange(scene, c, narrow);
  const [input, output] = scene.panels, x = input.w * c + Math.max(16, 0.6 * c), y = TITLE + c + AIR;
  const lines = output.h + (scene.drawing.next ? 1 : 0);
  return {
    spots: new Map([[input, { x: 0, y: TITLE }], [output, { x, y }]]),
    signs: [], width: x + Math.max(c, titleWidth(output), 60), height: y + lines * c, top: MARGIN, // whatever the number of lines
  };
}

function paintTable(ctx, pen, words) {
  const { scene, tokens } = ctx, { c } = scene, [input, output] = scene.panels, inset = 0.14 * c;
  const left = input.x, wide = input.w * c, high = output.h * c, read = new Set(scene.cell);
  for (let k = 0; k < input.w; k++) {
    const inside = k >= input.edge[1] && k < input.edge[1] + input.width;
    if (!inside) pen.rect(left + k * c, output.y, c, high, tokens.well);
  }
  let grid = "", lost = "", guides = "";
  for (let k = 0; k <= input.w; k++) grid += `M${left + k * c} ${output.y}v${high}`;
  for (let o = 0; o <= output.h; o++) grid += `M${left} ${output.y + o * c}h${wide}`;
  if (c >= 7) pen.path(grid, { stroke: tokens.line, "stroke-width": 0.75, opacity: 0.7 });
  for (let o = 0; o < output.h; o++) {
    const taps = scene.cell.slice(scene.ptr[o], scene.ptr[o + 1]), y = output.y + o * c;
    for (const k of taps) pen.rect(left + k * c + inset, y + inset, c - 2 * inset, c - 2 * inset, tokens.muted);
    guides += `M${left + (taps[0] + 0.5) * c} ${y + c / 2}H${left + (taps.at(-1) + 0.5) * c}`;
  }
  pen.path(guides, { stroke: tokens.muted, "stroke-width": Math.max(1, 0.08 * c) });
  for (let k = input.edge[1]; k < input.edge[1] + input.width; k++)
    if (!read.has(k)) lost += box(left + k * c + 2, output.y, c - 4, high);
  pen.path(lost, { stroke: tokens.ink, "stroke-width": 1.5, "stroke-dasharray": "5 4" });
  const { next } = scene.drawing;
  if (!next) return;
  const y = output.y + high, x = left + next.start * c, end = left + wide;
  pen.path(`M${end + 0.4 * c} ${y + 0.15 * c}H${x}V${y + 0.85 * c}H${end + 0.4 * c}`, { stroke: tokens.bad, "stroke-width": 2, "stroke-dasharray": "5 4" });
  words.text(output.x + 4, y + c / 2, "dropped", 13, tokens.bad, { "text-anchor": "start" });
}

const plain = (text) => text.replace(/\[(\d+), 0\]/g, "[$1]");

const outputSize = {
  ...gather,
  unpack,
  arrange: layOut,
  signs: ["→"],
  height: (ctx) => (ctx.scene.row ? STAGE : gather.height(ctx)),
  paint(ctx, pen, words) {
    gather.paint(ctx, pen, words);
    if (ctx.scene.row && !ctx.veil) paintTable(ctx, pen, words);
  },
  mark(ctx) {
    const { scene } = ctx, { c } = scene, [input, output] = scene.panels, more = [gather.mark(ctx)];
    if (!scene.row || ctx.veil) return more[0];
    const hit = ctx.pin ?? (ctx.hover?.role === "input" ? ctx.hover : null);
    if (hit) return more[0] + ring(input.x + hit.index * c, output.y, c, output.h * c, "cl-dashed");
    const taps = scene.cell.slice(scene.ptr[ctx.place], scene.ptr[ctx.place + 1]);
    const x = input.x + taps[0] * c, end = input.x + (taps.at(-1) + 1) * c;
    return more[0] + ring(x, output.y + ctx.place * c, end - x, c, "cl-thin");
  },
  at(ctx, x, y) {
    const { scene } = ctx, [input, output] = scene.panels;
    const line = Math.floor((y - output.y) / scene.c);
    if (scene.row && !ctx.veil && line >= 0 && line < output.h && x >= input.x && x < output.x) return { role: "output", index: line };
    return gather.at(ctx, x, y);
  },
  move(ctx, key) {
    if (!ctx.scene.row) return gather.move(ctx, key);
    return ctx.place + (key === "ArrowRight" || key === "ArrowDown" ? 1 : -1);
  },
  line: (ctx) => (ctx.scene.row ? plain(gather.line(ctx)) : gather.line(ctx)),
  say(ctx) {
    if (!ctx.scene.row) return gather.say(ctx);
    return gather.say(ctx).replace(/row (\d+) column 0/, "$1").replace("products", "cells");
  },
  more(ctx) {
    const { offers, settings, quiz } = ctx.drawing, { wanted } = settings, now = JSON.stringify(pick(settings));
    if (quiz || !offers.length) return "";
    let count = 0;
    const cell = (list, stride, kernel) => list.filter((o) => o[1] === wanted).map(([padding, , whole]) => {
      const set = JSON.stringify({ kernel_size: kernel, stride, padding });
      count += 1;
      return `<button type="button" class="${whole ? "cl-whole" : ""} ${set === now ? "cl-here" : ""}" data-set='${set}' data-lm-suppress-shortcuts="true" aria-label="kernel ${kernel}, stride ${stride}, padding ${padding}${whole ? "" : ", leaves cells unread"}">${padding}</button>`;
    }).join("");
    const head = offers[0].map((_, k) => `<th scope="col">k ${k + 1}</th>`).join("");
    const body = offers.map((line, s) => `<tr><th scope="row">s ${s + 1}</th>${line.map((list, k) => `<td>${cell(list, s + 1, k + 1)}</td>`).join("")}</tr>`).join("");
    const what = `${count} ${count === 1 ? "setting gives" : "settings give"} the wanted size ${wanted}`;
    return `<table class="cl-sizes"><caption><b>The way back.</b> ${escapeHtml(what)} at dilation ${settings.dilation}: each number is a padding, under its kernel, beside its stride. Bold: every cell is read.</caption><tr><th></th>${head}</tr>${body}</table>`;
  },
};
const pick = ({ kernel_size, stride, padding }) => ({ kernel_size, stride, padding });

export default explore(outputSize);
