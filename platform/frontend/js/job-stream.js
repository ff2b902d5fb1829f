// One job, live: the events of /api/v1/jobs/{id}/events/. <job-progress> (job-progress.js) draws
// them.

import { request } from "./csrf.js";

export const ENDED = ["succeeded", "failed", "cancelled"];
export const WAITING = ["pending", "queued", "retry_wait"];
const KINDS = ["status", "progress", "epoch", "samples", "log"];
// Browsers open six connections to a host over HTTP/1.1; streams must leave most of them to the
// page.
const MAX_STREAMS = 2;
let streams = 0;

/**
 * Follows a job until it ends: by server-sent events while the page is visible, else by asking now and then.
 * A dropped stream resumes after the last event seen; an event seen twice is told once.
 * @param {string} id
 * @param {(kind: "status"|"progress"|"epoch"|"samples"|"log", data: any) => void} onEvent
 * @returns {() => void} stops following
 */
export function followJob(id, onEvent) {
  const address = `/api/v1/jobs/${id}/`;
  const seen = new Set();
  let source = null;
  let timer = null;
  let failures = 0;
  let stopped = false;

  const close = () => {
    if (source) {
      source.close();
      source = null;
      streams -= 1;
    }
    clearTimeout(timer);
  };
  const stop = () => {
    stopped = true;
    close();
    document.removeEventListener("visibilitychange", restart);
  };
  const tell = (kind, data) => {
    onEvent(kind, data);
    if (kind === "status" && ENDED.includes(data.status)) stop();
  };

  const ask = async () => {
    try {
      const job = await request(address);
      failures = 0;
      if (stopped) return;
      tell("progress", job.progress ?? {});
      tell("status", job);
    } catch (problem) {
      failures += 1;
      if ([401, 403, 404].includes(problem.status)) stop();
    }
    if (!stopped)
      timer = setTimeout(
        document.hidden || streams >= MAX_STREAMS ? ask : listen,
        document.hidden ? 15_000 : Math.min(30_000, 2000 * 2 ** failures),
      );
  };

  const listen = () => {
    if (streams >= MAX_STREAMS) return void ask();
    streams += 1;
    source = new EventSource(`${address}events/`);
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => {
        failures = 0;
        if (event.lastEventId && seen.has(event.lastEventId)) return;
        if (event.lastEventId) seen.add(event.lastEventId);
        tell(kind, JSON.parse(event.data));
      });
    }
    source.onerror = () => {
      if (source?.readyState !== EventSource.CLOSED) return; // The browser reconnects with Last-Event-ID.
      close();
      if (!stopped) ask();
    };
  };

  function restart() {
    close();
    if (!stopped) ask();
  }

  document.addEventListener("visibilitychange", restart);
  if (document.hidden) ask();
  else listen();
  return stop;
}
