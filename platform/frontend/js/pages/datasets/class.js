// Before a merge: how many images the class that stays will have.

import { maybe, one } from "../../dom.js";
import { formatInteger } from "../../format.js";

/** @param {HTMLElement} form */
function start(form) {
  const into = one(form, "[name=into]", HTMLSelectElement);
  into.addEventListener("change", () => {
    const { name, count } = into.selectedOptions[0].dataset;
    if (!name) return;
    const moving = Number(form.dataset.count);
    const after = formatInteger(moving + Number(count));
    one(form, "[data-merge-preview]").textContent =
      `${formatInteger(moving)} will move to ${name}, which then has ${after} images.`;
  });
}

const form = maybe(document, "[data-merge]");
if (form) start(form);
