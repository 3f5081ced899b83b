// What every explorer's page is made of: numbers and colours, two pens, and the HTML around the stage.

const SPEEDS = [1, 3, 8, 20];
const KEYS = [
  ["← ↑ → ↓", "move the selected output"],
  [", .", "one output back, one on"],
  ["Home End", "first output, last output"],
  ["Space", "play or stop"],
  ["g", "gradient view: what each input cell gives"],
  ["Enter", "change the values that can be changed"],
  ["f", "projector: fill the screen"],
  ["c", "copy the torch line"],
  ["r", "reset"],
  ["Esc", "leave, back to the cell"],
];

// ---- numbers and colours, the same rules as look.py

const MINUS = "−";
export const escapeHtml = (text) =>
  String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

export function fmt(value) {
  const size = Math.abs(value);
  let text;
  if (Number.isNaN(value)) return "NaN";
  if (size === Infinity) text = "∞";
  else if (size < 1e-12) return "0";
  else if (size >= 1e5 || size < 1e-3) {
    const [head, exponent] = size.toExponential(0).split("e");
    text = `${head}e${Number(exponent)}`.replace("-", MINUS);
  } else if (size < 0.005) text = size.toFixed(3);
  else {
    text = size.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
    if (text.includes(".")) text = text.replace(/\.?0+$/, "");
  }
  return (value < 0 ? MINUS : "") + text;
}

const channels = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

export function shade(value, limit, tokens) {
  const share = limit && Number.isFinite(value) ? Math.min(1, Math.abs(value) / limit) : 0;
  const zero = channels(tokens.zero);
  const end = channels(value > 0 ? tokens.pos : tokens.neg);
  return zero.map((z, i) => Math.round(z * (1 - share) + end[i] * share));
}

export function inkOn(colour) {
  const linear = colour.map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.1791 ? "#000000" : "#ffffff";
}

// ---- two pens with one hand: SVG for what can be read cell by cell, canvas for many cells

export function svgPen() {
  const parts = [];
  const attrs = (style) => Object.entries(style).map(([k, v]) => `${k}="${v}"`).join(" ");
  return {
    parts,
    rect: (x, y, w, h, fill) => parts.push(`<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="${fill}"/>`),
    path: (d, style) => d && parts.push(`<path d="${d}" fill="none" ${attrs(style)}/>`),
    text: (x, y, text, size, fill, more = {}) =>
      parts.push(`<text x="${x}" y="${y}" font-size="${size}" fill="${fill}" ${attrs(more)}>${escapeHtml(text)}</text>`),
  };
}

export function canvasPen(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  [canvas.width, canvas.height] = [width * ratio, height * ratio];
  const g = canvas.getContext("2d");
  g.scale(ratio, ratio);
  g.textAlign = "center";
  g.textBaseline = "middle";
  return {
    rect: (x, y, w, h, fill) => { g.fillStyle = fill; g.fillRect(x, y, w, h); },
    path: (d, style) => {
      g.globalAlpha = style.opacity ?? 1;
      g.strokeStyle = style.stroke;
      g.lineWidth = style["stroke-width"] ?? 1;
      g.stroke(new Path2D(d));
      g.globalAlpha = 1;
    },
    text: (x, y, text, size, fill, more = {}) => {
      g.globalAlpha = more.opacity ?? 1;
      g.font = `${more["font-style"] ?? ""} ${size}px ${getComputedStyle(canvas).fontFamily}`;
      g.fillStyle = fill;
      g.fillText(text, x, y);
      g.globalAlpha = 1;
    },
  };
}

// Outlines are ink with a halo of the page, so they show on any colour and to any eye.
export const ring = (x, y, w, h, more = "") =>
  `<rect class="cl-halo" x="${x}" y="${y}" width="${w}" height="${h}" rx="3"/><rect class="cl-ring ${more}" x="${x}" y="${y}" width="${w}" height="${h}" rx="3"/>`;

// ---- the page

export const KEEP = 'data-lm-suppress-shortcuts="true"'; // else JupyterLab takes the keys for itself

function knob(c) {
  const key = c.key ? ` title="key ${c.key}"` : "";
  const name = `data-knob="${c.name}" data-key="${c.key}" ${KEEP}`;
  if (c.kind === "choice") {
    const options = c.options.map((o) => `<option>${escapeHtml(o)}</option>`).join("");
    return `<label class="cl-knob"${key}><span>${c.label}</span><select ${name}>${options}</select></label>`;
  }
  if (c.kind === "switch")
    return `<label class="cl-knob cl-switch"${key}><input type="checkbox" ${name}><span>${c.label}</span></label>`;
  return `<label class="cl-knob"${key}><span>${c.label} <output></output></span><input type="range" min="${c.low}" max="${c.high}" step="${c.step}" ${name}></label>`;
}

export const button = (act, face, label) =>
  `<button type="button" data-act="${act}" aria-label="${label}" title="${label}" ${KEEP}>${face}</button>`;

const CENTRED = 'aria-hidden="true" text-anchor="middle" dominant-baseline="central"';
const SCREEN = '<svg width="14" height="14" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="2"><path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4"/></svg>';

export function frame(about) {
  const modes = about.modes.map((m) => `<option>${m}</option>`).join("");
  const mode = about.modes.length > 1
    ? `<label class="cl-knob"><span>mode</span><select data-act="mode" ${KEEP}>${modes}</select></label>` : "";
  const keys = about.controls.filter((c) => c.key).map((c) => [c.key, c.label]).concat(about.keys, KEYS);
  return `
<div class="cl-bar" data-part="controls">${about.controls.map(knob).join("")}${mode}
  <span class="cl-tools">${button("reset", "↺", "reset (r)")}${button("full", SCREEN, "projector (f)")}${button("help", "?", "keys (?)")}</span></div>
<div class="cl-quiz" data-part="quiz" hidden></div>
<div class="cl-stage" data-part="stage" tabindex="0" role="application" aria-label="${escapeHtml(about.heading)}, interactive picture; press ? for the keys" ${KEEP}>
  <canvas data-part="canvas" aria-hidden="true"></canvas><svg data-part="base" ${CENTRED}></svg><svg data-part="over" ${CENTRED}></svg>
  <p class="cl-error" role="alert" data-part="error" hidden></p>
  <dl class="cl-help" data-part="help" hidden>${keys.map(([k, what]) => `<div><dt>${k}</dt><dd>${what}</dd></div>`).join("")}</dl></div>
<div class="cl-transport" data-part="transport">${button("back", "‹", "previous output (,)")}${button("play", "▶", "play (Space)")}${button("on", "›", "next output (.)")}
  <input type="range" min="0" step="1" data-act="scrub" aria-label="output cell" ${KEEP}><span class="cl-count" data-part="count"></span>
  <select data-act="speed" aria-label="speed" ${KEEP}>${SPEEDS.map((s) => `<option value="${s}">${s}/s</option>`).join("")}</select></div>
<div class="cl-line" data-part="line" tabindex="0" role="group" aria-label="how the selected value comes about" ${KEEP}></div>
<div class="cl-words" data-part="words"></div>
<div class="cl-more" data-part="more"></div>
<div class="cl-torch" data-part="torch"><code></code>${button("copy", "copy", "copy the torch line (c)")}</div>
<p class="cl-live" aria-live="polite" data-part="live"></p>`;
}
