// Heat-maps: [data-heat-map] of templates/classifier/explanations/_heat_map.html. A map is asked
// for when it comes near the screen, two at a time; what its strength was set to is remembered.

import { csrfToken, messageOf, problemFrom, statusOf } from "./csrf.js";
import { allWithin, el, one, whenAdded } from "./dom.js";

const KEY = "loupe-heat";
const AT_ONCE = 2;
const TRIES = 3;
const SMALL_SIDE = 96;
const METHODS = new Map([
  ["cam", "Exact class activation map"],
  ["grad_cam", "Grad-CAM"],
  ["occlusion", "By covering one part after the other"],
]);

/** @typedef {{src: string, className: string, place: string, method: string}} Heat */

/** @param {Heat} heat @returns {string} the map in words */
export function wordsOf({ className, place }) {
  if (!place) return `No part of the image by itself speaks for ${className}.`;
  if (place === "all over") return `What speaks for ${className} lies all over the image.`;
  const where = place === "middle" ? "in the middle" : `at the ${place}`;
  return `What speaks for ${className} lies ${where}.`;
}

/** @param {Heat} heat @returns {string} how it was made */
export const methodOf = ({ method }) => METHODS.get(method) ?? method;

/** Lays the heat over an image. @param {HTMLElement} stage `heat-map-stage` @param {Heat} heat */
export function layHeat(stage, heat) {
  const picture = el("img", { class: "heat", alt: `Heat-map. ${wordsOf(heat)}` });
  picture.addEventListener("load", () => URL.revokeObjectURL(heat.src), { once: true });
  picture.src = heat.src;
  for (const old of allWithin(stage, ".heat")) old.remove();
  stage.append(picture);
}

/** As templates/classifier/explanations/_heat_strength.html has it. */
export function strengthSlider() {
  const slider = el("input", {
    type: "range",
    "data-heat-strength": true,
    min: 0,
    max: 100,
    step: 5,
  });
  const label = el("label", { class: "heat-strength" }, el("span", { text: "Heat" }), slider);
  queueMicrotask(() => show(remembered()));
  return label;
}

/** @param {number} strength 0 to 100 */
function show(strength) {
  document.documentElement.style.setProperty("--heat", String(strength / 100));
  for (const slider of allWithin(document, "[data-heat-strength]", HTMLInputElement)) {
    slider.value = String(strength);
    slider.setAttribute("aria-valuetext", `${strength} percent`);
  }
}

function remembered() {
  try {
    const strength = Number.parseInt(localStorage.getItem(KEY) ?? "", 10);
    return strength >= 0 && strength <= 100 ? strength : 70;
  } catch {
    return 70; // Storage is blocked.
  }
}

document.addEventListener("input", ({ target }) => {
  if (!(target instanceof HTMLInputElement && target.matches("[data-heat-strength]"))) return;
  show(target.valueAsNumber);
  try {
    localStorage.setItem(KEY, target.value);
  } catch {
    // Storage is blocked or full: nothing is remembered.
  }
});

/** @type {HTMLElement[]} */
const waiting = [];
let underWay = 0;

/**
 * Asks for a heat-map; where it is to wait, once or twice more.
 * @param {string} url
 * @param {RequestInit} [options] of fetch
 * @returns {Promise<Heat>}
 * @throws {Problem}
 */
export async function askHeat(url, options = {}) {
  const headers = { "X-CSRFToken": csrfToken() };
  for (let tried = 1; ; tried += 1) {
    const answer = await fetch(url, { credentials: "same-origin", headers, ...options }).catch(
      () => null,
    );
    if (answer?.ok) {
      const said = (/** @type {string} */ name) => answer.headers.get(`Explanation-${name}`) ?? "";
      const [className, place] = [decodeURIComponent(said("Class")), said("Place")];
      const src = URL.createObjectURL(await answer.blob());
      return { src, className, place, method: said("Method") };
    }
    const problem = problemFrom(answer?.status ?? 0, (await answer?.text()) ?? "");
    const later = answer?.headers.get("Retry-After");
    if (!later || tried === TRIES) throw problem;
    await new Promise((resolve) => setTimeout(resolve, Math.min(Number(later), 30) * 1000));
  }
}

/** @param {HTMLElement} figure */
async function fill(figure) {
  const said = one(figure, "[data-heat-said]");
  figure.setAttribute("aria-busy", "true");
  try {
    const heat = await askHeat(figure.dataset.url ?? "");
    layHeat(one(figure, "[data-heat-stage]"), heat);
    const method = el("span", { class: "heat-map-method quiet", text: `${methodOf(heat)}.` });
    said.replaceChildren(`${wordsOf(heat)} `, method);
  } catch (problem) {
    const again = el("button", { class: "btn btn-sm", type: "button", text: "Try again" });
    again.addEventListener("click", () => enqueue(figure));
    const status = statusOf(problem) ?? 0;
    const final = status >= 400 && status < 500 && status !== 429;
    said.replaceChildren(`No heat-map: ${messageOf(problem)}`, ...(final ? [] : [again]));
  } finally {
    figure.removeAttribute("aria-busy");
  }
}

/** @param {HTMLElement} figure */
function enqueue(figure) {
  waiting.push(figure);
  next();
}

async function next() {
  const figure = underWay < AT_ONCE ? waiting.shift() : undefined;
  if (!figure) return;
  if (figure.isConnected) {
    underWay += 1;
    await fill(figure);
    underWay -= 1;
  }
  next();
}

const near = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting || !(target instanceof HTMLElement)) continue;
      near.unobserve(target);
      enqueue(target);
    }
  },
  { rootMargin: "200px" },
);

whenAdded((root) => {
  for (const figure of allWithin(root, "[data-heat-map]")) {
    if (figure.dataset.heatMap) continue;
    figure.dataset.heatMap = "known";
    for (const image of allWithin(figure, "img", HTMLImageElement)) {
      const size = () =>
        image.classList.toggle(
          "is-small",
          image.naturalWidth > 0 && image.naturalWidth < SMALL_SIDE,
        );
      image.addEventListener("load", size);
      size();
    }
    near.observe(figure);
  }
  show(remembered());
});
