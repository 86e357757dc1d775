// Keep a part of the page up to date: fetch it again when the feed says that the inbox has changed.

/** Keep the element with this id up to date by `fetchFresh` while it is shown. Return a function that refreshes it. */
export function keepFresh(id, fetchFresh, isShown) {
  let isFetching = false;
  let isStale = false;

  /** Calls during a refresh cause one more refresh after it. */
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

  const update = () => isStale && isShown() && refresh().catch(() => {}); // offline; the feed reports it again later
  document.addEventListener("feed:changed", () => {
    isStale = true;
    update();
  });
  document.addEventListener("visibilitychange", update);
  return refresh;
}

/** Replace the present element by the fresh one. */
function show(id, fresh) {
  const anchor = firstVisibleRow();
  const focused = document.activeElement;
  const row = focused.closest(`#${id} li`);
  const isWithin = focused.closest(`#${id}`);
  document.getElementById(id).replaceWith(fresh);
  keepScroll(anchor);
  if (isWithin) nextFocus(fresh, focused.id, row?.id).focus({ preventScroll: true });
}

function firstVisibleRow() {
  if (scrollY === 0) return null;
  const row = [...document.querySelectorAll(".entry")].find((entry) => entry.getBoundingClientRect().bottom > 0);
  return row && { id: row.id, top: row.getBoundingClientRect().top };
}

/** Keep what is being read at its position on the screen when rows are added above. */
function keepScroll(anchor) {
  const row = anchor && document.getElementById(anchor.id);
  if (row) scrollBy({ top: row.getBoundingClientRect().top - anchor.top, behavior: "instant" });
}

/** Keep the focus. If its button has disappeared because it was used, focus the next one. */
function nextFocus(fresh, id, rowId) {
  const row = document.getElementById(rowId);
  const isNext = (button) => row?.compareDocumentPosition(button) & Node.DOCUMENT_POSITION_FOLLOWING;
  const next = [...fresh.querySelectorAll("li form button")].find(isNext);
  return document.getElementById(id) ?? next ?? fresh.closest("[tabindex]");
}
