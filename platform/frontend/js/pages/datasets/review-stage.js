// The images of one item, side by side, and the buttons below them.

import { el, icon } from "../../dom.js";

/**
 * @import { Image as Picture, QualityItem } from "../../../types/api"
 * @import { Decision } from "./review-decisions.js"
 */

/** @type {Record<string, string>} */
const KEY_NAMES = { Enter: "↵" };
const EAGER = 24;
const ZERO = "00000000-0000-0000-0000-000000000000";

/** @param {string} key */
const keyCap = (key) => el("kbd", { text: KEY_NAMES[key] ?? key, "aria-hidden": "true" });

/** @param {Picture} picture @param {string} address of its page */
function caption(picture, address) {
  return el(
    "div",
    { class: "review-caption" },
    el(
      "p",
      {},
      el("strong", { text: picture.class_name ?? "not labelled" }),
      picture.split ? el("span", { class: "review-split", text: picture.split }) : "",
    ),
    el(
      "p",
      { class: "quiet" },
      el("a", { href: address, text: picture.name, title: picture.name }),
    ),
    el("p", {
      class: "quiet tabular",
      text: `${picture.width}×${picture.height} ${picture.format}`,
    }),
  );
}

/** @param {number} number @param {boolean} kept @param {(number: number) => void} choose */
function keepButton(number, kept, choose) {
  return el(
    "button",
    {
      type: "button",
      class: "btn btn-sm review-keep",
      "aria-pressed": String(kept),
      onclick: () => choose(number),
    },
    icon(kept ? "circle-check" : "circle-dashed"),
    kept ? "Stays" : "Let it stay",
    number < 9 ? keyCap(String(number + 1)) : "",
  );
}

/**
 * @param {QualityItem} item
 * @param {object} options
 * @param {string} options.imagePageUrl with zeros for the id
 * @param {((number: number) => void) | null} options.choose which of the copies stays; null where
 *   there is nothing to choose
 * @param {number} options.kept
 */
export function pictures(item, { imagePageUrl, choose, kept }) {
  return item.images.map((picture, number) =>
    el(
      "li",
      { class: `review-picture${choose && number === kept ? " is-kept" : ""}` },
      el(
        "div",
        { class: "review-frame" },
        el("img", {
          src: picture.file_url,
          alt: picture.name,
          width: picture.width,
          height: picture.height,
          loading: number < EAGER ? null : "lazy",
          class: picture.width <= 96 ? "is-tiny" : null,
        }),
      ),
      caption(picture, imagePageUrl.replace(ZERO, picture.id)),
      choose && item.images.length > 1 ? keepButton(number, number === kept, choose) : "",
    ),
  );
}

/** @param {Decision[]} decisions @param {(decision: Decision) => void} decide */
export function buttons(decisions, decide) {
  /** @param {Decision} decision */
  const button = (decision) =>
    el(
      "button",
      {
        type: "button",
        class: `btn${decision.primary ? " btn-primary" : ""}${decision.small ? " btn-sm" : ""}`,
        "data-key": decision.key,
        onclick: () => decide(decision),
      },
      decision.icon ? icon(decision.icon) : "",
      decision.label,
      keyCap(decision.key),
    );
  /** @param {Decision[]} some @param {string} [label] */
  const row = (some, label) =>
    some.length
      ? [
          el(
            "div",
            { class: "review-row" },
            label ? el("span", { class: "quiet", text: label }) : "",
            ...some.map(button),
          ),
        ]
      : [];
  return [
    ...row(decisions.filter((one) => !one.small)),
    ...row(
      decisions.filter((one) => one.small),
      "Class",
    ),
  ];
}

/** Brings images of an item into the browser's cache. @param {QualityItem} [item] */
export function preload(item) {
  for (const picture of item?.images ?? []) new Image().src = picture.file_url;
}
