// Before a merge: how many images the class that stays will have.

import { formatInteger } from "../../format.js";

const form = document.querySelector("[data-merge]");
const preview = form?.querySelector("[data-merge-preview]");
form?.into?.addEventListener("change", () => {
  const { name, count } = form.into.selectedOptions[0].dataset;
  const moving = Number(form.dataset.count);
  if (name)
    preview.textContent = `${formatInteger(moving)} will move to ${name}, which then has ${formatInteger(moving + Number(count))} images.`;
});
