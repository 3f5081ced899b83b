// The shell of every explorer: controls, stage, transport, sentences, keys, modes and themes.
// A view says what is on the stage; this file never learns what a convolution is.

import { button, canvasPen, escapeHtml, fmt, frame, KEEP, svgPen } from "./frame.js";

export function currentTheme() {
  const lab = document.body.dataset.jpThemeLight;
  if (lab) return lab === "false" ? "dark" : "light";
  if (document.body.dataset.vscodeThemeKind) return document.body.dataset.vscodeThemeKind.includes("dark") ? "dark" : "light";
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

// A view: unpack(drawing), height(ctx), paint(ctx, pen), mark(ctx), at(ctx, x, y), count(ctx),
// move(ctx, key), line(ctx), say(ctx); and where it likes press, enter, drag, keep, wantsCanvas, and
// more(ctx): HTML below the words, whose buttons with data-set ask for the settings in there.
export const explore = (view) => ({ render: ({ model, el }) => mount(view, model, el) });

function mount(view, model, el) {
  const about = model.get("about");
  const end = new AbortController(); // ends every listener
  const listen = (target, type, act, more) => target.addEventListener(type, act, { signal: end.signal, ...more });
  const me = Math.random().toString(36).slice(2);
  const root = document.createElement("div");
  root.className = "cnnlab";
  root.innerHTML = frame(about);
  el.append(root);
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const knobs = [...root.querySelectorAll("[data-knob]")];
  const waiting = new Map(); // timers by name
  const ctx = { me, root, part, about, view, place: 0, hover: null, pin: null, gradient: false, width: 0, height: 0 };
  let asked = 0;

  const later = (name, wait, act) => {
    clearTimeout(waiting.get(name));
    waiting.set(name, setTimeout(act, wait));
  };
  ctx.later = later;
  const share = () => {
    clearTimeout(waiting.get("share"));
    if (model.get("place") === ctx.place) return;
    model.set("place", ctx.place);
    model.save_changes();
  };
  const tell = (content) => {
    share(); // or the answer would set the place back
    model.send(content);
  };
  const fixed = () => ["shape", "value", "winner"].includes(ctx.veil); // the place belongs to the question

  // New content where something has the focus keeps it: out of the widget, keys edit the notebook.
  const refill = (name, html) => {
    const node = part(name), { activeElement: old } = document, held = node.contains(old) && old;
    if (node.innerHTML === html) return;
    node.innerHTML = html;
    if (!held) return;
    const twin = [...node.querySelectorAll("button")].find((b) => b.dataset.set && b.dataset.set === held.dataset.set);
    (twin ?? (name === "quiz" && node.querySelector("input, button")) ?? part("stage")).focus({ preventScroll: true });
  };

  // -- drawing

  ctx.redraw = () => {
    if (!ctx.width || !ctx.drawing) return;
    const stage = part("stage");
    ctx.height = root.classList.contains("cl-full") ? Math.max(260, fullHeight()) : view.height(ctx);
    stage.style.height = `${ctx.height}px`;
    for (const name of ["base", "over"]) {
      part(name).setAttribute("viewBox", `0 0 ${ctx.width} ${ctx.height}`);
      part(name).setAttribute("width", ctx.width);
      part(name).setAttribute("height", ctx.height);
    }
    const canvas = part("canvas"), many = Boolean(view.wantsCanvas?.(ctx));
    canvas.hidden = !many;
    canvas.style.cssText = `width:${ctx.width}px;height:${ctx.height}px`;
    const svg = svgPen();
    view.paint(ctx, many ? canvasPen(canvas, ctx.width, ctx.height) : svg, svg);
    part("base").innerHTML = svg.parts.join("");
    ctx.remark();
  };

  ctx.remark = () => {
    const count = view.count(ctx);
    if (!ctx.drawing || ctx.place >= count) return;
    part("over").innerHTML = view.mark(ctx);
    part("line").innerHTML = ctx.veil ? "" : view.line(ctx);
    const scrub = root.querySelector("[data-act=scrub]");
    scrub.max = count - 1;
    scrub.value = ctx.place;
    scrub.disabled = fixed();
    part("transport").classList.toggle("cl-veiled", ctx.veil === "shape"); // the count would tell
    part("count").textContent = `${ctx.place + 1} / ${count}`;
    later("live", 150, () => { part("live").textContent = ctx.veil ? "" : view.say(ctx); });
  };

  const words = () => {
    const d = ctx.drawing;
    const formula = ctx.veil === "shape" ? [] : d.formula;
    part("words").innerHTML = [...formula.map((f) => `<p class="cl-formula">${escapeHtml(f)}</p>`),
      `<p>${escapeHtml((ctx.veil ? [] : [...d.notes, d.counts ?? ""]).join(" "))}</p>`].join("");
    part("torch").querySelector("code").textContent = d.torch;
    part("error").textContent = d.error;
    part("error").hidden = !d.error;
    root.classList.toggle("cl-stale", Boolean(d.error));
    refill("more", view.more?.(ctx) ?? "");
  };

  const take = () => {
    const d = model.get("drawing");
    if (!d?.settings) return;
    ctx.drawing = d;
    ctx.about = model.get("about");
    ctx.tokens = LOOK.tokens[ctx.theme];
    ctx.scene = view.unpack(d, ctx);
    ctx.place = model.get("place");
    ctx.hover = null;
    ctx.pin = view.keep?.(ctx) ?? null;
    const quiz = d.quiz;
    ctx.veil = !quiz?.question ? "" : !quiz.verdict ? quiz.question.ask : quiz.last ? "" : "rest";
    if (d.asked[0] !== me || d.asked[1] >= asked) setKnobs(d);
    drawQuiz(quiz);
    words();
    ctx.redraw();
  };

  const setKnobs = (d) => {
    for (const input of knobs) {
      const value = d.settings[input.dataset.knob];
      if (input.type === "checkbox") input.checked = value;
      else input.value = Array.isArray(value) ? Math.max(...value) : value;
      input.disabled = [...(d.quiz?.locked ?? []), ...(d.idle ?? [])].includes(input.dataset.knob);
      say(input, value);
    }
    const mode = root.querySelector("[data-act=mode]");
    if (mode) mode.value = d.mode;
  };
  const say = (input, value) => {
    if (input.type !== "range") return;
    const text = Array.isArray(value) ? value.join("×") : fmt(Number(value));
    input.previousElementSibling.querySelector("output").textContent = typeof value === "string" && Number.isNaN(Number(value)) ? value : text;
  };

  const drawQuiz = (quiz) => {
    const strip = part("quiz");
    strip.hidden = !quiz;
    if (!quiz) return;
    if (quiz.question) {
      const { text, ask } = quiz.question, v = quiz.verdict;
      const field = ask === "winner" ? "" : `<input type="text" autocomplete="off" aria-label="your answer" ${KEEP}>${button("guess", "check", "check the answer")}`;
      refill("quiz", `<p><b>Predict ${quiz.number}.</b> ${escapeHtml(text)}</p>` +
        (v ? `<p class="${v.right ? "cl-right" : "cl-wrong"}">${v.right ? "✓" : "✗"} ${escapeHtml(v.text)}</p>${button("next", quiz.last ? "next question" : "and now", "go on")}` : `<span class="cl-answer">${field}</span>`));
    } else {
      const c = quiz.challenge, left = c.answers.length ? `<p>All of them: ${c.answers.map(escapeHtml).join("; ")}.</p>` : "";
      refill("quiz", `<p><b>Challenge ${quiz.number}.</b> ${escapeHtml(c.text)}</p><p class="${c.found.length ? "cl-right" : ""}">${c.found.length} of ${c.of} found${c.found.length ? ": " + c.found.map(escapeHtml).join("; ") : ""}</p>${left}` +
        button("show", "show all", "show all answers") + button("next", "next challenge", "next challenge"));
    }
    part("live").textContent = strip.textContent;
  };

  // -- what hands do

  const select = (place) => {
    if (fixed()) return;
    const last = view.count(ctx) - 1;
    ctx.place = Math.max(0, Math.min(last, place));
    ctx.hover = null;
    ctx.remark();
    later("share", 120, share);
  };
  ctx.select = select;
  ctx.tell = tell;
  ctx.ask = (settings) => {
    asked += 1;
    model.set("asked", { view: me, count: asked, place: ctx.place, settings });
    model.save_changes();
  };

  const settingsNow = () => Object.fromEntries(knobs.map((input) => {
    const control = about.controls.find((c) => c.name === input.dataset.knob);
    const was = ctx.drawing.settings[control.name];
    if (control.kind === "switch") return [control.name, input.checked];
    if (control.kind === "choice") return [control.name, input.value || was]; // Python may have set what is not on the list
    return [control.name, input.dataset.moved || !Array.isArray(was) && typeof was !== "string" ? Number(input.value) : was];
  }));

  const stop = () => {
    clearInterval(waiting.get("play"));
    waiting.delete("play");
    root.querySelector("[data-act=play]").textContent = "▶";
  };
  const play = () => {
    if (waiting.has("play")) return stop();
    root.querySelector("[data-act=play]").textContent = "❚❚";
    const speed = Number(root.querySelector("[data-act=speed]").value);
    waiting.set("play", setInterval(() => select((ctx.place + 1) % view.count(ctx)), 1000 / speed));
  };

  const fullHeight = () => {
    const others = [...root.children].filter((n) => n !== part("stage") && !n.hidden && !n.classList.contains("cl-live"));
    return window.innerHeight - 24 - others.reduce((sum, n) => sum + n.offsetHeight + 6, 0);
  };
  const fill = (on) => {
    root.classList.toggle("cl-full", on);
    measure();
    ctx.redraw();
  };
  const full = async () => {
    if (document.fullscreenElement === root) return document.exitFullscreen();
    if (root.classList.contains("cl-full")) return fill(false);
    try { await root.requestFullscreen(); } catch { fill(true); }
  };
  listen(document, "fullscreenchange", () => fill(document.fullscreenElement === root));

  const copy = async () => {
    const text = ctx.drawing.torch;
    try { await navigator.clipboard.writeText(text); } catch {
      const area = document.createElement("textarea"); // not every page may use the clipboard
      area.value = text;
      root.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      part("stage").focus();
    }
    part("live").textContent = "copied";
    const face = root.querySelector("[data-act=copy]");
    face.textContent = "copied";
    later("copied", 1200, () => { face.textContent = "copy"; });
  };
  const leave = () => {
    stop();
    if (root.classList.contains("cl-full")) { full(); return; }
    document.activeElement?.blur();
    const cell = el.closest?.(".jp-Notebook, [tabindex]");
    cell?.focus({ preventScroll: true });
  };

  const acts = {
    reset: () => tell({ do: "reset" }),
    full,
    help: () => { part("help").hidden = !part("help").hidden; },
    back: () => select(ctx.place - 1),
    on: () => select(ctx.place + 1),
    play,
    copy,
    guess: () => {
      const field = part("quiz").querySelector("input");
      if (field?.value.trim()) tell({ do: "guess", value: field.value });
    },
    next: () => tell({ do: "next" }),
    show: () => tell({ do: "show" }),
    gradient: () => { ctx.gradient = !ctx.gradient; ctx.redraw(); },
  };
  listen(root, "click", (event) => {
    const set = event.target.closest("button[data-set]")?.dataset.set;
    if (set) ctx.ask({ ...settingsNow(), ...JSON.parse(set) });
    const act = event.target.closest("button[data-act]")?.dataset.act;
    if (act) acts[act]();
  });
  listen(root, "input", (event) => {
    const input = event.target;
    if (input.dataset.act === "scrub") return select(Number(input.value));
    if (!input.dataset.knob) return;
    if (input.type === "range") input.dataset.moved = "yes";
    say(input, input.value);
    ctx.ask(settingsNow());
    delete input.dataset.moved;
  });
  listen(root, "change", (event) => {
    if (event.target.dataset.act === "mode") tell({ do: "mode", value: event.target.value });
    if (event.target.dataset.act === "speed" && waiting.has("play")) { stop(); play(); }
  });

  const shortcuts = {
    g: acts.gradient, f: full, c: copy, r: acts.reset, "?": acts.help, ",": acts.back, ".": acts.on,
    Home: () => select(0), End: () => select(view.count(ctx) - 1), Enter: () => view.enter?.(ctx), " ": play,
  };
  const onKey = (event) => {
    event.stopPropagation(); // the notebook must not hear it
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { target, key } = event;
    if (key === "Escape") { leave(); event.preventDefault(); return; }
    if (target.matches("input[type=text]")) {
      if (key === "Enter") { if (target.dataset.edit) return; acts.guess(); event.preventDefault(); }
      return;
    }
    if (target.matches("select")) return;
    const onStage = target === part("stage");
    const letter = key.length === 1 && key !== " ";
    if (onStage && key.startsWith("Arrow")) select(view.move(ctx, key));
    else if (shortcuts[key] && (onStage || letter)) shortcuts[key]();
    else if (letter && /[a-z]/.test(key)) root.querySelector(`[data-key="${key}"]`)?.focus();
    else return;
    event.preventDefault();
  };
  listen(root, "keydown", onKey);
  for (const type of ["keyup", "keypress", "paste", "copy", "cut"]) listen(root, type, (event) => event.stopPropagation());

  const spot = (event) => {
    const box = part("stage").getBoundingClientRect();
    const scale = ctx.width / box.width || 1;
    return view.at(ctx, (event.clientX - box.left) * scale, (event.clientY - box.top) * scale);
  };
  const hover = (event) => {
    if (view.drag?.(ctx, event, spot)) return;
    const hit = spot(event);
    if (hit?.role === "output") { if (ctx.pin === null && hit.index !== ctx.place) select(hit.index); }
    else if (ctx.pin === null && (hit?.index !== ctx.hover?.index || hit?.role !== ctx.hover?.role)) {
      ctx.hover = hit;
      ctx.remark();
    }
  };
  listen(part("stage"), "pointermove", hover);
  listen(part("stage"), "pointerleave", () => { if (ctx.hover) { ctx.hover = null; ctx.remark(); } });
  listen(part("stage"), "pointerdown", (event) => {
    if (event.target.matches("input")) return;
    const hit = spot(event);
    stop();
    if (view.press?.(ctx, hit, event)) return;
    if (hit?.role === "input" && ctx.veil === "winner") tell({ do: "guess", value: String(hit.index) });
    else if (hit?.role === "input") {
      ctx.pin = ctx.pin?.index === hit.index ? null : hit;
      ctx.hover = hit;
    } else {
      ctx.pin = null;
      if (hit?.role === "output") select(hit.index);
    }
    ctx.remark();
  });

  // -- beginning and end

  const measure = () => { ctx.width = Math.floor(part("stage").clientWidth); };
  const dress = () => {
    ctx.theme = currentTheme();
    root.dataset.theme = ctx.theme;
    ctx.tokens = LOOK.tokens[ctx.theme];
    for (const [name, colour] of Object.entries(ctx.tokens)) root.style.setProperty(`--${name}`, colour);
    ctx.redraw();
  };
  const sizes = new ResizeObserver(() => {
    const before = ctx.width;
    measure();
    if (ctx.width !== before) ctx.redraw();
  });
  const themes = new MutationObserver(dress);
  const moved = () => { if (model.get("place") !== ctx.place && !ctx.veil) { ctx.place = model.get("place"); ctx.remark(); } };
  root.querySelector("[data-act=speed]").value = "3";
  measure();
  dress();
  take();
  sizes.observe(root);
  themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-vscode-theme-kind"] });
  listen(window.matchMedia("(prefers-color-scheme: dark)"), "change", dress);
  model.on("change:drawing", take);
  model.on("change:place", moved);

  return () => {
    end.abort();
    sizes.disconnect();
    themes.disconnect();
    for (const timer of waiting.values()) { clearTimeout(timer); clearInterval(timer); }
    model.off("change:drawing", take);
    model.off("change:place", moved);
    if (document.fullscreenElement === root) document.exitFullscreen();
    root.remove();
  };
}
