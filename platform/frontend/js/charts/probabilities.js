// The classes of one prediction as bars of plain HTML; the same markup as
// components/probabilities.html.

import { bar, el } from "../dom.js";
import { formatPercent } from "../format.js";

/** @import { ClassProbability } from "../../types/api" */

/**
 * @param {HTMLElement} list an <ol class="bar-list"> to fill
 * @param {ClassProbability[]} classes best first
 */
export function showProbabilities(list, classes) {
  list.replaceChildren(
    ...classes.map(({ class_name: name, probability }, index) =>
      el(
        "li",
        { class: index === 0 && "is-first" },
        el(
          "span",
          { class: "bar-row" },
          el("span", { class: "bar-name", title: name, text: name }),
          bar(probability, index ? "is-rest" : ""),
          el("span", { class: "bar-value", text: formatPercent(probability) }),
        ),
      ),
    ),
  );
}
