// On every page: the number beside "Jobs", and a toast when a job of the reader's own has ended,
// once over all tabs. Asked only while the page is seen: every 5 s while a job goes on, every 15 s
// else.

import { request } from "./csrf.js";
import { allWithin, meta } from "./dom.js";
import { toast } from "./toast.js";

const [BUSY_SECONDS, IDLE_SECONDS, MOST_SECONDS] = [5, 15, 120];
const [MOST_TOASTS, MOST_TOLD] = [3, 200];

/**
 * @import { JobNews } from "../types/api"
 * @typedef {{since: string, told: string[]}} Told what was told, in any tab: ids, the newest last
 */

const KEY = `loupe-job-news:${meta("person")}`;
/** @type {number | undefined} */
let timer;
let failures = 0;
let asking = false;

/** @returns {Told} */
function recall() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "null") ?? { since: "", told: [] };
  } catch {
    return { since: "", told: [] };
  }
}

/** @param {Told} state */
function remember(state) {
  try {
    localStorage.setItem(KEY, JSON.stringify(state));
  } catch {
    // Storage is blocked: other tabs may tell the same.
  }
}

/**
 * One tab at a time, where the browser can (not over plain http from another machine).
 * @param {() => Promise<void>} work
 */
const alone = (work) => (navigator.locks ? navigator.locks.request(KEY, work) : work());

/** What the page shows by itself: the job, or what it has made. @param {JobNews} job */
const shown = ({ id, url }) =>
  document.querySelector(
    `:is(job-progress[job-id="${CSS.escape(id)}"], [data-shows-job="${CSS.escape(id)}"])`,
  ) !== null || url === location.pathname;

/** @param {JobNews[]} jobs @param {string} list the address of all jobs */
function tell(jobs, list) {
  if (jobs.length > MOST_TOASTS) {
    const failed = jobs.filter(({ status }) => status === "failed").length;
    return void toast(
      `${jobs.length} of your jobs have ended${failed ? `, ${failed} of them failed` : ""}.`,
      { error: failed > 0, link: { url: list, label: "Jobs" } },
    );
  }
  for (const { title, status, error, label, url } of jobs) {
    const failed = status === "failed";
    const said = failed
      ? `Failed: ${title}. ${error}`.trim()
      : `${status === "needs_answer" ? "Needs your answer" : "Done"}: ${title}`;
    toast(said, { error: failed, stays: true, link: { url, label } });
  }
}

/** @param {HTMLElement} count @param {number} active */
function show(count, active) {
  const text = active ? String(active) : "";
  for (const place of [count, ...allWithin(document, '[data-mirrors="jobs-count"]')])
    place.textContent = text;
}

/** @param {HTMLElement} count inside the link to all jobs */
async function ask(count) {
  clearTimeout(timer);
  if (document.hidden || asking) return;
  asking = true;
  let seconds = IDLE_SECONDS;
  try {
    await alone(async () => {
      const { since, told } = recall();
      const news = await request(`${count.dataset.news}?since=${encodeURIComponent(since)}`);
      /** @type {JobNews[]} */
      const ended = news.ended;
      const fresh = ended.filter(({ id }) => !told.includes(id));
      remember({
        since: news.now,
        told: [...told, ...fresh.map(({ id }) => id)].slice(-MOST_TOLD),
      });
      show(count, news.active);
      const list = count.closest("a")?.getAttribute("href") ?? "/jobs/";
      if (since)
        tell(
          fresh.filter((job) => !shown(job)),
          list,
        );
      if (news.active) seconds = BUSY_SECONDS;
    });
    failures = 0;
  } catch {
    failures += 1;
    seconds = Math.min(MOST_SECONDS, IDLE_SECONDS * 2 ** failures);
  }
  asking = false;
  timer = window.setTimeout(() => ask(count), seconds * 1000);
}

const place = document.getElementById("jobs-count");
if (place) {
  document.addEventListener("visibilitychange", () => ask(place));
  for (const name of ["job:ended", "loupe:job-started"])
    document.addEventListener(name, () => setTimeout(() => ask(place), 500));
  ask(place);
}
