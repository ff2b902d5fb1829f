// What every chart shares: it draws into a figure of components/chart.html, follows size and theme,
// and writes the table behind itself.

import { init } from "../../vendor/echarts.js";
import { el, one } from "../dom.js";

/** @import { EChartsCoreOption, EChartsType } from "echarts" */

/** @param {EChartsCoreOption} option @returns {{start?: number, end?: number}[]} */
const zoomsOf = ({ dataZoom }) => (Array.isArray(dataZoom) ? dataZoom : []);

/**
 * @param {HTMLElement} figure made by components/chart.html
 * @param {() => EChartsCoreOption} option builds the whole option with the inks of now
 * @param {() => void} [beside] writes what stands beside the picture; called with every drawing
 * @returns {{chart: EChartsType, redraw: () => void}} redraw keeps zoom and hidden series
 */
export function drawing(figure, option, beside = () => {}) {
  const canvas = one(figure, ".chart-canvas");
  const chart = init(canvas, null, { renderer: "canvas" });
  chart.setOption(option());
  beside();
  const redraw = () => {
    const zoom = zoomsOf(chart.getOption()).map(({ start, end }) => ({ start, end }));
    const next = option();
    const dataZoom = zoomsOf(next).map((each, index) => ({ ...each, ...zoom[index] }));
    chart.setOption(dataZoom.length ? { ...next, dataZoom } : next, { replaceMerge: ["series"] });
    beside();
  };
  const resized = new ResizeObserver(() => chart.resize());
  resized.observe(canvas);
  const onTheme = () => {
    if (figure.isConnected) return redraw();
    document.removeEventListener("loupe:theme", onTheme);
    resized.disconnect();
    chart.dispose();
  };
  document.addEventListener("loupe:theme", onTheme);
  return { chart, redraw };
}

/**
 * @param {HTMLElement} figure
 * @param {{name: string, num?: boolean}[]} columns
 * @param {(string|number|Node)[][]} rows the first cell of each is its header
 */
export function writeTable(figure, columns, rows) {
  const heads = columns.map(({ name, num }) =>
    el("th", { scope: "col", class: num && "num", text: name }),
  );
  const body = rows.map((cells) =>
    el(
      "tr",
      {},
      ...cells.map((cell, index) =>
        el(
          index ? "td" : "th",
          { scope: index ? null : "row", class: columns[index].num && "num" },
          cell instanceof Node ? cell : String(cell),
        ),
      ),
    ),
  );
  const title = titleOf(figure);
  const table = el(
    "table",
    { class: "table-data table-dense" },
    el("caption", { class: "visually-hidden", text: title }),
    el("thead", {}, el("tr", {}, ...heads)),
    el("tbody", {}, ...body),
  );
  one(figure, ".chart-table .table-scroll").replaceChildren(table);
}

/** @param {HTMLElement} figure */
export const titleOf = (figure) => one(figure, ".chart-title").textContent ?? "";

const SVG = "http://www.w3.org/2000/svg";

/** A piece of a line as the chart draws it. @param {string} color @param {boolean} [dashed] */
function sampleOf(color, dashed) {
  const sample = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "line");
  const dashes = dashed ? "5 3" : "none";
  const ends = { x1: "0", x2: "100%", y1: "50%", y2: "50%" };
  for (const [key, at] of Object.entries({ ...ends, stroke: color, "stroke-dasharray": dashes }))
    line.setAttribute(key, at);
  sample.setAttribute("aria-hidden", "true");
  sample.append(line);
  return sample;
}

/**
 * The key above a chart: an ink, a name and a value.
 * @param {HTMLElement} figure
 * @param {{name: string, color: string, dashed?: boolean, value: string}[]} items
 * @param {string} [of] what the values are of
 */
export function writeKey(figure, items, of = "") {
  const rows = items.map(({ name, color, dashed, value }) =>
    el(
      "li",
      {},
      sampleOf(color, dashed),
      el("span", { class: "quiet", text: name }),
      el("b", { text: value }),
    ),
  );
  if (of && rows.length) rows.push(el("li", { class: "quiet", text: of }));
  one(figure, ".chart-key").replaceChildren(...rows);
}

/**
 * The sentence a screen reader gets instead of the picture.
 * @param {HTMLElement} figure
 * @param {string} sentence
 */
export function describe(figure, sentence) {
  one(figure, ".chart-canvas").setAttribute("aria-label", sentence);
}
