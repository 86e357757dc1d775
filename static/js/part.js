// Parts of pages that are fetched from the server, and what screen readers say about them.

/** Fetch a page, and not another one to which it redirects. */
export async function fetchPage(url, options) {
  const response = await fetch(url, options);
  if (response.redirected) throw new Error(`${url} redirects`);
  return pageOf(response);
}

/** Return the page that a response contains. */
export async function pageOf(response) {
  if (!response.ok) throw new Error(response.statusText);
  return new DOMParser().parseFromString(await response.text(), "text/html");
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
