// When the check ends, its report comes in without a reload.

import { one } from "../../dom.js";

document.addEventListener("job:ended", () => {
  const { qualityUrl = "" } = one(document, "[data-quality-url]").dataset;
  window.htmx.ajax("get", qualityUrl, { target: "#quality-report", swap: "innerHTML" });
});
