// Where the model looked: a card's image is asked about once more, with its heat-map.

import { messageOf, request } from "../../../csrf.js";
import { el, icon, maybe, one } from "../../../dom.js";
import { layHeat, methodOf, strengthSlider, wordsOf } from "../../../heat-map.js";

/** @import { PredictAnswer } from "../../../../types/api" */
/** @import { AnswerCard } from "./card.js" */

/** A button that brings the heat-map. @param {AnswerCard} card */
export function heat(card) {
  const part = el("div", { class: "answer-heat" });
  const button = el("button", { class: "btn btn-sm", type: "button" }, icon("scan-eye"));
  button.append("Show where it looked");
  button.addEventListener("click", async () => {
    button.classList.add("is-busy");
    try {
      part.replaceChildren(...(await asked(card)));
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

/** @param {AnswerCard} card @returns {Promise<Node[]>} what stands below the classes */
async function asked(card) {
  const form = new FormData();
  form.append("images", card.file, card.file.name);
  form.append("explain", "true");
  form.append("top_k", "1");
  const url = one(document, "#playground").dataset.predictUrl ?? "";
  /** @type {PredictAnswer} */
  const { predictions } = await request(url, { method: "POST", body: form });
  const [said] = predictions;
  if (said.status !== 200) throw new Error(said.detail);
  if (!said.heat_map) throw new Error(said.heat_map_problem);
  const found = {
    src: `data:image/png;base64,${said.heat_map}`,
    className: said.classes[0].class_name,
    place: said.heat_map_place ?? "",
    method: said.heat_map_method ?? "",
  };
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
