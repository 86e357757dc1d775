// Keep the inbox up to date, including the older pages that have been opened.

import { keepFresh } from "./live.js";
import { append, nextUrl, pagesOf } from "./more.js";
import { fetchPart } from "./part.js";

/** Fetch as many pages as are open, and one more if new rows have pushed the last row out of them. */
async function fetchOpen() {
  const isShort = () => {
    const open = document.getElementById("inbox");
    const missing = pagesOf(open) - pagesOf(inbox);
    const last = [...open.querySelectorAll(".entry")].at(-1);
    return missing > 0 || (missing === 0 && pagesOf(open) > 1 && !inbox.querySelector(`#${last.id}`));
  };
  const inbox = await fetchPart(location.href, "inbox");
  while (isShort() && nextUrl(inbox)) append(inbox, await fetchPart(nextUrl(inbox), "inbox"));
  return inbox;
}

keepFresh("inbox", fetchOpen, () => !document.hidden);
