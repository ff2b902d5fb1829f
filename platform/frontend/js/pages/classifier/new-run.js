// New run: a setting that is not its preset's default says so and can be reset, the folded part
// counts its own, and what has no effect under the other settings is neither shown nor sent.

import { allWithin, around, maybe, whenAdded } from "../../dom.js";

/** @param {HTMLElement} setting */
function fieldOf(setting) {
  const field = setting.querySelector("input, select");
  return field instanceof HTMLInputElement || field instanceof HTMLSelectElement ? field : null;
}

/** @param {HTMLElement} setting */
function entered(setting) {
  const field = fieldOf(setting);
  if (field instanceof HTMLInputElement && field.type === "checkbox") return String(field.checked);
  return field?.value ?? "";
}

/** @param {HTMLElement} setting */
function isDefault(setting) {
  const value = entered(setting);
  const fallback = setting.dataset.default ?? "";
  const isNumber = fieldOf(setting)?.type === "number";
  if (value === fallback) return true;
  return isNumber && value !== "" && fallback !== "" && Number(value) === Number(fallback);
}

/** @param {HTMLElement} setting */
function mark(setting) {
  const changed = !isDefault(setting);
  setting.classList.toggle("is-changed", changed);
  const reset = maybe(setting, "[data-reset]");
  if (reset) reset.hidden = !changed;
}

/** What was entered stays in the field, and comes back with what it needs.
 * @param {HTMLElement} setting */
function showWhereItWorks(setting) {
  const { needs, values = "", least } = setting.dataset;
  const other = needs ? maybe(document, `[data-setting="${needs}"]`) : null;
  const field = fieldOf(setting);
  if (!other || !field) return;
  const value = entered(other);
  const works = least ? Number(value) >= Number(least) : values.split(" ").includes(value);
  setting.hidden = !works;
  field.disabled = !works;
}

function review() {
  const settings = allWithin(document, ".setting");
  settings.forEach(mark);
  settings.forEach(showWhereItWorks);
  const changed = allWithin(document, ".more-settings .setting.is-changed:not([hidden])").length;
  const place = maybe(document, "[data-changed-count]");
  if (place) place.textContent = changed ? `· ${changed} changed` : "";
}

document.addEventListener("input", (event) => {
  if (around(event, ".setting")) review();
});
document.addEventListener("click", (event) => {
  const setting = around(event, "[data-reset]") && around(event, ".setting");
  const field = setting && fieldOf(setting);
  if (!setting || !field) return;
  const fallback = setting.dataset.default ?? "";
  if (field instanceof HTMLInputElement && field.type === "checkbox") {
    field.checked = fallback === "true";
  } else {
    field.value = fallback;
  }
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  field.focus();
});

/** @param {HTMLElement} button "Use 0.003" */
function use(button) {
  const setting = button.closest(".setting");
  const field = setting instanceof HTMLElement ? fieldOf(setting) : null;
  if (!field) return;
  field.value = button.dataset.useRate ?? "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  field.focus();
}

document.addEventListener("click", (event) => {
  const button = around(event, "[data-use-rate]");
  if (button) use(button);
});
/** What came of a search, to a screen reader. @param {ParentNode} root */
function sayVerdict(root) {
  for (const verdict of allWithin(root, ".rate-verdict")) {
    const finder = verdict.closest("[data-rate-finder]");
    const place = finder && maybe(finder, "[data-rate-said]");
    if (place) place.textContent = verdict.textContent;
  }
}

whenAdded((root) => {
  review();
  sayVerdict(root);
  // Without scripts nothing would fill it.
  for (const part of allWithin(document, "[data-preview], [data-rate-finder]")) part.hidden = false;
});
