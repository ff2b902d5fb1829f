// A form that was refused because its person had been signed out is filled in again when they are
// back. What was typed stays in this tab (sessionStorage), for the same person, and never passwords
// or files.

import { toast } from "./toast.js";

const KEY = "loupe-draft";
const MOST_CHARACTERS = 200_000;
const NOT_KEPT = new Set(["password", "file", "hidden", "submit", "button", "image", "reset"]);

const person = () => document.querySelector('meta[name="person"]')?.content ?? "";
const here = () => location.pathname + location.search;

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  } catch {
    return null;
  }
}

function write(draft) {
  try {
    const text = JSON.stringify(draft);
    if (draft === null || text.length > MOST_CHARACTERS) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, text);
  } catch {
    // Storage is blocked: nothing is kept.
  }
}

const fields = (form) =>
  [...form.elements].filter(
    (field) => field.name && !NOT_KEPT.has(field.type) && field.tagName !== "FIELDSET",
  );

/** How a field is found again: fields of one name (boxes, radio buttons) by their place among them. */
function* named(form) {
  const seen = new Map();
  for (const field of fields(form)) {
    const place = seen.get(field.name) ?? 0;
    seen.set(field.name, place + 1);
    yield [`${field.name}/${place}`, field];
  }
}

const entered = (field) => {
  if (field.type === "checkbox" || field.type === "radio") return field.checked;
  return field.multiple ? [...field.selectedOptions].map((option) => option.value) : field.value;
};

function fill(field, value) {
  if (field.type === "checkbox" || field.type === "radio") field.checked = value;
  else if (field.multiple)
    for (const option of field.options) option.selected = value.includes(option.value);
  else field.value = value;
}

/** @param {HTMLFormElement} form @param {boolean} refused whether it is known already that the form was not taken */
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
  if (!event.defaultPrevented && form.method === "post" && person()) keepDraft(form);
});
document.addEventListener("htmx:responseError", (event) => {
  const form = event.detail.elt.closest?.("form");
  if (form && event.detail.xhr.status === 401) keepDraft(form, true);
});

const draft = read();
if (document.querySelector("[data-form-refused]")) {
  if (draft) write({ ...draft, refused: true });
} else if (draft && person()) {
  write(null);
  if (draft.refused && draft.person === person() && draft.path === here()) restore(draft);
}
