// Requests with Django's CSRF token (read from <meta name="csrf-token">: the cookie may be
// HttpOnly).

import { meta } from "./dom.js";

/**
 * What a proxy, or an answer that is meant for programs, does not say to people.
 * @type {Record<number, string>}
 */
export const SAID = {
  401: "You are signed out. Sign in again, then try again.",
  413: "The file is larger than this server allows.",
};

/**
 * @typedef {object} Details of RFC 9457
 * @property {number} status 0: the server was not reached
 * @property {string} [title]
 * @property {string} [detail]
 * @property {string} [code]
 * @property {string} [hint]
 * @property {{detail: string}[]} [errors]
 */

/** What the server says went wrong: RFC 9457 problem details, or the HTTP status alone. */
export class Problem extends Error {
  /** @param {Details} details */
  constructor({ status, title, detail, code, hint, errors }) {
    super(detail || title || "The request failed.");
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.code = code;
    this.hint = hint;
    this.errors = errors ?? [];
  }
}

/** @param {unknown} error what was caught @returns {string} a sentence */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/** @param {unknown} error @returns {number | undefined} the status of a Problem */
export const statusOf = (error) => (error instanceof Problem ? error.status : undefined);

/** @param {unknown} error @returns {string | undefined} the code of a Problem */
export const codeOf = (error) => (error instanceof Problem ? error.code : undefined);

/** @param {unknown} error whether a person cancelled, which is no failure */
export const isAbort = (error) => error instanceof DOMException && error.name === "AbortError";

export const csrfToken = () => meta("csrf-token");

/**
 * Tells the page when its person is signed out.
 * @param {number} status
 * @param {string} body
 */
export function problemFrom(status, body) {
  if (status === 401) document.dispatchEvent(new CustomEvent("loupe:signed-out"));
  try {
    const said = JSON.parse(body);
    return new Problem({ status, ...said, detail: status === 401 ? SAID[401] : said.detail });
  } catch {
    const title = status === 0 ? "No connection to Loupe." : `The server answered ${status}.`;
    return new Problem({ status, title, detail: SAID[status] ?? "" });
  }
}

/**
 * @typedef {object} RequestOptions
 * @property {string} [method]
 * @property {unknown} [json]
 * @property {BodyInit} [body]
 * @property {AbortSignal} [signal]
 * @property {Record<string, string>} [headers]
 */

/**
 * fetch() of JSON with the session and the CSRF token.
 * @param {string} url
 * @param {RequestOptions} [options]
 * @returns {Promise<any>} the answer's JSON (types/api.d.ts), or null when it has no body
 * @throws {Problem}
 */
export async function request(
  url,
  { method = "GET", json, body, signal, headers: more = {} } = {},
) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken(), ...more };
  if (json !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(url, {
      method,
      headers,
      body: json === undefined ? body : JSON.stringify(json),
      signal,
      credentials: "same-origin",
    });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw problemFrom(0, "");
  }
  const text = await response.text();
  if (!response.ok) throw problemFrom(response.status, text);
  return text && response.headers.get("Content-Type")?.includes("json") ? JSON.parse(text) : null;
}

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrfToken();
});
