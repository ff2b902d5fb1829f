// Small builders: elements are made, never parsed from strings, so that names of classes and files
// stay data. And ways to find elements, which say at once when a page lacks one.

/**
 * @typedef {string | number | boolean | null | undefined} AttributeValue
 *   null, undefined and false leave the attribute out
 * @typedef {Record<string, AttributeValue | ((event: Event) => unknown)>} Attributes
 *   `class`, `text`, `on…` listeners, or what HTML calls them
 */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...(Node|string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = String(value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/**
 * The first match that is a `kind`, by default an HTMLElement.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} [kind]
 * @returns {T | null}
 */
export function maybe(root, selector, kind) {
  const found = root.querySelector(selector);
  const right = found instanceof (kind ?? HTMLElement) ? found : null;
  // The compiler cannot know that T is HTMLElement where no kind is given.
  return /** @type {T | null} */ (right);
}

/**
 * As `maybe`, for what must be there.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} [kind]
 * @returns {T}
 * @throws {Error} naming what the page lacks
 */
export function one(root, selector, kind) {
  const found = maybe(root, selector, kind);
  if (!found) throw new Error(`The page lacks ${kind?.name ?? "an element"} ${selector}.`);
  return found;
}

/**
 * All matches inside `root` that are a `kind`, by default HTMLElements; `root` itself included.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} [kind]
 * @returns {T[]}
 */
export function allWithin(root, selector, kind) {
  /** @type {Element[]} */
  const found = [...root.querySelectorAll(selector)];
  if (root instanceof Element && root.matches(selector)) found.unshift(root);
  // As in `maybe`.
  return /** @type {T[]} */ (found.filter((each) => each instanceof (kind ?? HTMLElement)));
}

/**
 * The element around the event's target, or the target itself, that matches.
 * @param {Event} event
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export function around(event, selector) {
  const found = event.target instanceof Element ? event.target.closest(selector) : null;
  return found instanceof HTMLElement ? found : null;
}

/** @param {string} name of a <meta> @returns {string} its content, empty without one */
export const meta = (name) =>
  maybe(document, `meta[name="${name}"]`, HTMLMetaElement)?.content ?? "";

/**
 * The JSON that a page holds in a <script> of this id (Django's json_script).
 * @param {string | undefined} id
 * @returns {any} null without one
 */
export const jsonOf = (id) => JSON.parse(document.getElementById(id ?? "")?.textContent ?? "null");

/** @param {KeyboardEvent} event whether a modifier is held, so that the browser means something */
export const isModified = (event) => event.ctrlKey || event.metaKey || event.altKey;

const SVG = "http://www.w3.org/2000/svg";

/** An icon of icons.txt. @param {string} name @param {string} [extraClass] */
export function icon(name, extraClass = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon ${extraClass}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${meta("icon-sprite")}#${name}`);
  svg.append(use);
  return svg;
}

/**
 * A bar as SVG: widths stay attributes, which a strict style policy allows.
 * @param {number} share 0 to 1
 * @param {string} [extraClass]
 */
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

/**
 * Runs `enhance` now for the document and later for everything htmx brings in.
 * @param {(root: ParentNode) => unknown} enhance
 */
export function whenAdded(enhance) {
  enhance(document);
  document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
}
