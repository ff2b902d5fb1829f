// Buttons with data-copy (the text) or data-copy-from (the id of an element whose text is copied).

import { around, icon } from "./dom.js";
import { toast } from "./toast.js";

/** @param {string} text @throws {Error} when the browser refuses */
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Plain http away from localhost has no clipboard API.
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("copy refused");
}

document.addEventListener("click", async (event) => {
  const button = around(event, "[data-copy], [data-copy-from]");
  if (!button) return;
  const { copy: given, copyFrom = "" } = button.dataset;
  const text = given ?? document.getElementById(copyFrom)?.textContent ?? "";
  try {
    await copy(text);
  } catch {
    toast("The browser did not allow copying. Select the text and press Ctrl+C.", { error: true });
    return;
  }
  toast("Copied");
  const before = button.querySelector(".icon");
  const after = icon("check");
  if (!before) return;
  before.replaceWith(after);
  setTimeout(() => after.replaceWith(before), 1500);
});
