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
  const former = document.getElementById(id);
  const has = (each) => fresh.querySelector(`#${each.id}`);
  const anchor = firstVisibleRow(has);
  const focused = document.activeElement;
  const isWithin = former.contains(focused);
  const rows = [...former.querySelectorAll("li")];
  // The row with the focus or, if it has gone, the one after it.
  const from = rows.indexOf(focused.closest("li"));
  const row = from >= 0 && rows.slice(from).find(has);
  const kind = focused.closest("h3") ? "li h3 > [id]" : "li form button";
  for (const open of [...former.querySelectorAll("details[open]")].map(has)) if (open) open.open = true;
  former.replaceWith(fresh);
  keepScroll(anchor);
  if (isWithin) nextFocus(fresh, focused.id, row?.id, kind).focus({ preventScroll: true });
}

/** Return the first row on the screen of those for which `has` is true. */
function firstVisibleRow(has) {
  if (scrollY === 0) return null;
  const row = [...document.querySelectorAll(".entry")].find(
    (entry) => entry.getBoundingClientRect().bottom > 0 && has(entry),
  );
  return row && { id: row.id, top: row.getBoundingClientRect().top };
}

/** Keep what is being read at its position on the screen when rows are added above. */
function keepScroll(anchor) {
  const row = anchor && document.getElementById(anchor.id);
  if (row) scrollBy({ top: row.getBoundingClientRect().top - anchor.top, behavior: "instant" });
}

/** Keep the focus. If its link or button has disappeared because it was used, focus the next one of its kind. */
function nextFocus(fresh, id, rowId, kind) {
  const row = document.getElementById(rowId);
  const isNext = (each) => row?.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_FOLLOWING;
  return document.getElementById(id) ?? [...fresh.querySelectorAll(kind)].find(isNext) ?? fresh.closest("[tabindex]");
}
