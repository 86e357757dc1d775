// Parts of pages that are fetched from the server, and what screen readers say about them.

/** Fetch a page and return its element with this id. */
export async function fetchPart(address, id, options) {
  const response = await fetch(address, options);
  if (!response.ok || response.redirected) throw new Error(response.statusText);
  const part = new DOMParser().parseFromString(await response.text(), "text/html").getElementById(id);
  if (!part) throw new Error(`${address} has no ${id}`);
  return document.adoptNode(part);
}

const place = Object.assign(document.createElement("p"), { className: "visually-hidden" });
place.setAttribute("role", "status");
document.body.append(place);

/** Tell screen readers what has changed. */
export function say(text) {
  place.textContent = text;
}
