// Changing a kernel's values in the picture.

import { corner } from "./gather.js";
import { panelOf } from "./record.js";

// A field over a kernel cell; what is typed there goes to Python.
export function editKernel(ctx, index) {
  const { scene } = ctx, p = panelOf(scene, "kernel", index), [x, y] = corner(scene, p, index - p.first), c = p.c ?? scene.c;
  const field = document.createElement("input");
  Object.assign(field, { type: "text", value: p.values[index - p.first], className: "cl-edit" });
  field.dataset.edit = index;
  field.dataset.lmSuppressShortcuts = "true";
  field.setAttribute("aria-label", `kernel cell ${index}`);
  field.style.cssText = `left:${x}px;top:${y}px;width:${c}px;height:${c}px`;
  let done = false; // taking the field away is a blur too
  const close = (keep, next) => {
    if (done) return;
    done = true;
    const value = Number(field.value.replace("−", "-").replace(",", "."));
    field.remove();
    if (keep && field.value.trim() && Number.isFinite(value)) ctx.tell({ do: "edit", tap: index, value });
    if (next) ctx.part("stage").focus({ preventScroll: true });
  };
  field.addEventListener("keydown", (event) => {
    if (!["Enter", "Escape", "Tab"].includes(event.key)) return;
    event.stopPropagation();
    event.preventDefault();
    close(event.key !== "Escape", true);
    const [first, taps] = ctx.view.taps?.(ctx) ?? [0, scene.counts.kernel];
    if (event.key === "Tab") editKernel(ctx, first + (index - first + (event.shiftKey ? taps - 1 : 1)) % taps);
  });
  field.addEventListener("blur", () => close(true, false));
  ctx.part("stage").append(field);
  field.focus();
  field.select();
}
