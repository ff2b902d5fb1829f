// A form that was refused because its person had been signed out is filled in again when they are
// back. What was typed stays in this tab (sessionStorage), for the same person, and never passwords
// or files.

import { maybe, meta } from "./dom.js";
import { toast } from "./toast.js";

/**
 * @typedef {string | boolean | string[]} Value what a field holds; several for a multiple choice
 * @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Field
 * @typedef {object} Draft
 * @property {string} path
 * @property {string} person
 * @property {string} action
 * @property {boolean} refused
 * @property {Record<string, Value>} values
 */

const KEY = "loupe-draft";
const MOST_CHARACTERS = 200_000;
const NOT_KEPT = new Set(["password", "file", "hidden", "submit", "button", "image", "reset"]);

const person = () => meta("person");
const here = () => location.pathname + location.search;

/** @returns {Draft | null} */
function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  } catch {
    return null;
  }
}

/** @param {Draft | null} draft */
function write(draft) {
  try {
    const text = JSON.stringify(draft);
    if (draft === null || text.length > MOST_CHARACTERS) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, text);
  } catch {
    // Storage is blocked: nothing is kept.
  }
}

/** @param {Element} element @returns {element is Field} */
const isField = (element) =>
  element instanceof HTMLInputElement ||
  element instanceof HTMLSelectElement ||
  element instanceof HTMLTextAreaElement;

/** @param {HTMLFormElement} form */
const fields = (form) =>
  [...form.elements].filter(isField).filter(({ name, type }) => name && !NOT_KEPT.has(type));

/** @param {Field} field @returns {field is HTMLInputElement} */
const isTicked = (field) => field.type === "checkbox" || field.type === "radio";

/**
 * How a field is found again: fields of one name (boxes, radio buttons) by their place among them.
 * @param {HTMLFormElement} form
 * @returns {Generator<[string, Field]>}
 */
function* named(form) {
  const seen = new Map();
  for (const field of fields(form)) {
    const place = seen.get(field.name) ?? 0;
    seen.set(field.name, place + 1);
    yield [`${field.name}/${place}`, field];
  }
}

/** @param {Field} field @returns {Value} */
const entered = (field) => {
  if (isTicked(field)) return field.checked;
  return field instanceof HTMLSelectElement && field.multiple
    ? [...field.selectedOptions].map((option) => option.value)
    : field.value;
};

/** @param {Field} field @param {Value} value */
function fill(field, value) {
  if (isTicked(field)) field.checked = value === true;
  else if (field instanceof HTMLSelectElement && Array.isArray(value))
    for (const option of field.options) option.selected = value.includes(option.value);
  else field.value = String(value);
}

/**
 * @param {HTMLFormElement} form
 * @param {boolean} [refused] whether it is known already that the form was not taken
 */
export function keepDraft(form, refused = false) {
  const values = Object.fromEntries(
    [...named(form)].map(([name, field]) => [name, entered(field)]),
  );
  write({
    path: here(),
    person: person(),
    action: form.getAttribute("action") ?? "",
    refused,
    values,
  });
}

/** @param {Draft} draft */
function restore(draft) {
  const form = [...document.forms].find(
    (one) =>
      one.method === "post" &&
      (one.getAttribute("action") ?? "") === draft.action &&
      fields(one).length,
  );
  if (!form) return;
  for (const [name, field] of named(form)) {
    if (!(name in draft.values)) continue;
    fill(field, draft.values[name]);
    field.dispatchEvent(new Event("change", { bubbles: true }));
    field.closest("details")?.setAttribute("open", "");
  }
  toast("The form is filled in as it was. Nothing was sent yet.");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || event.defaultPrevented) return;
  if (form.method === "post" && person()) keepDraft(form);
});
document.addEventListener("htmx:responseError", (event) => {
  const form = event.detail.elt.closest("form");
  if (form && event.detail.xhr.status === 401) keepDraft(form, true);
});

const draft = read();
if (maybe(document, "[data-form-refused]")) {
  if (draft) write({ ...draft, refused: true });
} else if (draft && person()) {
  write(null);
  if (draft.refused && draft.person === person() && draft.path === here()) restore(draft);
}
