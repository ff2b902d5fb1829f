// The keys of a review, in words.

import { el } from "../../dom.js";

/** @import { ReviewPage } from "./review-decisions.js" */

/** @type {Record<string, string>} */
const NUMBERS = { label_error: "another class", label_conflict: "the class that is right" };

/** @param {ReviewPage} review @returns {[key: string, does: string][]} */
function rowsOf({ kind, copies, groups, mayEdit }) {
  const numbers = NUMBERS[kind] ?? (copies ? "which of them stays" : "");
  const others = copies ? " the others" : "";
  /** @type {[when: boolean, key: string, does: string][]} */
  const all = [
    [true, "← →", "previous, next"],
    [groups, "m", "show more of a large group"],
    [mayEdit && kind === "label_error", "Enter", "take the suggested class"],
    [mayEdit && numbers !== "", "1–9", numbers],
    [mayEdit, "x", `leave${others} out of new versions`],
    [mayEdit, "t", `move${others} to the trash`],
    [mayEdit, "k", "keep as it is, also in later checks"],
    [mayEdit, "u", "undo"],
    [true, "?", "this list"],
  ];
  return all.filter(([when]) => when).map(([, key, does]) => [key, does]);
}

/** @param {ReviewPage} review @returns {HTMLElement[]} the terms of a <dl> */
export const keysOf = (review) =>
  rowsOf(review).flatMap(([key, text]) => [
    el("dt", {}, el("kbd", { text: key })),
    el("dd", { text }),
  ]);
