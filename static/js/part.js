// Parts of pages that are fetched from the server, and what screen readers say about them.

const TOAST_MS = 12_000;

class Unreachable extends Error {
  constructor(cause, isLeaving) {
    super("no answer", { cause });
    this.isLeaving = isLeaving;
  }
}

const toast = Object.assign(document.createElement("p"), { className: "toast" });
let leaving = 0;

/** Wait for what `fetch` has asked of the server. Throws an Unreachable if there is no connection to it. */
export async function answered(promise) {
  let isLeaving = false;
  const leave = () => {
    isLeaving = true;
  };
  addEventListener("beforeunload", leave);
  try {
    const answer = await promise;
    toast.remove();
    return answer;
  } catch (cause) {
    throw new Unreachable(cause, isLeaving);
  } finally {
    removeEventListener("beforeunload", leave);
  }
}

/**
 * Say among the toasts that the site could not be reached, if that is the error. Return whether it is.
 *
 * Nothing is said if the page is being left, because Firefox then gives up what the page waits for.
 */
export function sayIfUnreachable(error) {
  if (!(error instanceof Unreachable)) return false;
  if (error.isLeaving) return true;
  const toasts = document.getElementById("toasts");
  toast.textContent = toasts.dataset.unreachable;
  toasts.append(toast);
  clearTimeout(leaving);
  leaving = setTimeout(() => toast.remove(), TOAST_MS);
  return true;
}

/** Fetch a page, and not another one to which it redirects. */
export async function fetchPage(url, options) {
  const response = await answered(fetch(url, options));
  if (response.redirected) throw new Error(`${url} redirects`);
  return pageOf(response);
}

/** Return the page that a response contains. */
export async function pageOf(response) {
  if (!response.ok) throw new Error(response.statusText);
  return new DOMParser().parseFromString(await answered(response.text()), "text/html");
}

/** Fetch a page and return its element with this id. */
export async function fetchPart(url, id, options) {
  const part = (await fetchPage(url, options)).getElementById(id);
  if (!part) throw new Error(`${url} has no ${id}`);
  return document.adoptNode(part);
}

const status = Object.assign(document.createElement("p"), { className: "visually-hidden" });
status.setAttribute("role", "status");
document.body.append(status);

/** Tell screen readers what has changed. */
export function say(text) {
  status.textContent = text;
}
