// What every chart shares: it draws into a figure of components/chart.html, follows size and theme,
// and writes the table behind itself.

import { init } from "../../vendor/echarts.js";
import { el } from "../dom.js";

/**
 * @param {HTMLElement} figure made by components/chart.html
 * @param {() => object} option builds the whole ECharts option with the inks of now
 * @param {() => void} [beside] writes what stands beside the picture; called with every drawing
 * @returns {{chart: object, redraw: () => void}} redraw keeps zoom and hidden series
 */
export function drawing(figure, option, beside = () => {}) {
  const canvas = figure.querySelector(".chart-canvas");
  const chart = init(canvas, null, { renderer: "canvas" });
  chart.setOption(option());
  beside();
  const redraw = () => {
    const zoom = chart.getOption().dataZoom?.map(({ start, end }) => ({ start, end }));
    const next = option();
    if (zoom && next.dataZoom)
      next.dataZoom = next.dataZoom.map((each, index) => ({ ...each, ...zoom[index] }));
    chart.setOption(next, { replaceMerge: ["series"] });
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
  const title = figure.querySelector(".chart-title").textContent;
  const table = el(
    "table",
    { class: "table-data table-dense" },
    el("caption", { class: "visually-hidden", text: title }),
    el("thead", {}, el("tr", {}, ...heads)),
    el("tbody", {}, ...body),
  );
  figure.querySelector(".chart-table .table-scroll").replaceChildren(table);
}

const SVG = "http://www.w3.org/2000/svg";

/** The key above a chart: an ink, a name and a value. @param {{name, color, dashed, value}[]} items @param {string} [of] what the values are of */
export function writeKey(figure, items, of = "") {
  const rows = items.map(({ name, color, dashed, value }) => {
    const sample = document.createElementNS(SVG, "svg");
    const line = document.createElementNS(SVG, "line");
    for (const [key, at] of Object.entries({
      x1: 0,
      x2: "100%",
      y1: "50%",
      y2: "50%",
      stroke: color,
      "stroke-dasharray": dashed ? "5 3" : "none",
    }))
      line.setAttribute(key, at);
    sample.setAttribute("aria-hidden", "true");
    sample.append(line);
    return el(
      "li",
      {},
      sample,
      el("span", { class: "quiet", text: name }),
      el("b", { text: value }),
    );
  });
  if (of && rows.length) rows.push(el("li", { class: "quiet", text: of }));
  figure.querySelector(".chart-key").replaceChildren(...rows);
}

/** The sentence a screen reader gets instead of the picture. */
export function describe(figure, sentence) {
  figure.querySelector(".chart-canvas").setAttribute("aria-label", sentence);
}
