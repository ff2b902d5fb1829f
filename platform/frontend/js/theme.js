// The switch light / like the device / dark. Charts listen for the event `loupe:theme` on document.

const KEY = "loupe-theme";
const device = matchMedia("(prefers-color-scheme: dark)");

function remembered() {
  try {
    return localStorage.getItem(KEY) ?? "auto";
  } catch {
    return "auto";
  }
}

function apply(choice) {
  const dark = choice === "dark" || (choice !== "light" && device.matches);
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
  }
  document.dispatchEvent(new CustomEvent("loupe:theme", { detail: { dark } }));
}

/** @param {"light"|"dark"|"auto"} choice */
export function setTheme(choice) {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // Storage is blocked: the choice lasts for this page.
  }
  apply(choice);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-choice]");
  if (button) setTheme(button.dataset.themeChoice);
});
device.addEventListener("change", () => apply(remembered()));
apply(remembered());
