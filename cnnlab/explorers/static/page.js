// The model of a page without Python: every setting's picture was computed by Python beforehand,
// without the values that follow from it; those are joined here, by the rule in the record.

import { joined, unpackRecord } from "./record.js";

const asText = (values) => JSON.stringify(values);

// The output values of a drawing, by the rule in the record.
export function evaluate(drawing) {
  const scene = unpackRecord(drawing);
  for (const p of scene.panels.filter((q) => q.role === "output"))
    p.values.forEach((_, k) => { drawing.panels[p.number].values[k] = joined(scene, p.first + k); });
  return drawing;
}

export function pageModel(data) {
  const heard = {}, state = { about: data.about, place: data.start.place, drawing: null };
  const given = structuredClone(data.inputs);
  let own = null, kept = data.start.settings;
  const fire = (key) => { for (const act of heard[`change:${key}`] ?? []) act(); };
  const numberOf = (settings) => asText(data.names.map((name) => settings[name]));

  const draw = (settings, place, asked) => {
    const found = data.drawings[numberOf(settings)];
    const legal = !found.error ? settings : kept; // an illegal setting has an error and no picture
    const drawing = structuredClone(data.drawings[numberOf(legal)]);
    kept = legal;
    if (!drawing.panels) return show(drawing, settings, found, place, drawing.count, asked);
    for (const p of drawing.panels) if (p.role === "input") p.values = data.inputs[p.values];
    const weights = own ?? data.weights[asText(data.weighing.map((name) => legal[name]))];
    drawing.panels.filter((p) => p.role === "kernel").forEach((p, n) => { p.values = [...weights[n]]; });
    drawing.panels.filter((p) => p.role === "output").forEach((p) => { p.values = Array(p.height * p.width).fill(0); });
    const count = drawing.panels.filter((p) => p.role === "output").reduce((sum, p) => sum + p.height * p.width, 0);
    show(evaluate(drawing), settings, found, place, count, asked);
  };
  const show = (drawing, settings, found, place, count, asked) => {
    state.place = Math.min(place, count - 1);
    state.drawing = { ...drawing, settings, error: found.error ?? "", mode: "explore", quiz: null, asked };
    fire("drawing");
  };

  const begin = () => { own = null; data.inputs = structuredClone(given); draw(data.start.settings, data.start.place, ["", 0]); };
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
      if (data.weighing.some((name) => asked.settings[name] !== state.drawing.settings[name])) own = null;
      draw(asked.settings, asked.place, [asked.view, asked.count]);
    },
    send(content) {
      if (content.do === "reset") begin();
      if (content.do !== "edit") return;
      if (content.cell !== undefined) {
        data.inputs[content.panel ?? 0][content.cell] = content.value;
        return draw(state.drawing.settings, state.place, ["", 0]);
      }
      own = state.drawing.panels.filter((p) => p.role === "kernel").map((p) => [...p.values]);
      const cells = own.flatMap((slice) => slice.map((_, n) => [slice, n])), [slice, n] = cells[content.tap];
      slice[n] = content.value;
      draw(state.drawing.settings, state.place, ["", 0]);
    },
  };
}
