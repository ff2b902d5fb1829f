// On every page: the number beside "Jobs", and a toast when a job of the reader's own has ended,
// once over all tabs. Asked only while the page is seen: every 5 s while a job goes on, every 15 s
// else.

import { request } from "./csrf.js";
import { toast } from "./toast.js";

const [BUSY_SECONDS, IDLE_SECONDS, MOST_SECONDS] = [5, 15, 120];
const [MOST_TOASTS, MOST_TOLD] = [3, 200];

const count = document.getElementById("jobs-count");
const person = document.querySelector('meta[name="person"]')?.content ?? "";
const KEY = `loupe-job-news:${person}`;
let [timer, failures, asking] = [null, 0, false];

/** What was told, in any tab: {since, told: ids, the newest last}. */
function recall() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? { since: "", told: [] };
  } catch {
    return { since: "", told: [] };
  }
}

function remember(state) {
  try {
    localStorage.setItem(KEY, JSON.stringify(state));
  } catch {
    // Storage is blocked: other tabs may tell the same.
  }
}

/** One tab at a time, where the browser can (not over plain http from another machine). */
const alone = (work) => (navigator.locks ? navigator.locks.request(KEY, work) : work());

/** What the page shows by itself: the job, or what it has made. */
const shown = ({ id, url }) =>
  document.querySelector(`job-progress[job-id="${CSS.escape(id)}"]`) !== null ||
  url === location.pathname;

function tell(jobs) {
  if (jobs.length > MOST_TOASTS) {
    const failed = jobs.filter(({ status }) => status === "failed").length;
    return void toast(
      `${jobs.length} of your jobs have ended${failed ? `, ${failed} of them failed` : ""}.`,
      { error: failed > 0, link: { url: count.closest("a").getAttribute("href"), label: "Jobs" } },
    );
  }
  for (const { title, status, error, label, url } of jobs) {
    const failed = status === "failed";
    const said = {
      failed: `Failed: ${title}. ${error}`.trim(),
      needs_answer: `Needs your answer: ${title}`,
    };
    toast(said[status] ?? `Done: ${title}`, { error: failed, stays: true, link: { url, label } });
  }
}

function show(active) {
  const text = active ? String(active) : "";
  for (const place of [count, ...document.querySelectorAll('[data-mirrors="jobs-count"]')])
    place.textContent = text;
}

async function ask() {
  clearTimeout(timer);
  if (document.hidden || asking) return;
  asking = true;
  let seconds = IDLE_SECONDS;
  try {
    await alone(async () => {
      const { since, told } = recall();
      const news = await request(`${count.dataset.news}?since=${encodeURIComponent(since)}`);
      const fresh = news.ended.filter(({ id }) => !told.includes(id));
      remember({
        since: news.now,
        told: [...told, ...fresh.map(({ id }) => id)].slice(-MOST_TOLD),
      });
      show(news.active);
      if (since) tell(fresh.filter((job) => !shown(job)));
      if (news.active) seconds = BUSY_SECONDS;
    });
    failures = 0;
  } catch {
    failures += 1;
    seconds = Math.min(MOST_SECONDS, IDLE_SECONDS * 2 ** failures);
  }
  asking = false;
  timer = setTimeout(ask, seconds * 1000);
}

if (count) {
  document.addEventListener("visibilitychange", ask);
  for (const name of ["job:ended", "loupe:job-started"])
    document.addEventListener(name, () => setTimeout(ask, 500));
  ask();
}
