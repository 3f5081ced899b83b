// Explorer 1: the gather view, with a kernel whose cells can be changed.

import { explore } from "./core.js";
import { editKernel } from "./edit_kernel.js";
import { gather } from "./gather.js";

const conv2d = {
  ...gather,
  press(ctx, hit, event) {
    if (hit?.role !== "kernel" || ctx.drawing.quiz) return false;
    event.preventDefault();
    editKernel(ctx, hit.index);
    return true;
  },
  enter(ctx) {
    if (!ctx.drawing.quiz) editKernel(ctx, 0);
  },
};

export default explore(conv2d);
