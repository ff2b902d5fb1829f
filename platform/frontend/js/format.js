// Numbers as people read them. English, like the pages.

const integer = new Intl.NumberFormat("en-US");

/** 60000 → "60,000" @param {number} value */
export const formatInteger = (value) => integer.format(value);

/**
 * 0.98765 → "98.8 %"; null → "–"
 * @param {number | null | undefined} share
 * @param {number} [digits]
 */
export function formatPercent(share, digits = 1) {
  return share === null || share === undefined ? "–" : `${(share * 100).toFixed(digits)} %`;
}

/**
 * A metric with four decimals: 0.123456 → "0.1235"; null → "–"
 * @param {number | null | undefined} value
 */
export function formatMetric(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  return Math.abs(value) >= 1000 ? integer.format(Math.round(value)) : value.toFixed(4);
}

/** 1536 → "1.5 kB" (decimal units, as disks and browsers count) @param {number} bytes */
export function formatBytes(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** 95 → "1 min 35 s"; 7260 → "2 h 1 min" @param {number} seconds */
export function formatDuration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600)
    return whole % 60 && whole < 600
      ? `${Math.floor(whole / 60)} min ${whole % 60} s`
      : `${Math.round(whole / 60)} min`;
  const minutes = Math.round((whole % 3600) / 60);
  const hours = Math.floor(whole / 3600);
  return hours < 48
    ? `${hours} h${minutes ? ` ${minutes} min` : ""}`
    : `${Math.round(hours / 24)} days`;
}
