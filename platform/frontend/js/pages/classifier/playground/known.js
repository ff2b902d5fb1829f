// What is known of the class that is answered: how often such answers are right, what people noted,
// which classes are related.

import { el, icon } from "../../../dom.js";
import { formatInteger, formatPercent } from "../../../format.js";

/** @import { AnsweredClass, ImagePrediction, RelatedClass } from "../../../../types/api" */

const NARROW = 0.03;

/** Nothing of an image that is of no known class. @param {ImagePrediction} prediction */
export function known({ classes, decision, related }) {
  if (decision === "unknown" || !classes.length) return [];
  const [first] = classes;
  const parts = [precision(first), ...note(first), ...relations(first, related ?? [])];
  return [el("div", { class: "answer-known" }, ...parts)];
}

/** @param {AnsweredClass} first */
function precision({ class_name: name, precision: share, precision_images: images, ...rest }) {
  const range = rest.precision_interval;
  if (share === null || images === null || !range)
    return el("p", { class: "quiet", text: `How often “${name}” is right was not measured.` });
  const [low, high] = range;
  const digits = high - low < NARROW ? 1 : 0;
  const ends = `${(low * 100).toFixed(digits)} to ${formatPercent(high, digits)}`;
  const count = `${formatInteger(images)} test ${images === 1 ? "image" : "images"}`;
  return el(
    "p",
    {},
    `“${name}” was right for `,
    el("strong", { text: formatPercent(share) }),
    ` of the ${count} answered so`,
    el("span", { class: "quiet", text: ` (on new images probably ${ends})` }),
  );
}

/** @param {AnsweredClass} first */
function note({ class_name: name, note: said }) {
  if (!said) return [];
  const link = said.link
    ? [
        el(
          "a",
          { href: said.link, target: "_blank", rel: "noopener noreferrer nofollow" },
          label(said.link),
        ),
      ]
    : [];
  return [
    el(
      "div",
      { class: "answer-note", role: "note", "aria-label": `Note on ${name}` },
      icon("info-circle"),
      el("p", {}, el("span", { text: said.description }), said.description ? " " : "", ...link),
    ),
  ];
}

/** The host is what a person goes by. @param {string} link */
function label(link) {
  if (!URL.canParse(link)) return link;
  const { host, pathname } = new URL(link);
  return `${host}${pathname === "/" ? "" : pathname}`;
}

/** @param {AnsweredClass} first @param {RelatedClass[]} related */
function relations({ class_name: name }, related) {
  if (!related.length) return [];
  const items = related.map((other) =>
    el(
      "li",
      {},
      el("strong", { text: other.class_name }),
      el("span", { class: "quiet", text: ` ${reasons(name, other).join("; ")}` }),
    ),
  );
  return [
    el("p", { class: "quiet answer-related-title", text: "Related classes" }),
    el("ul", { class: "answer-related", "aria-label": `Classes related to ${name}` }, ...items),
  ];
}

/** @param {string} name @param {RelatedClass} other */
function reasons(name, { mistaken, cosine }) {
  const said = [];
  if (mistaken !== null) {
    const images = mistaken === 1 ? "test image was" : "test images were";
    said.push(`${formatInteger(mistaken)} ${images} taken for ${name}`);
  }
  if (cosine !== null) said.push(`looks alike (${Math.round(cosine * 100)} %)`);
  return said;
}
