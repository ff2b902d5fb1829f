// <time datetime> shows "3 min ago", kept up to date; the exact local time stands in the title.

import { allWithin, whenAdded } from "./dom.js";

const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dayAndYear = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
});

/**
 * @param {Date} date
 * @param {Date} [now]
 * @returns {string} "just now", "3 min ago", "yesterday", "12 Mar"
 */
export function relativeTime(date, now = new Date()) {
  const seconds = (now.getTime() - date.getTime()) / 1000;
  const ago = Math.abs(seconds);
  /** @param {string} text */
  const say = (text) => (seconds >= 0 ? `${text} ago` : `in ${text}`);
  if (ago < 45) return seconds >= 0 ? "just now" : "in a moment";
  if (ago < 45 * 60) return say(`${Math.max(1, Math.round(ago / 60))} min`);
  if (ago < 22 * 3600) return say(`${Math.max(1, Math.round(ago / 3600))} h`);
  const days = Math.max(1, Math.round(ago / 86400));
  if (days === 1) return seconds >= 0 ? "yesterday" : "tomorrow";
  if (days < 14) return say(`${days} days`);
  return (date.getFullYear() === now.getFullYear() ? day : dayAndYear).format(date);
}

/** @param {ParentNode} root */
function enhance(root) {
  for (const time of allWithin(root, "time[datetime]", HTMLTimeElement)) {
    const date = new Date(time.dateTime);
    if (Number.isNaN(date.getTime()) || time.hasAttribute("data-absolute")) continue;
    time.title = exact.format(date);
    const text = relativeTime(date);
    if (time.textContent !== text) time.textContent = text;
  }
}

whenAdded(enhance);
setInterval(() => enhance(document), 30_000);
