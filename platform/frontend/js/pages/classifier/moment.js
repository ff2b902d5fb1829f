// "What was live on …": the person's own time zone stands first, beside UTC.

import { allWithin, el, one } from "../../dom.js";

const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
const asked = new URLSearchParams(location.search).get("zone");

for (const form of allWithin(document, "[data-moment]", HTMLFormElement)) {
  const zones = one(form, "select", HTMLSelectElement);
  const named = [...zones.options].find((option) => option.value === own);
  const option = named ?? el("option", {}, own);
  if (!named) zones.prepend(option);
  if (!asked) zones.value = option.value;
}
