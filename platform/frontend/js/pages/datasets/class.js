// Before a merge: how many images the class that stays will have.

import { maybe, one } from "../../dom.js";
import { formatInteger } from "../../format.js";

const form = maybe(document, "[data-merge]", HTMLFormElement);
// The only class of a dataset has no other to go into.
const into = maybe(document, "[data-merge] [name=into]", HTMLSelectElement);
if (form && into)
  into.addEventListener("change", () => {
    const { name, count } = into.selectedOptions[0].dataset;
    if (!name) return;
    const moving = Number(form.dataset.count);
    const after = formatInteger(moving + Number(count));
    one(form, "[data-merge-preview]").textContent =
      `${formatInteger(moving)} will move to ${name}, which then has ${after} images.`;
  });
