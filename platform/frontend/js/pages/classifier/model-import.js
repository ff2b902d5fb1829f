// Bring a model along: the upload shows how far it is, and names can be taken from a dataset.

import { isAbort, messageOf } from "../../csrf.js";
import { jsonOf, maybe, one } from "../../dom.js";
import { Speedometer, upload, uploadFigures } from "../../upload.js";

const form = one(document, ".model-import", HTMLFormElement);
const names = one(form, "#id_class_names", HTMLTextAreaElement);
const source = one(form, "[data-names-from]", HTMLSelectElement);
const place = one(form, "[data-problem-place]");
const shown = one(form, "[data-progress]");
const cancel = one(form, "[data-cancel]", HTMLButtonElement);
const submit = one(form, "[type=submit]", HTMLButtonElement);
/** @type {Record<string, string[]>} */
const known = jsonOf("class-names");

source.addEventListener("change", () => {
  const found = known[source.value];
  if (!found) return;
  names.value = found.join("\n");
  const tried = maybe(form, "#id_dataset", HTMLSelectElement);
  if (tried) tried.value = source.value;
});

/** @param {string} detail */
function complain(detail) {
  const template = one(form, "[data-problem-template]", HTMLTemplateElement);
  const problem = template.content.cloneNode(true);
  place.replaceChildren(problem);
  one(place, "[data-problem=detail]").textContent = detail;
  place.scrollIntoView({ block: "center" });
}

/** @param {boolean} busy */
function show(busy) {
  shown.hidden = cancel.hidden = !busy;
  submit.disabled = busy;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  place.replaceChildren();
  const speed = new Speedometer();
  const controller = new AbortController();
  cancel.onclick = () => controller.abort();
  show(true);
  try {
    const answer = await upload(form.action, new FormData(form), {
      signal: controller.signal,
      onProgress: (sent, total) => {
        one(shown, "progress", HTMLProgressElement).value = sent / total;
        one(shown, "[data-figures]").textContent =
          sent < total ? uploadFigures(sent, total, speed.mark(sent)) : "Looking at the file…";
      },
    });
    window.location.assign(answer.url);
  } catch (problem) {
    show(false);
    if (!isAbort(problem)) complain(messageOf(problem));
  }
});
