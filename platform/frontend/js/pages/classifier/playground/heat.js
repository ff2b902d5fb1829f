// Where the model looked: the heat-map of an answer that was given, to the picture sent once more.

import { messageOf } from "../../../csrf.js";
import { el, icon, maybe, one } from "../../../dom.js";
import { askHeat, layHeat, methodOf, strengthSlider, wordsOf } from "../../../heat-map.js";

/** @import { AnswerCard } from "./card.js" */

/**
 * A button that brings the heat-map; none without a kept answer.
 * @param {AnswerCard} card
 * @param {string | undefined} id of the prediction
 */
export function heat(card, id) {
  if (!id) return [];
  const part = el("div", { class: "answer-heat" });
  const button = el("button", { class: "btn btn-sm", type: "button" }, icon("scan-eye"));
  button.append("Show where it looked");
  button.addEventListener("click", async () => {
    button.classList.add("is-busy");
    try {
      part.replaceChildren(...(await asked(card, id)));
      one(part, "[data-heat-strength]").focus();
    } catch (problem) {
      part.replaceChildren(button, el("p", { class: "quiet", text: messageOf(problem) }));
    } finally {
      button.classList.remove("is-busy");
    }
  });
  part.append(button);
  return [part];
}

/**
 * @param {AnswerCard} card
 * @param {string} id
 * @returns {Promise<Node[]>} what stands below the classes
 */
async function asked(card, id) {
  const body = new FormData();
  body.append("image", card.file, card.file.name);
  body.append("overlay", "false");
  const found = await askHeat(`/api/v1/predictions/${id}/explanation/`, { method: "POST", body });
  layHeat(stageOf(card.element), found);
  const words = el("p", { class: "quiet", text: `${wordsOf(found)} ${methodOf(found)}.` });
  words.setAttribute("role", "status");
  return [words, strengthSlider()];
}

/** The card's picture in a stage of its own. @param {HTMLElement} card */
function stageOf(card) {
  const known = maybe(card, ".heat-map-stage");
  if (known) return known;
  const picture = one(card, ".answer-picture", Element);
  const stage = el("div", { class: "heat-map-stage answer-stage" });
  picture.replaceWith(stage);
  stage.append(picture);
  return stage;
}
