// A document to print: the browser's own dialog, with the style of paper.

import { allWithin } from "../dom.js";

for (const button of allWithin(document, "[data-print]")) {
  button.addEventListener("click", () => window.print());
}
