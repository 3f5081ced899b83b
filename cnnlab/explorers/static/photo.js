// Explorer 10: a photo, what a kernel makes of it, and a magnifier with the numbers of one place.
// The photo comes once; the output is reckoned here, by the same rule as Python's.

import { explore } from "./core.js";
import { editKernel } from "./edit_kernel.js";
import { fmt, inkOn, KEEP, ring, shade } from "./frame.js";

const HEAD = 24, GAP = 18, SIDE = 256;

export function unpackPhoto({ height, width, values, bytes }) {
  const raw = Uint8Array.from(atob(values), (letter) => letter.charCodeAt(0));
  return { height, width, values: bytes ? Float64Array.from(raw, (v) => v / 255) : Float64Array.from(new Float32Array(raw.buffer)) };
}

// out[i, j] = sum over the taps of photo[i s + a d, j s + b d] * weight[a, b]
export function correlatePhoto(photo, weight, [rows, cols], stride, dilation) {
  const values = new Float64Array(rows * cols), { width } = photo;
  weight.forEach((line, a) => line.forEach((w, b) => {
    if (w) for (let i = 0; i < rows; i++) {
      let from = (i * stride + a * dilation) * width + b * dilation;
      for (let j = 0; j < cols; j++, from += stride) values[i * cols + j] += photo.values[from] * w;
    }
  }));
  return { height: rows, width: cols, values };
}

const rangeOf = ({ values }) => values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);

// A map as colours: grey where nothing is negative, else signed, up to its own largest value.
function painted(map, tokens) {
  const canvas = Object.assign(document.createElement("canvas"), { width: map.width, height: map.height });
  const g = canvas.getContext("2d"), image = g.createImageData(map.width, map.height);
  map.values.forEach((v, k) => image.data.set([...fillOf(map, v, tokens), 255], 4 * k));
  g.putImageData(image, 0, 0);
  return canvas;
}
const fillOf = (map, v, tokens) => (map.low < 0 ? shade(v, map.limit, tokens) : Array(3).fill(Math.round((255 * v) / (map.limit || 1))));

function withRange(map) {
  const [low, high] = rangeOf(map);
  return Object.assign(map, { low, high, limit: Math.max(Math.abs(low), Math.abs(high)) });
}

function unpack(d, ctx) {
  const { values } = ctx.about.photo;
  if (ctx.given !== values) [ctx.given, ctx.mine, ctx.photo] = [values, null, withRange(unpackPhoto(ctx.about.photo))];
  const photo = ctx.mine ?? ctx.photo, k = d.weight.length, { stride, dilation } = d.settings, reach = dilation * (k - 1) + 1;
  const places = ctx.mine ? [photo.height, photo.width].map((n) => Math.max(0, Math.floor((n - reach) / stride) + 1)) : d.places;
  const output = withRange(correlatePhoto(photo, d.weight, places, d.error ? ctx.kept?.stride ?? stride : stride, dilation));
  if (!d.error) ctx.kept = d.settings;
  const flat = d.weight.flat(), limit = Math.max(...flat.map(Math.abs));
  const kernel = { role: "kernel", first: 0, values: flat, w: k, h: k, spread: [1, 1], limit };
  showOpener(ctx);
  return { photo, output, kernel, panels: [kernel], counts: { kernel: flat.length }, reach, stride, dilation };
}

// ---- the learner's own photo: read here, and given to Python only if asked to

function showOpener(ctx) {
  if (ctx.opener) return;
  ctx.opener = document.createElement("div");
  ctx.opener.className = "cl-bar";
  const give = ctx.about.alone ? "" : `<button type="button" data-own="give" hidden ${KEEP}>give it to Python: e.input</button>`;
  ctx.opener.innerHTML = `<label class="cl-knob"><span>your own photo (stays on this page)</span><input type="file" accept="image/*" ${KEEP}></label>
<span>${give} <button type="button" data-own="back" hidden ${KEEP}>back to the first photo</button> <span role="status"></span></span>`;
  ctx.part("controls").after(ctx.opener);
  const buttons = (on) => ctx.opener.querySelectorAll("button").forEach((b) => { b.hidden = !on; });
  const say = (text) => { ctx.opener.querySelector("[role=status]").textContent = text; };
  const again = () => { ctx.scene = unpack(ctx.drawing, ctx); ctx.select(0, false); ctx.redraw(); };
  ctx.opener.addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    try { ctx.mine = await greyOf(file); } catch { say("this file holds no picture"); return; }
    say("");
    buttons(true);
    again();
  });
  ctx.opener.addEventListener("click", (event) => {
    const act = event.target.dataset.own;
    if (act === "give") {
      const text = Array.from(ctx.mine.values, (v) => String.fromCharCode(Math.round(255 * v))).join("");
      ctx.tell({ do: "edit", photo: { height: SIDE, width: SIDE, values: btoa(text), bytes: true } });
    }
    if (!act) return;
    ctx.opener.querySelector("input").value = "";
    buttons(false);
    say("");
    if (act === "back") { ctx.mine = null; again(); }
  });
}

