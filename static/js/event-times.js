// The event's page: the time in a visitor's time zone, which only the browser knows, and the last hours before the
// start, counted down while the page stays open.

import { fetchPage } from "./part.js";

const HOURS_SHOWN = 6;
const MINUTE_MS = 60_000;
// A page that was hidden for longer may say "tomorrow" of what is today, or that an event has not ended.
const STALE_MS = 3_600_000;

let pill = document.querySelector(".event-top .pill");
let shownAt = Date.now();
let waiting = 0;

function countDown() {
  if (!pill.dataset.start) return;
  const { start, minutes, hours, hoursMinutes, begun } = pill.dataset;
  const remaining = new Date(start) - Date.now();
  const count = Math.ceil(remaining / MINUTE_MS);
  if (count <= HOURS_SHOWN * 60) {
    const [h, m] = [Math.floor(count / 60), count % 60];
    const text = count <= 0 ? begun : !h ? minutes : m ? hoursMinutes : hours;
    const shown = text.replace("{h}", h).replace("{m}", m);
    if (pill.textContent.trim() !== shown) pill.textContent = shown;
  }
  clearTimeout(waiting);
  if (count > 0) waiting = setTimeout(countDown, (remaining % MINUTE_MS) + 50);
}

/** Show how far away the event is by now, as the server says. */
async function askAgain() {
  const fresh = (await fetchPage(location.href)).querySelector(".event-top .pill");
  if (!fresh) return;
  shownAt = Date.now();
  pill.replaceWith(fresh);
  pill = fresh;
}

if (pill) {
  countDown();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    countDown();
    if (Date.now() - shownAt > STALE_MS) askAgain().catch(() => {}); // offline
  });
}

// The server puts the visitor's time in words, and the page has kept the place for it.
const place = document.querySelector("[data-own-time]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

async function showOwnTime() {
  const url = new URL(place.dataset.ownTime, location.href);
  url.searchParams.set("zone", zone);
  const fresh = await fetchPage(url);
  place.replaceChildren(...fresh.body.childNodes);
}

if (zone && place && zone !== place.dataset.zone) showOwnTime().catch(() => {}); // offline
