// Hints, one more at each press of the button; Python sends them one by one and records it.

function render({ model, el }) {
  const stop = (event) => event.stopPropagation();
  el.addEventListener("keydown", stop);
  const box = document.createElement("div");
  const list = document.createElement("ol");
  const button = document.createElement("button");
  box.className = "cnnlab-hints";
  list.setAttribute("aria-live", "polite");
  button.type = "button";
  button.setAttribute("data-lm-suppress-shortcuts", "true");
  button.addEventListener("click", () => model.send({ next: true }));
  box.append(list, button);
  el.append(box);

  function draw() {
    const shown = model.get("shown");
    list.replaceChildren(
      ...shown.map((hint) => Object.assign(document.createElement("li"), { textContent: hint })),
    );
    button.hidden = shown.length >= model.get("total");
    button.textContent = `Hint ${shown.length + 1} of ${model.get("total")}`;
  }

  draw();
  model.on("change:shown", draw);
  return () => {
    model.off("change:shown", draw);
    el.removeEventListener("keydown", stop);
  };
}

export default { render };
