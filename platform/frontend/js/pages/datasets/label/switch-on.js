// The offer to have classes suggested in a dataset whose suggestions are switched off.

import { request } from "../../../csrf.js";
import { el } from "../../../dom.js";
import { complain } from "../../../toast.js";

/**
 * @param {string} url of the dataset
 * @param {() => unknown} then called when the first fit has been asked for
 * @returns {HTMLElement} a button
 */
export function switchOn(url, then) {
  const onclick = async () => {
    try {
      await request(url, { method: "PATCH", json: { instant_model: true } });
      await then();
    } catch (problem) {
      complain(problem);
    }
  };
  return el("button", { type: "button", class: "btn btn-sm", text: "Switch on", onclick });
}
