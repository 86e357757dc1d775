// Keep what somebody types into a form until it is saved, so that neither an error, the end of the session nor the Back
// button loses it. It is in the session storage of the tab, for the user who typed it. Cookies of the server say when
// to delete it: `saved-<id>` once the form with this id is saved, and `logged-out`, which changes at each logout.

const { user } = document.body.dataset;
const KEY = /^typed (\d+) (.*)$/;
let store;
try {
  store = sessionStorage;
} catch {
  // storage may be blocked
}

const cookie = (name) => document.cookie.match(`(?:^|; )${name}=(\\w+)`)?.[1];
const keyOf = (path) => `typed ${user} ${path}`;
const keys = () => Object.keys(store ?? {}).filter((key) => KEY.test(key));
const read = (key) => JSON.parse(store?.getItem(key) ?? "null");

/** Return an id for one attempt to save a form. */
export function newId() {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((number) => number.toString(36)).join("");
}

/** Keep the values of the form at this path, until the form is saved with this id. */
export function keep(path, id, values) {
  try {
    store?.setItem(keyOf(path), JSON.stringify({ id, values, logout: cookie("logged-out") }));
  } catch {
    // the storage is full
  }
}

/** Return the values that were kept for the form at this path, or undefined. */
export function keptValues(path) {
  return read(keyOf(path))?.values;
}

export function forget(path) {
  store?.removeItem(keyOf(path));
}

// Remove what was saved, what was typed before a logout, and what somebody else typed in this tab.
for (const key of keys()) {
  const { id, logout } = read(key);
  const isSaved = cookie(`saved-${id}`);
  const isSomebodyElses = user && KEY.exec(key)[1] !== user;
  if (isSaved || isSomebodyElses || (cookie("logged-out") ?? logout) !== logout) store.removeItem(key);
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs TLS and a newer browser
  if (isSaved) document.cookie = `saved-${id}=; max-age=0; path=/`;
}

// A page that leads back to a form says so if something was kept for it.
for (const note of document.querySelectorAll("[data-kept-at]")) {
  const { pathname } = new URL(note.dataset.keptAt, location);
  note.hidden = !keys().some((key) => KEY.exec(key)[2] === pathname);
}
