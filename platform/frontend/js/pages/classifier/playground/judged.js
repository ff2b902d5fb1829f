// What a version with a decision says beside its classes: what to do with the answer, and why.

import { el } from "../../../dom.js";

/** @import { ImagePrediction } from "../../../../types/api" */

const WORDS = {
  accept: { tone: "good", label: "Accept", why: "sure enough to be used as it is" },
  review: { tone: "wait", label: "Review", why: "a person should look" },
  unknown: { tone: "bad", label: "Unknown", why: "far from all that the model learned from" },
};

/** The decision and the answer set. @param {ImagePrediction} prediction */
export function judged({ decision, answer_set: set }) {
  if (!decision) return [];
  const { tone, label, why } = WORDS[decision];
  const line = el(
    "p",
    { class: "answer-decision" },
    el("span", { class: `status tone-${tone}`, text: label }),
    el("span", { class: "quiet", text: why }),
  );
  if (decision === "unknown" || !set) return [line];
  const classes =
    set.length > 5 ? `${set.slice(0, 5).join(", ")} and ${set.length - 5} more` : set.join(", ");
  const text =
    set.length === 1 ? `Answer set (90 %): ${classes} alone` : `Answer set (90 %): ${classes}`;
  return [line, el("p", { class: "quiet answer-set", text })];
}

/** The nearest training images. @param {ImagePrediction} prediction */
export function nearest({ neighbours }) {
  if (!neighbours?.length) return [];
  const items = neighbours.map(({ image, class_name: name, cosine }) => {
    const alike = `${name}, ${Math.round(cosine * 100)} % alike`;
    return el(
      "li",
      { title: alike },
      image
        ? el("img", {
            src: `/api/v1/images/${image}/thumbnail/`,
            alt: alike,
            width: 48,
            height: 48,
          })
        : el("span", { class: "answer-no-picture", text: "gone" }),
      el("span", { class: "quiet", text: name }),
    );
  });
  return [
    el("p", { class: "quiet answer-set", text: "Nearest training images" }),
    el("ul", { class: "answer-near", "aria-label": "Nearest training images" }, ...items),
  ];
}
