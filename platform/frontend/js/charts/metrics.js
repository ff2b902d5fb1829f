// The metrics that curves show: how their values are written, and which lines stand for them.

import { formatBytes, formatInteger, formatMetric, formatPercent } from "../format.js";
import { sayShare } from "./theme.js";

/** @import { EpochMetrics } from "../../types/api" */

/** @param {string} metric */
export const isShare = (metric) => metric.includes("accuracy");

/** 0.0012345 → "0.00123" @param {number} value */
const formatRate = (value) => String(Number(value.toPrecision(3)));
/** 1234.5 → "1,235", 3.21 → "3.2" @param {number} value */
const formatSpeed = (value) =>
  value && value < 10 ? value.toFixed(1) : formatInteger(Math.round(value));

/** Other metrics are losses. @type {Record<string, (value: number) => string>} */
const FORMATS = {
  learning_rate: formatRate,
  images_per_second: formatSpeed,
  memory_bytes: formatBytes,
};

/** @param {string} metric @param {number | null | undefined} value */
export function say(metric, value) {
  if (isShare(metric)) return formatPercent(value);
  const format = FORMATS[metric];
  if (!format) return formatMetric(value);
  return value === null || value === undefined ? "–" : format(value);
}

/** A value at the axis. @param {string} metric @param {number} value */
export function sayShort(metric, value) {
  if (isShare(metric)) return sayShare(value);
  return FORMATS[metric]?.(value) ?? String(Math.round(value * 1000) / 1000);
}

/** @type {Record<string, {name: string, key: string}[]>} */
const OWN = {
  learning_rate: [{ name: "At its end", key: "learning_rate" }],
  images_per_second: [{ name: "Training", key: "images_per_second" }],
  memory_bytes: [
    { name: "Process", key: "memory_bytes" },
    { name: "GPU", key: "gpu_memory_bytes" },
  ],
};

/**
 * The lines of a metric that is no split's; null for one that is measured on train and validation.
 * A second line is left out where no epoch has a value of it.
 * @param {string} metric
 * @param {EpochMetrics[]} epochs
 */
export function ownLines(metric, epochs) {
  const isTold = (/** @type {string} */ key) => epochs.some((row) => row[key] ?? false);
  return OWN[metric]?.filter(({ key }, index) => !index || isTold(key)) ?? null;
}
