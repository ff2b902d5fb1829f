// Small builders: elements are made, never parsed from strings, so that names of classes and files
// stay data.

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes] `class`, `text`, `on…` listeners, properties with a leading dot;
 *   null, undefined and false leave the attribute out.
 * @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith(".")) element[name.slice(1)] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** An icon of icons.txt. @param {string} name @param {string} [extraClass] */
export function icon(name, extraClass = "") {
  const sprite = document.querySelector('meta[name="icon-sprite"]').content;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon ${extraClass}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

/** A bar of `share` (0 to 1) as SVG: widths stay attributes, which a strict style policy allows. */
export function bar(share, extraClass = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `bar ${extraClass}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const rect = document.createElementNS(SVG, "rect");
  rect.setAttribute("width", `${Math.max(0, Math.min(1, share)) * 100}%`);
  rect.setAttribute("height", "100%");
  rect.setAttribute("rx", "3");
  svg.append(rect);
  return svg;
}

/** Runs `enhance(root)` now for the document and later for everything htmx brings in. */
export function whenAdded(enhance) {
  enhance(document);
  document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
}

/** All matches inside `root`, `root` itself included. */
export function allWithin(root, selector) {
  const found = [...root.querySelectorAll(selector)];
  if (root.matches?.(selector)) found.unshift(root);
  return found;
}
