// The list of layers as a table: four numbers to change in each, and the field behind it.

import { escapeHtml, fmt, KEEP } from "./frame.js";

const NUMBERS = ["kernel", "stride", "padding", "dilation"];

const field = (layer, i, n) =>
  `<td><input type="number" min="${n === 2 ? 0 : 1}" max="31" value="${layer[n]}" data-at="${i}-${n}" aria-label="${NUMBERS[n]} of layer ${i + 1}" ${KEEP}></td>`;
const does = (what, i, face, label, off) =>
  `<button type="button" data-row="${what}-${i}" aria-label="${label} layer ${i + 1}" title="${label}" ${off ? "disabled" : ""} ${KEEP}>${face}</button>`;

function tableHtml(ctx) {
  const { layers, rows, cells, quiz } = ctx.drawing, veiled = ctx.veil === "shape", last = layers.length - 1;
  const body = layers.map((layer, i) => {
    const r = rows[i], told = [cells[i + 1], r.size, r.jump ?? "", fmt(r.start), r.padding];
    const buttons = quiz ? "" : does("up", i, "↑", "move up", i === 0) + does("down", i, "↓", "move down", i === last) + does("out", i, "✕", "take out", last === 0);
    return `<tr><th scope="row">${i + 1} ${escapeHtml(layer[4])}</th>${NUMBERS.map((_, n) => (quiz ? `<td>${layer[n]}</td>` : field(layer, i, n))).join("")}` +
      `${told.map((v) => `<td>${veiled ? "?" : v}</td>`).join("")}<td>${buttons}</td></tr>`;
  });
  const add = quiz ? "" : `<button type="button" data-row="add-${last}" ${KEEP}>+ layer</button>`;
  return `<table><thead><tr><th>layer</th>${NUMBERS.map((n) => `<th>${n}</th>`).join("")}<th>cells</th><th>field</th><th>jump</th><th>start</th><th>over edge</th><th>${add}</th></tr></thead><tbody>${body.join("")}</tbody></table>`;
}

const changes = {
  up: (layers, i) => layers.splice(i - 1, 2, layers[i], layers[i - 1]),
  down: (layers, i) => layers.splice(i, 2, layers[i + 1], layers[i]),
  out: (layers, i) => layers.splice(i, 1),
  add: (layers) => layers.push([3, 1, 0, 1, "conv"]),
};

function makeTable(ctx) {
  const box = document.createElement("div");
  box.className = "cl-layers";
  ctx.part("controls").after(box);
  const send = (layers) => ctx.tell({ do: "edit", layers });
  box.addEventListener("change", (event) => {
    const [i, n] = event.target.dataset.at.split("-").map(Number);
    const layers = structuredClone(ctx.drawing.layers), value = event.target.valueAsNumber;
    if (!Number.isInteger(value)) { event.target.value = layers[i][n]; return; }
    layers[i][n] = value;
    send(layers);
  });
  box.addEventListener("click", (event) => {
    const act = event.target.dataset.row;
    if (!act) return;
    const [what, i] = act.split("-"), layers = structuredClone(ctx.drawing.layers);
    changes[what](layers, Number(i));
    send(layers);
  });
  return box;
}

// Draws the table again and leaves the focus where it was.
export function showTable(ctx) {
  const box = (ctx.table ??= makeTable(ctx)), now = document.activeElement;
  const at = box.contains(now) ? (now.dataset.at ? `[data-at="${now.dataset.at}"]` : `[data-row="${now.dataset.row}"]`) : "";
  const html = tableHtml(ctx);
  if (ctx.tableHtml === html && !ctx.drawing.error) return;
  ctx.tableHtml = html;
  box.innerHTML = html;
  if (at) (box.querySelector(at) ?? box.querySelector("[data-row]"))?.focus();
}
