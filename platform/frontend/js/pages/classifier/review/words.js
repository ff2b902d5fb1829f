// What the review screen says: why an image is asked about, and the end of the queue.

import { el, icon } from "../../../dom.js";
import { formatInteger } from "../../../format.js";

/** @import { Claims, Item } from "./claims.js" */

const MOST = 3;
/** @type {Record<string, string>} */
const DECISIONS = { review: "decided: for review", unknown: "decided: unknown" };

/** @param {number | null} probability */
const percent = (probability) =>
  probability === null ? "" : ` ${Math.round(probability * 100)} %`;

/** @param {Item} item */
function reasonOf(item) {
  if (item.reason === "label_errors") return `Its class is ${item.given_class}, which looks wrong.`;
  if (!item.suggested.length) return "Nothing is suggested.";
  const rest = item.suggested
    .slice(1, MOST)
    .map(({ class_name, probability }) => `${class_name}${percent(probability)}`);
  const decision = DECISIONS[item.decision ?? ""];
  return [rest.length ? `then ${rest.join(", ")}` : "", decision].filter(Boolean).join(" · ");
}

/** @param {Item} item @returns {HTMLElement[]} */
export function suggestionOf(item) {
  const why = el("span", { class: "quiet", text: reasonOf(item) });
  if (item.answered)
    return [
      el("span", { class: "status tone-good" }, icon("circle-check"), `Answered: ${item.answered}`),
    ];
  const [best] = item.suggested;
  if (!best) return [why];
  const button = el(
    "button",
    { type: "button", class: "btn", "data-do": "accept", "aria-keyshortcuts": "Enter" },
    el("span", { class: "by-key" }, el("kbd", { text: "Enter" }), " accepts "),
    el("span", { class: "by-touch", text: "Accept " }),
    el("strong", { text: best.class_name }),
    el("span", { class: "tabular", text: percent(best.probability) }),
  );
  if (!item.given_class) return [button, why];
  const keep = el(
    "button",
    { type: "button", class: "btn", "data-do": "keep", "aria-keyshortcuts": "k" },
    el("span", { class: "by-key" }, el("kbd", { text: "k" }), " keeps "),
    el("span", { class: "by-touch", text: "Keep " }),
    el("strong", { text: item.given_class }),
  );
  return [button, keep, why];
}

/**
 * What stands there when this person has nothing left to answer.
 * @param {Claims} claims @param {string} select the address where more is chosen
 * @param {() => void} again
 */
export function endOf({ held, skipped, undecided }, select, again) {
  const waits = [
    held && `${formatInteger(held)} more ${held === 1 ? "is" : "are"} with other people.`,
    skipped && `${formatInteger(skipped)} you skipped: others are asked, or you, once more.`,
    undecided && `${formatInteger(undecided)} you passed over are still yours: go back with ←.`,
  ];
  const text = waits.filter(Boolean).join(" ") || "Thank you.";
  const onclick = again;
  const more = el("button", {
    type: "button",
    class: "btn btn-primary",
    text: skipped ? "Ask me again" : "Look again",
    onclick,
  });
  return el(
    "div",
    { class: "empty-state" },
    el("span", { class: "empty-state-icon" }, icon("circle-check", "icon-lg")),
    el("h2", { text: "Nothing left for you here" }),
    el("p", { text }),
    el(
      "div",
      { class: "empty-state-actions" },
      more,
      el("a", { class: "btn", href: select, text: "Choose more" }),
    ),
  );
}