async function greyOf(file) {
  const image = await createImageBitmap(file), side = Math.min(image.width, image.height);
  const canvas = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE }), g = canvas.getContext("2d");
  g.drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, SIDE, SIDE);
  const { data } = g.getImageData(0, 0, SIDE, SIDE);
  const values = Float64Array.from({ length: SIDE * SIDE }, (_, k) => Math.round(0.299 * data[4 * k] + 0.587 * data[4 * k + 1] + 0.114 * data[4 * k + 2]) / 255);
  return withRange({ height: SIDE, width: SIDE, values });
}

// ---- where everything stands

function places(ctx) {
  const { photo, output, kernel } = ctx.scene, low = ctx.width < 620 ? 118 : 210;
  const c = Math.min((ctx.width - GAP) / (photo.width + Math.max(output.width, 110)), (ctx.height - 2 * HEAD - low - 12) / photo.height, 2);
  const left = Math.max(0, (ctx.width - c * (photo.width + output.width) - GAP) / 2), top = HEAD;
  const third = (ctx.width - 2 * GAP) / 3, side = Math.min(low, third), y = ctx.height - side;
  const box = (n) => ({ x: n * (third + GAP) + (third - side) / 2, y, side });
  Object.assign(kernel, { x: box(1).x, y });
  ctx.scene.c = side / kernel.w;
  return { c, input: { x: left, y: top }, output: { x: left + c * photo.width + GAP, y: top }, boxes: [box(0), box(1), box(2)] };
}

const chosen = (ctx) => [Math.floor(ctx.place / ctx.scene.output.width), ctx.place % ctx.scene.output.width];

// A square piece of a map around a cell, enlarged, with its numbers where there is room.
function magnified(ctx, map, [row, col], n, { x, y, side }, dim) {
  const c = side / n, parts = [], top = Math.round(row - (n - 1) / 2), left = Math.round(col - (n - 1) / 2);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) {
    const [r, q] = [top + i, left + j], inside = r >= 0 && q >= 0 && r < map.height && q < map.width;
    if (!inside) continue;
    const v = map.values[r * map.width + q], fill = fillOf(map, v, ctx.tokens), text = fmt(v), size = Math.min(0.42 * c, (0.92 * c) / (0.58 * text.length));
    parts.push(`<rect x="${x + j * c}" y="${y + i * c}" width="${c}" height="${c}" fill="rgb(${fill})" stroke="${ctx.tokens.line}" stroke-width=".5"/>`);
    if (size >= 7) parts.push(`<text x="${x + (j + 0.5) * c}" y="${y + (i + 0.5) * c}" font-size="${size}" fill="${inkOn(fill)}" opacity="${dim?.(r, q) ? 0.35 : 1}">${text}</text>`);
  }
  return { svg: parts.join(""), at: (r, q) => [x + (q - left) * c, y + (r - top) * c], c };
}

function magnifier(ctx) {
  const { photo, output, kernel, reach, stride, dilation } = ctx.scene, { boxes } = places(ctx), [row, col] = chosen(ctx), parts = [];
  const n = Math.max(7, reach + 2), middle = [row * stride + (reach - 1) / 2, col * stride + (reach - 1) / 2];
  const tap = (r, q) => [r - row * stride, q - col * stride].every((v) => v >= 0 && v < reach && v % dilation === 0);
  const under = magnified(ctx, photo, middle, n, boxes[0], (r, q) => !tap(r, q));
  parts.push(under.svg);
  const [x, y] = under.at(row * stride, col * stride);
  if (dilation > 1) for (let a = 0; a < reach; a += dilation) for (let b = 0; b < reach; b += dilation)
    parts.push(`<rect class="cl-taps" x="${x + b * under.c + 1}" y="${y + a * under.c + 1}" width="${under.c - 2}" height="${under.c - 2}"/>`);
  parts.push(ring(x, y, reach * under.c, reach * under.c));
  const weights = { ...kernel, height: kernel.h, width: kernel.w, low: -1 };
  parts.push(magnified(ctx, weights, [(kernel.h - 1) / 2, (kernel.w - 1) / 2], kernel.w, boxes[1]).svg);
  const made = magnified(ctx, output, [row, col], 7, boxes[2]), [ox, oy] = made.at(row, col);
  parts.push(made.svg, ring(ox, oy, made.c, made.c));
  const names = ctx.width < 620 ? ["window", "kernel", "output"] : ["under the kernel", `kernel ${kernel.h}×${kernel.w}`, `around output[${row}, ${col}]`];
  const faces = names.map((text, n) => [boxes[n], text]);
  for (const [box, text] of faces) parts.push(`<text x="${box.x}" y="${box.y - 11}" font-size="13" font-weight="600" text-anchor="start" fill="${ctx.tokens.ink}">${text}</text>`);
  return parts.join("");
}

