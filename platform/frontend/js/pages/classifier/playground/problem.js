// The box of the Playground that says what went wrong, or that the model is being prepared.

import { messageOf, Problem } from "../../../csrf.js";
import { one } from "../../../dom.js";

/** @param {HTMLElement} box @param {unknown} problem what was caught */
export function showProblem(box, problem) {
  const known = problem instanceof Problem ? problem : null;
  const hint = known?.hint ?? "";
  const preparing = known?.code === "preparing";
  const each = known?.errors.map((error) => error.detail).join(" ");
  const said = each || (known?.detail ?? messageOf(problem));
  one(box, ".problem").className = `problem tone-${preparing ? "busy" : "bad"}`;
  /** @param {string} name @param {string} text */
  const write = (name, text) => {
    one(box, `[data-problem="${name}"]`).textContent = text;
  };
  write("title", preparing ? "One moment" : (known?.title ?? "The request failed"));
  write("detail", said);
  write("hint", said.includes(hint) ? "" : hint);
  box.hidden = false;
}
