// New run: a setting that is not its preset's default says so, and the folded part how many of its
// own are.

import { allWithin, around, maybe, whenAdded } from "../../dom.js";

/** @param {Element | null} field */
function entered(field) {
  if (field instanceof HTMLInputElement && field.type === "checkbox") return String(field.checked);
  return field instanceof HTMLInputElement || field instanceof HTMLSelectElement ? field.value : "";
}

/** @param {Element | null} field @param {string} fallback the preset's default */
function same(field, fallback) {
  const value = entered(field);
  const isNumber = field instanceof HTMLInputElement && field.type === "number";
  return value === fallback || (isNumber && value !== "" && Number(value) === Number(fallback));
}

/** @param {HTMLElement} setting */
function mark(setting) {
  const field = setting.querySelector("input, select");
  setting.classList.toggle("is-changed", !same(field, setting.dataset.default ?? ""));
}

function count() {
  const changed = allWithin(document, ".more-settings .setting.is-changed").length;
  const place = maybe(document, "[data-changed-count]");
  if (place) place.textContent = changed ? `· ${changed} changed` : "";
}

document.addEventListener("input", (event) => {
  const setting = around(event, ".setting");
  if (!setting) return;
  mark(setting);
  count();
});
whenAdded(count);