function told(ctx) {
  const { photo, output, kernel, stride, dilation } = ctx.scene, [row, col] = chosen(ctx), terms = [];
  kernel.values.forEach((w, t) => {
    const v = photo.values[(row * stride + Math.floor(t / kernel.w) * dilation) * photo.width + col * stride + (t % kernel.w) * dilation];
    terms.push([v, w]);
  });
  const below = output.values.reduce((sum, v) => sum + (v < 0), 0) / output.values.length;
  return { head: `output[${row}, ${col}] = ${fmt(output.values[ctx.place])}`, terms, range: `all of it: ${fmt(output.low)} to ${fmt(output.high)}, ${Math.round(100 * below)}% negative` };
}

const view = {
  unpack,
  count: (ctx) => ctx.scene.output.values.length,
  wantsCanvas: () => true,
  height: (ctx) => (ctx.width < 620 ? 2 * HEAD + 12 + 118 + Math.ceil(ctx.width / 2) : 2 * HEAD + 12 + 210 + 320),
  paint(ctx, pen, words) {
    const { photo, output } = ctx.scene, at = places(ctx), g = ctx.part("canvas").getContext("2d");
    g.imageSmoothingEnabled = false;
    for (const [map, spot, name] of [[photo, at.input, ctx.mine ? "your photo" : "photo"], [output, at.output, "output"]]) {
      if (!map.values.length) continue;
      g.drawImage(painted(map, ctx.tokens), spot.x, spot.y, at.c * map.width, at.c * map.height);
      words.text(spot.x, 11, `${name} ${map.height}×${map.width}`, 13, ctx.tokens.ink, { "font-weight": 600, "text-anchor": "start" });
    }
  },
  mark(ctx) {
    const { reach, stride } = ctx.scene, { c, input, output } = places(ctx), [row, col] = chosen(ctx), least = (n) => Math.max(n * c, 5);
    const far = (least(1) - c) / 2, wide = least(reach), near = (wide - reach * c) / 2;
    return ring(input.x + col * stride * c - near, input.y + row * stride * c - near, wide, wide) + ring(output.x + col * c - far, output.y + row * c - far, least(1), least(1)) + magnifier(ctx);
  },
  at(ctx, x, y) {
    const { photo, output, kernel, stride, reach } = ctx.scene, { c, input, output: out, boxes } = places(ctx);
    const [col, row] = [(x - out.x) / c, (y - out.y) / c].map(Math.floor);
    if (row >= 0 && col >= 0 && row < output.height && col < output.width) return { role: "output", index: row * output.width + col };
    const [q, r] = [(x - input.x) / c, (y - input.y) / c];
    if (r >= 0 && q >= 0 && r < photo.height && q < photo.width) { // the window whose middle is nearest
      const near = (v, n) => Math.max(0, Math.min(n - 1, Math.round((v - reach / 2) / stride)));
      return { role: "output", index: near(r, output.height) * output.width + near(q, output.width) };
    }
    const [b, a] = [(x - boxes[1].x) / ctx.scene.c, (y - boxes[1].y) / ctx.scene.c].map(Math.floor);
    return a >= 0 && b >= 0 && a < kernel.h && b < kernel.w ? { role: "kernel", index: a * kernel.w + b } : null;
  },
  press(ctx, hit, event) {
    if (hit?.role !== "kernel") return false;
    event.preventDefault();
    editKernel(ctx, hit.index);
    return true;
  },
  enter: (ctx) => editKernel(ctx, 0),
  move(ctx, key) {
    const { width, height } = ctx.scene.output, [row, col] = chosen(ctx), clip = (v, n) => Math.max(0, Math.min(n - 1, v));
    const [r, c] = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[key];
    return clip(row + r, height) * width + clip(col + c, width);
  },
  line(ctx) {
    const { head, terms, range } = told(ctx), sign = (v) => (v > 1e-12 ? "cl-pos" : v < -1e-12 ? "cl-neg" : "cl-nil");
    const shown = terms.map(([v, w]) => `<span class="cl-term ${sign(v * w)}">${fmt(v)}<i>×${fmt(w)}</i></span>`);
    return `<span class="cl-name">${head} =</span>${shown.join('<span class="cl-plus">+</span>')}<span>${range}</span>`;
  },
  say(ctx) {
    const { head, terms, range } = told(ctx);
    return `${head}, sum of ${terms.length} products; ${range}`;
  },
};

export default explore(view);
