// New run: a setting that is not its preset's default says so, and the folded part how many of its
// own are.

import { whenAdded } from "../../dom.js";

function entered(input) {
  return input.type === "checkbox" ? String(input.checked) : input.value;
}

function same(input, fallback) {
  const value = entered(input);
  return (
    value === fallback ||
    (input.type === "number" && value !== "" && Number(value) === Number(fallback))
  );
}

function mark(setting) {
  setting.classList.toggle(
    "is-changed",
    !same(setting.querySelector("input, select"), setting.dataset.default),
  );
}

function count() {
  const changed = document.querySelectorAll(".more-settings .setting.is-changed").length;
  const place = document.querySelector("[data-changed-count]");
  if (place) place.textContent = changed ? `· ${changed} changed` : "";
}

document.addEventListener("input", ({ target }) => {
  const setting = target.closest(".setting");
  if (!setting) return;
  mark(setting);
  count();
});
whenAdded(count);
