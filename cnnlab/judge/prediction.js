// A prediction: the question, a field or choices, Enter; then the answer with its reason.
// Lab's own shortcuts must not see the keys: each focusable element says so, and keydown stays here.

function element(tag, attributes = {}, text = "") {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text) made.textContent = text;
  return made;
}

function focusable(tag, attributes, text) {
  return element(tag, { "data-lm-suppress-shortcuts": "true", ...attributes }, text);
}

function field(model, send) {
  const id = `cnnlab-guess-${Math.random().toString(36).slice(2)}`;
  const input = focusable("input", { id, type: "text", autocomplete: "off", size: "18" });
  input.value = model.get("guess");
  input.disabled = model.get("locked");
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") send(input.value);
  });
  return [element("label", { for: id, class: "cnnlab-soft" }, "Your guess"), input, () => input.value];
}

function options(model, send) {
  const group = element("div", { role: "radiogroup", "aria-label": "Your guess" });
  const name = `cnnlab-choice-${Math.random().toString(36).slice(2)}`;
  model.get("choices").forEach((choice, i) => {
    const label = element("label");
    const radio = focusable("input", { type: "radio", name, value: choice });
    radio.checked = model.get("locked") && [choice, String(i + 1)].includes(model.get("guess"));
    radio.disabled = model.get("locked");
    radio.addEventListener("keydown", (event) => {
      if (event.key === "Enter") send(choice);
    });
    label.append(radio, ` ${choice}`);
    group.append(label);
  });
  const chosen = () => group.querySelector("input:checked")?.value ?? "";
  return [element("span"), group, chosen];
}

function render({ model, el }) {
  const stop = (event) => event.stopPropagation();
  el.addEventListener("keydown", stop);

  function send(guess) {
    if (!model.get("locked")) model.send({ guess });
  }

  function draw() {
    const box = element("div", { class: "cnnlab-prediction", role: "group", "aria-label": "Prediction" });
    const locked = model.get("locked");
    box.append(element("p", { class: "cnnlab-question" }, model.get("question")));
    const row = element("div", { class: "cnnlab-row" });
    const [label, control, value] = (model.get("choices").length ? options : field)(model, send);
    row.append(label, control);
    if (!locked) {
      const button = focusable("button", { type: "button" }, "Lock it in");
      button.addEventListener("click", () => send(value()));
      row.append(button);
    }
    box.append(row);
    const live = element("div", { "aria-live": "polite" });
    if (locked) {
      const kind = model.get("right") ? "cnnlab-right" : "cnnlab-other";
      const sign = model.get("right") ? "✓ " : "≠ ";
      live.append(element("p", { class: kind }, sign + model.get("revealed")));
    }
    if (model.get("trouble")) live.append(element("p", { class: "cnnlab-soft" }, model.get("trouble")));
    box.append(live);
    el.replaceChildren(box);
  }

  // What is being typed survives a redraw that only says that it can't be read.
  function trouble() {
    const typed = el.querySelector("input[type=text]")?.value;
    draw();
    const input = el.querySelector("input[type=text]");
    if (input && typed !== undefined && !model.get("locked")) {
      input.value = typed;
      input.focus();
    }
  }

  draw();
  model.on("change:locked", draw);
  model.on("change:trouble", trouble);
  return () => {
    model.off("change:locked", draw);
    model.off("change:trouble", trouble);
    el.removeEventListener("keydown", stop);
  };
}

export default { render };
