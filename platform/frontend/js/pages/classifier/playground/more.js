// Asks for another picture of the same thing, or whether several pictures are of one.

import { one } from "../../../dom.js";

/** @typedef {"sure" | "unsure" | "unread" | "waiting" | "several"} Question */

/** @type {Record<Question, (count: number) => string>} */
const WORDS = {
  sure: (count) => `Answered from ${count} pictures. Another one may make it surer still.`,
  unsure: (count) =>
    count === 1
      ? "Not sure enough. Another picture of the same thing, in better light, may settle it."
      : `Still not sure enough with ${count} pictures. Add another, or have a person look.`,
  unread: () => "No answer without all. Add one in the place of those that failed, or begin again.",
  waiting: () =>
    "The next picture that you drop, paste or choose is taken as another of the same thing.",
  several: (count) => `Are these ${count} pictures of one thing? Together they give one answer.`,
};

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
    one(this.box, "#more-text").textContent = WORDS[question](count);
    this.buttons.add.hidden = question === "several";
    this.buttons.together.hidden = question !== "several";
    this.buttons.begin.hidden = question === "several" || (question === "unsure" && count === 1);
    this.box.classList.toggle("is-waiting", question === "waiting");
    this.box.hidden = false;
  }
}
