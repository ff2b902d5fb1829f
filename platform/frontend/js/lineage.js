// A lineage that is wider than its place begins where the page's own box is in sight.

import { allWithin, maybe, whenAdded } from "./dom.js";

whenAdded((root) => {
  for (const region of allWithin(root, ".lineage-scroll")) {
    const here = maybe(region, ".is-here", SVGGElement);
    if (!here) continue;
    const box = here.getBoundingClientRect();
    const frame = region.getBoundingClientRect();
    region.scrollLeft += box.left + box.width / 2 - frame.left - frame.width / 2;
  }
});
