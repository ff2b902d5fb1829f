// Loaded by every page. Parts of the kit that a page uses are fetched when their markup is there.

import "./theme.js";
import "./csrf.js";
import "./toast.js";
import "./drafts.js";
import "./job-news.js";
import "./time.js";
import "./copy.js";
import "./explain.js";
import "./scroll-regions.js";
import { allWithin, whenAdded } from "./dom.js";

/** @param {ParentNode} root */
async function takeDrops(root) {
  const [{ DropZone }, newDataset] = await Promise.all([
    import("./dropzone.js"),
    import("./new-dataset.js"),
  ]);
  for (const zone of allWithin(root, "drop-zone[new-dataset]", DropZone))
    newDataset.takeDrops(zone);
}

/** @type {[string, (root: ParentNode) => Promise<unknown>][]} */
const PARTS = [
  ["job-progress", () => import("./job-progress.js")],
  ["drop-zone", () => import("./dropzone.js")],
  ["drop-zone[new-dataset]", takeDrops],
  ["[data-chart]", () => import("./charts/mount.js")],
  ["[data-gallery]", () => import("./gallery.js")],
  ["[data-heat-map]", () => import("./heat-map.js")],
  [".lineage-scroll", () => import("./lineage.js")],
];

whenAdded(async (root) => {
  await Promise.all(
    PARTS.filter(([selector]) => allWithin(root, selector).length).map(([, load]) => load(root)),
  );
  document.documentElement.dataset.ready = "";
});

// A form sent twice, by a double click or by Enter, is one form too many.
const sent = new WeakSet();
document.addEventListener("submit", (event) => {
  const { target: form, submitter: button } = event;
  if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
  if (event.defaultPrevented || form.hasAttribute("data-repeatable")) return;
  if (sent.has(form)) return void event.preventDefault();
  sent.add(form);
  if (button?.matches(".btn")) setTimeout(() => button.classList.add("is-busy"));
  const again = () => {
    sent.delete(form);
    button?.classList.remove("is-busy");
  };
  addEventListener("pageshow", again, { once: true });
});
