// Questions and challenges on a page without Python: what modes.py and quiz.py do, from a list.

import { fmt } from "./frame.js";

// A guess in the form that answers have.
export function normalGuess(guess, ask) {
  const text = String(guess).trim();
  if (ask === "shape") {
    const sizes = text.match(/\d+/g) ?? [];
    return (sizes.length === 1 ? [...sizes, ...sizes] : sizes).join("×");
  }
  if (ask !== "value" || text === "") return text;
  const value = Number(text.replaceAll("−", "-").replaceAll(",", "."));
  return Number.isNaN(value) ? text : fmt(value);
}

export function judgeGuess(question, guess) {
  let given = normalGuess(guess, question.ask);
  if (question.ask === "shape" && !question.answer.includes("×") && new Set(given.split("×")).size === 1) given = given.split("×")[0]; // of one axis
  const { names = {} } = question, answer = names[question.answer] ?? question.answer;
  const said = names[given] ?? (String(guess).trim().slice(0, 20).replaceAll("-", "−") || "Nothing");
  if (given === question.answer) return { right: true, text: `Right: ${answer}. ${question.because}`.trim() };
  const why = question.mistakes[given] || question.because;
  return { right: false, text: `${said} is not it: it is ${answer}. ${why}`.trim() };
}

const names = (settings) => Object.keys(settings);

// One question after the other, each judged once; after the last one it begins again.
export function predicting(posed) {
  let number = -1, step = 0, verdict = null, questions = [];
  return {
    next(draw) {
      step += 1;
      verdict = null;
      if (step >= questions.length) {
        [number, step] = [number + 1, 0];
        questions = posed[number % posed.length].questions;
      }
      const one = posed[number % posed.length];
      draw(one.settings, questions[step].place, one.drawing);
    },
    guess(value) { verdict ??= judgeGuess(questions[step], value); },
    show() {},
    settled() {},
    targets: () => [],
    message(settings) {
      const { ask, text, place } = questions[step];
      return { question: { ask, text, place }, verdict, locked: names(settings), number: number + 1, last: step + 1 === questions.length };
    },
  };
}

// One target after the other; every setting that reaches it counts once.
export function challenging(dared) {
  let number = -1, shown = false, found = [];
  const dare = () => dared[number % dared.length];
  return {
    next(draw) {
      [number, shown, found] = [number + 1, false, []];
      draw(dare().settings, 0);
    },
    guess() {},
    show() { shown = true; },
    settled(settings) {
      const now = JSON.stringify(dare().free.map((name) => settings[name]));
      const which = dare().answers.findIndex((answer) => JSON.stringify(answer) === now);
      if (!shown && which >= 0 && !found.includes(which)) found.push(which);
    },
    targets: () => structuredClone(dare().targets),
    message(settings) {
      const { text, free, said } = dare();
      const challenge = { text, free, of: said.length, found: found.map((i) => said[i]), answers: shown ? said : [] };
      return { challenge, locked: names(settings).filter((name) => !free.includes(name)), number: number + 1 };
    },
  };
}
