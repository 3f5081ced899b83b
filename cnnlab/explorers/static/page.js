// The model of a page without Python: every setting's picture was computed by Python beforehand,
// without the values that follow from it; those are joined here, by the rule in the record.

import { challenging, predicting } from "./page_quiz.js";
import { joined, unpackRecord } from "./record.js";

const asText = (values) => JSON.stringify(values);

// The output values of a drawing, by the rule in the record.
export function evaluate(drawing) {
  const scene = unpackRecord(drawing);
  for (const p of scene.panels.filter((q) => q.role === "output"))
    p.values.forEach((_, k) => { if (p.source[k] >= 0) drawing.panels[p.number].values[p.source[k]] = joined(scene, p.first + k); });
  return drawing;
}

// Puts back what is kept once: {"@": n} stands for the n-th value of the pool.
const unfolder = (pool) => function unfold(value) {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(unfold);
  if ("@" in value) return unfold(pool[value["@"]]);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, unfold(part)]));
};

const sizeOf = (value) => (Array.isArray(value) ? Math.max(...value) : Number(value));

// Which of the values that a knob has here is meant: the next one in the direction it was moved.
export function nearestOffer(offers, value, was) {
  const same = offers.findIndex((offer) => asText(offer) === asText(value));
  if (same >= 0 || typeof value !== "number") return Math.max(0, same);
  const far = (i) => Math.abs(sizeOf(offers[i]) - value), all = [...offers.keys()];
  const ahead = all.filter((i) => far(i) < 1e-9 || Math.sign(value - sizeOf(was)) === Math.sign(sizeOf(offers[i]) - value));
  return (ahead.length ? ahead : all).reduce((best, i) => (far(i) < far(best) ? i : best));
}

// `alone` is what a page adds that can answer its view's own edits by a rule (field_alone.js).
export function pageModel(data, alone) {
  const unfold = unfolder(data.pool), about = unfold(data.about), knobs = unfold(data.knobs), start = unfold(data.start.settings);
  const heard = {}, state = { about, place: data.start.place, drawing: null };
  // own: the kernels typed, moved: the inputs, edited: what the view's own edit was
  let own = null, moved = null, edited = null, kept = start, quiz = null;
  const fire = (key) => { for (const act of heard[`change:${key}`] ?? []) act(); };
  const numberOf = (names, settings) => names.map((name) => nearestOffer(knobs[name], settings[name], settings[name])).join(",");

  const look = (settings) => {
    const parts = data.parts.map((part) => unfold(part.drawings[numberOf(part.names, settings)]));
    return parts.find((part) => part.error) ?? Object.assign(unfold(data.base), ...parts);
  };
  const filled = (drawing, settings) => {
    if (!drawing.blocks) return drawing;
    const by = (role) => drawing.panels.filter((p) => p.role === role);
    const weights = own ?? unfold(data.weights[numberOf(data.weighing, settings)]);
    by("kernel").forEach((p, n) => { if (own || !p.values) p.values = [...weights[n]]; });
    by("input").forEach((p, n) => { if (moved) p.values = [...moved[n]]; });
    if (!own && !moved && by("output").every((p) => p.values)) return drawing;
    by("output").forEach((p) => { p.values = Array(p.height * p.width).fill(0); });
    return evaluate(drawing);
  };
  const draw = (settings, place, ready, asked = ["", 0]) => {
    let found = ready ?? look(settings);
    const error = found.error ?? "";
    if (error) found = look(kept); // an illegal setting has an error and no picture
    else kept = settings;
    const mine = edited && alone({ ...found, settings }, edited, true);
    if (mine) return show(mine.refused ? state.drawing : mine, settings, mine.refused ?? "", place, asked);
    show(ready ?? filled(found, kept), settings, error, place, asked);
  };
  const show = (drawing, settings, error, place, asked = ["", 0]) => {
    const outputs = (drawing.panels ?? []).filter((p) => p.role === "output");
    const count = drawing.blocks ? outputs.reduce((sum, p) => sum + (p.rows?.length ?? p.height) * (p.cols?.length ?? p.width), 0) : drawing.count;
    if (drawing.panels && quiz) drawing.panels.push(...quiz.targets());
    state.place = Math.min(place, count - 1);
    if (quiz && !error) quiz.settled(settings);
    state.drawing = { ...drawing, settings, error, mode: quiz?.mode ?? "explore", quiz: quiz?.message(settings) ?? null, asked };
    fire("drawing");
  };
  const again = () => show(state.drawing, state.drawing.settings, state.drawing.error, state.place);
  const begin = () => { own = moved = edited = null; draw(start, data.start.place); };
  const turn = (mode) => {
    own = moved = edited = quiz = null;
    if (mode === "explore") return begin();
    quiz = { ...(mode === "predict" ? predicting : challenging)(unfold(data.quiz[mode])), mode };
    quiz.next(draw);
  };
  const edit = (content) => {
    const mine = alone?.(structuredClone(state.drawing), content, false);
    if (mine?.refused) return show(state.drawing, state.drawing.settings, mine.refused, state.place);
    if (mine) { edited = content; return show(mine, mine.settings, "", state.place); }
    if (!state.drawing.panels) return;
    const values = (role) => state.drawing.panels.filter((p) => p.role === role).map((p) => [...p.values]);
    if (content.cell !== undefined) (moved = values("input"))[content.panel ?? 0][content.cell] = content.value;
    else if (content.tap !== undefined) {
      own = values("kernel"); // taps are counted through all kernel panels
      const cells = own.flatMap((slice) => slice.map((_, n) => [slice, n])), [slice, n] = cells[content.tap];
      slice[n] = content.value;
    }
    draw(state.drawing.settings, state.place);
  };
  const buttons = {
    reset: () => { if (!quiz) begin(); },
    mode: ({ value }) => turn(value),
    guess: ({ value }) => { quiz?.guess(value); again(); },
    next: () => quiz?.next(draw),
    show: () => { quiz?.show(); again(); },
    edit: (content) => { if (!quiz) edit(content); },
  };

  begin();
  return {
    get: (key) => state[key],
    set: (key, value) => { state[key] = value; },
    on: (event, act) => (heard[event] ??= new Set()).add(act),
    off: (event, act) => heard[event]?.delete(act),
    save_changes() {
      const { asked } = state;
      if (!asked || asked.done) return;
      asked.done = true;
      const was = state.drawing.settings;
      const settings = Object.fromEntries(Object.entries(asked.settings).map(([name, value]) => [name, knobs[name][nearestOffer(knobs[name], value, was[name])]]));
      if (data.weighing.some((name) => asText(settings[name]) !== asText(was[name]))) own = null;
      draw(settings, asked.place, undefined, [asked.view, asked.count]);
    },
    send: (content) => buttons[content.do]?.(content),
  };
}
