// Requests with Django's CSRF token (read from <meta name="csrf-token">: the cookie may be
// HttpOnly).

// What a proxy, or an answer that is meant for programs, does not say to people.
export const SAID = {
  401: "You are signed out. Sign in again, then try again.",
  413: "The file is larger than this server allows.",
};

/** What the server says went wrong: RFC 9457 problem details, or the HTTP status alone. */
export class Problem extends Error {
  constructor({ status, title, detail, code, hint, errors }) {
    super(detail || title || "The request failed.");
    Object.assign(this, { status, title, detail, code, hint, errors: errors ?? [] });
  }
}

export const csrfToken = () => document.querySelector('meta[name="csrf-token"]').content;

/** @param {number} status @param {string} body @returns {Problem} after telling the page when its person is signed out */
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
 * fetch() of JSON with the session and the CSRF token.
 * @param {string} url @param {{method?: string, json?: unknown, body?: BodyInit, signal?: AbortSignal, headers?: Record<string, string>}} [options]
 * @returns {Promise<any>} the answer's JSON, or null when it has no body
 * @throws {Problem}
 */
export async function request(
  url,
  { method = "GET", json, body, signal, headers: more = {} } = {},
) {
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
    if (error.name === "AbortError") throw error;
    throw problemFrom(0, "");
  }
  const text = await response.text();
  if (!response.ok) throw problemFrom(response.status, text);
  return text && response.headers.get("Content-Type")?.includes("json") ? JSON.parse(text) : null;
}

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrfToken();
});
