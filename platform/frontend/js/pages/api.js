// The page of the REST API: finds calls and shapes by their names; an address with a # opens what
// it names.

import { allWithin, one } from "../dom.js";

const filter = one(document, "[data-api-filter]", HTMLInputElement);
const entries = allWithin(document, ".api-entry").map((entry) => ({
  entry,
  text: entry.querySelector("summary")?.textContent?.toLowerCase() ?? "",
}));

function find() {
  const words = filter.value.toLowerCase().split(/\s+/u).filter(Boolean);
  for (const { entry, text } of entries) entry.hidden = !words.every((word) => text.includes(word));
  for (const section of allWithin(document, ".api-section"))
    section.hidden = !section.querySelector(".api-entry:not([hidden])");
  one(document, "[data-api-none]").hidden = entries.some(({ entry }) => !entry.hidden);
}

function openNamed() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!(named instanceof HTMLDetailsElement) || !named.matches(".api-entry")) return;
  filter.value = "";
  find();
  named.open = true;
  named.scrollIntoView();
}

filter.addEventListener("input", find);
addEventListener("hashchange", openNamed);
openNamed();
