// What the labelling screen says at length: the end of the queue, and a conflict with another
// person.

import { el, icon } from "../../../dom.js";
import { formatInteger } from "../../../format.js";

/**
 * What stands there when the queue is through.
 * @param {object} end
 * @param {number} end.skipped how many
 * @param {boolean} end.unlabelled whether only images without a class were in the queue
 * @param {string} end.gallery the address of all images
 * @param {() => void} end.again goes back to those that were skipped
 */
export function endOf({ skipped, unlabelled, gallery, again }) {
  const through = unlabelled ? "Every image is labelled" : "That was the last one";
  const text = skipped
    ? "You have seen them all. Those you skipped still wait."
    : "Thank you. What you labelled can be frozen into a version.";
  const look = el("button", {
    type: "button",
    class: "btn btn-primary",
    text: "Look at them again",
    onclick: again,
  });
  return el(
    "div",
    { class: "empty-state" },
    el("span", { class: "empty-state-icon" }, icon(skipped ? "photo" : "circle-check", "icon-lg")),
    el("h2", { text: skipped ? `${formatInteger(skipped)} skipped` : through }),
    el("p", { text }),
    el(
      "div",
      { class: "empty-state-actions" },
      ...(skipped ? [look] : []),
      el("a", { class: "btn", href: gallery, text: "All images" }),
    ),
  );
}

/**
 * Another person was faster.
 * @param {object} conflict
 * @param {string} conflict.image its name
 * @param {string} conflict.by who
 * @param {string} conflict.theirs a class
 * @param {string} conflict.mine
 * @param {() => void} conflict.override
 * @param {() => void} conflict.keep
 */
export function conflictOf({ image, by, theirs, mine, override, keep }) {
  /** @param {string} look @param {string} text @param {string} key @param {() => void} onclick */
  const button = (look, text, key, onclick) =>
    el(
      "button",
      { type: "button", class: `btn btn-sm${look}`, onclick },
      `${text} `,
      el("kbd", { text: key }),
    );
  const title = `${by} gave ${image} the class ${theirs} before you`;
  return el(
    "div",
    { class: "problem tone-wait", role: "alert" },
    icon("alert-triangle"),
    el(
      "div",
      {},
      el("p", { class: "problem-title", text: title }),
      el("p", { text: `You chose ${mine}. Theirs stands.` }),
      el(
        "div",
        { class: "problem-actions" },
        button("", `Use ${mine}`, "o", override),
        button(" btn-ghost", `Keep ${theirs}`, "k", keep),
      ),
    ),
  );
}
