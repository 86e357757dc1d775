// A part of the page kept as it is on the server: fetched again when the feed says that the inbox has changed.

/** Keep the element with this id as `fetchFresh` brings it while it is shown; returns the function that does so at once. */
export function keepFresh(id, fetchFresh, isShown) {
  let isFetching = false;
  let isStale = false;

  /** Calls while one is under way come to one more. */
  async function refresh() {
    isStale = true;
    if (isFetching) return;
    isFetching = true;
    try {
      while (isStale) {
        isStale = false;
        show(id, await fetchFresh());
      }
    } finally {
      isFetching = false;
    }
  }

  const follow = () => isStale && isShown() && refresh().catch(() => {}); // offline: the feed will say so again
  document.addEventListener("feed:changed", () => {
    isStale = true;
    follow();
  });
  document.addEventListener("visibilitychange", follow);
  return refresh;
}

/** Put the fresh element in place of the present one. */
function show(id, fresh) {
  const anchor = firstVisibleRow();
  const focused = document.activeElement;
  const row = focused.closest(`#${id} li`);
  const isWithin = focused.closest(`#${id}`);
  document.getElementById(id).replaceWith(fresh);
  keepPlace(anchor);
  if (isWithin) nextFocus(fresh, focused.id, row?.id).focus({ preventScroll: true });
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
function nextFocus(fresh, id, rowId) {
  const row = document.getElementById(rowId);
  const isNext = (button) => row?.compareDocumentPosition(button) & Node.DOCUMENT_POSITION_FOLLOWING;
  const next = [...fresh.querySelectorAll("li form button")].find(isNext);
  return document.getElementById(id) ?? next ?? fresh.closest("[tabindex]");
}
