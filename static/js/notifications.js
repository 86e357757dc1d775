// The inbox, kept as it is on the server: fetched again when the feed says so, and its forms sent without leaving.

let isFetching = false;
let isStale = false;

/** Show the inbox as the page at this address has it now; calls while one is under way come to one more. */
async function refresh() {
  isStale = true;
  if (isFetching) return;
  isFetching = true;
  try {
    while (isStale) {
      isStale = false;
      await show(await fetch(location.href));
    }
  } finally {
    isFetching = false;
  }
}

/** Put the inbox of this answer in place of the present one; a login page or an error leaves all as it is. */
async function show(response) {
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("inbox");
  if (!response.ok || !fresh) return;
  const anchor = firstVisibleRow();
  const focused = document.activeElement?.id;
  document.getElementById("inbox").replaceWith(document.adoptNode(fresh));
  keepPlace(anchor);
  keepFocus(focused);
}

function firstVisibleRow() {
  if (scrollY === 0) return null;
  const row = [...document.querySelectorAll(".entry")].find((entry) => entry.getBoundingClientRect().bottom > 0);
  return row && { id: row.id, top: row.getBoundingClientRect().top };
}

/** What is being read stays where it is on the screen when rows come in above. */
function keepPlace(anchor) {
  const row = anchor && document.getElementById(anchor.id);
  if (row) scrollBy({ top: row.getBoundingClientRect().top - anchor.top, behavior: "instant" });
}

/** The focus stays; when its button has gone with what it did, it goes on to the next one. */
function keepFocus(id) {
  if (!id) return;
  const row = document.getElementById(id.replace("read", "n"));
  const next = row?.closest(".entry") ? nextButton(row) : null;
  (document.getElementById(id) ?? next ?? document.getElementById("main")).focus({ preventScroll: true });
}

function nextButton(row) {
  const buttons = [...document.querySelectorAll(".entry form button")];
  return buttons.find((button) => row.compareDocumentPosition(button) & Node.DOCUMENT_POSITION_FOLLOWING);
}

document.addEventListener("feed:changed", () => refresh().catch(() => {})); // offline: the feed will say so again

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.closest("#inbox")) return;
  event.preventDefault();
  try {
    await show(await fetch(form.action, { method: "POST", body: new FormData(form) }));
  } catch {
    form.submit(); // the browser then says what is wrong
  }
});
