// Asks for another picture of the same thing, or whether several pictures are of one.

import { one } from "../../../dom.js";

/** @typedef {"sure" | "unsure" | "unknown" | "full"} AfterAnswer */
/** @typedef {AfterAnswer | "unread" | "large" | "waiting" | "several"} Question */

/** @param {number} count */
const pictures = (count) => `${count} ${count === 1 ? "picture" : "pictures"}`;

/** @type {Record<Question, (count: number) => string>} */
const WORDS = {
  sure: (count) => `Answered from ${pictures(count)}. Another one may make it surer still.`,
  unsure: (count) =>
    count === 1
      ? "Not sure enough. Another picture of the same thing, in better light, may settle it."
      : `Still not sure enough with ${count} pictures. Add another, or have a person look.`,
  unknown: () => "It is like nothing that the model learned from, on any of these pictures.",
  full: (count) => `Answered from ${pictures(count)}, as many as one answer takes.`,
  unread: () => "No answer without all. Add one in the place of those that failed, or begin again.",
  large: () => "One answer does not take so much. Begin again with fewer or smaller pictures.",
  waiting: () =>
    "The next picture that you drop, paste or choose is taken as another of the same thing.",
  several: (count) => `Are these ${count} pictures of one thing? Together they give one answer.`,
};
/** @type {Question[]} where another picture is of no use */
const CLOSED = ["full", "large", "several"];

export class MoreBox {
  /** @param {{add: () => void, together: () => void, begin: () => void}} actions */
  constructor(actions) {
    this.box = one(document, "#more");
    this.buttons = {
      add: one(document, "#add-picture"),
      together: one(document, "#together"),
      begin: one(document, "#begin-again"),
    };
    this.buttons.add.addEventListener("click", actions.add);
    this.buttons.together.addEventListener("click", actions.together);
    this.buttons.begin.addEventListener("click", actions.begin);
  }

  hide() {
    this.box.hidden = true;
  }

  /** @param {Question} question @param {number} count of pictures */
  ask(question, count) {
    // Shown first: what changes in a hidden box is not read out.
    this.box.hidden = false;
    one(this.box, "#more-text").textContent = WORDS[question](count);
    this.buttons.add.hidden = CLOSED.includes(question);
    this.buttons.together.hidden = question !== "several";
    this.buttons.begin.hidden = question === "several" || (question === "unsure" && count === 1);
    this.box.classList.toggle("is-waiting", question === "waiting");
  }
}
