// The event's page for visitors: show the event's time in their time zone, which only the browser knows. The server puts
// it in words, and the page has kept the place for it.

const place = document.querySelector("[data-own-time]");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

async function show() {
  const url = new URL(place.dataset.ownTime, location.href);
  url.searchParams.set("zone", zone);
  const response = await fetch(url);
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  place.replaceChildren(...fresh.body.childNodes);
}

if (zone && place && zone !== place.dataset.zone) show().catch(() => {}); // offline
