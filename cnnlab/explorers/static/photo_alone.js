// A kernel cell that is changed on a page without Python.

export function alone(drawing, { tap, value }, again) {
  if (tap === undefined || (again && drawing.settings.kernel !== "yours")) return null;
  const weight = drawing.weight.map((row) => [...row]), k = weight.length;
  weight[Math.floor(tap / k)][tap % k] = value;
  return { ...drawing, weight, settings: { ...drawing.settings, kernel: "yours" } };
}
