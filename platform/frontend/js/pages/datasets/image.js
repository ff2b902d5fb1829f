// Arrow keys go to the image before and after, except in a text field.

import { around, isModified, maybe } from "../../dom.js";

document.addEventListener("keydown", (event) => {
  if (isModified(event) || around(event, "input, textarea, select")) return;
  maybe(document, `[data-key="${CSS.escape(event.key)}"][href]`)?.click();
});
