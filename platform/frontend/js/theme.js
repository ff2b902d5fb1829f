// The switch light / like the device / dark. Charts listen for the event `loupe:theme` on document.

import { allWithin, around } from "./dom.js";

const KEY = "loupe-theme";
const device = matchMedia("(prefers-color-scheme: dark)");

function remembered() {
  try {
    return localStorage.getItem(KEY) ?? "auto";
  } catch {
    return "auto";
  }
}

/** @param {string} choice */
function apply(choice) {
  const dark = choice === "dark" || (choice !== "light" && device.matches);
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
  for (const button of allWithin(document, "[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
  }
  document.dispatchEvent(new CustomEvent("loupe:theme", { detail: { dark } }));
}

/** @param {string} choice light, dark or auto */
export function setTheme(choice) {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // Storage is blocked: the choice lasts for this page.
  }
  apply(choice);
}

document.addEventListener("click", (event) => {
  const choice = around(event, "[data-theme-choice]")?.dataset.themeChoice;
  if (choice) setTheme(choice);
});
device.addEventListener("change", () => apply(remembered()));
apply(remembered());
