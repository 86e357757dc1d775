// <load-more> around the link to the next page of a list becomes a button that appends that page to the present one.
// A list is an element with an id and `data-more` ("24 more events"). It contains a section for each day with its rows.

import { fetchPart, say, sayIfUnreachable } from "./part.js";

const ID = "load-more";

const rowsOf = (section) => section.querySelector("ol, ul");

/** Append the days of the list's next page, merging a day that both pages have. Return the new rows. */
export function append(list, next) {
  const added = [];
  for (const section of next.querySelectorAll(":scope > section")) {
    const rows = [...rowsOf(section).children].filter(({ id }) => !list.querySelector(`#${id}`));
    const same = list.querySelector(`:scope > section[aria-labelledby="${section.getAttribute("aria-labelledby")}"]`);
    if (same) {
      same.querySelector("[data-count]")?.remove(); // its number is that of one page
      rowsOf(same)["latestFirst" in list.dataset ? "prepend" : "append"](...rows);
    } else {
      rowsOf(section).replaceChildren(...rows);
      [...list.querySelectorAll(":scope > section")].at(-1).after(section);
    }
    added.push(...rows);
  }
  const [more, nextMore] = [list, next].map((each) => each.querySelector("load-more"));
  if (nextMore) more?.replaceWith(nextMore);
  else more?.remove();
  list.dataset.pages = pagesOf(list) + 1;
  return added;
}

/** Return the number of pages in the list. */
export function pagesOf(list) {
  return Number(list.dataset.pages ?? 1);
}

/** Return the URL of the page after those in the list. */
export function nextUrl(list) {
  return list.querySelector("load-more a")?.href ?? list.querySelector(`#${ID}`)?.dataset.url;
}

async function load(button) {
  const { id } = button.closest("[data-more]");
  const { url } = button.dataset;
  button.setAttribute("aria-busy", "true");
  try {
    const next = await fetchPart(url, id);
    const list = document.getElementById(id);
    if (!list || nextUrl(list) !== url) return; // another list is shown meanwhile, with another next page
    const added = append(list, next);
    const first = added.find((row) => row.checkVisibility?.() ?? true);
    (first?.querySelector("h3 a") ?? list).focus();
    say(next.dataset.more);
  } catch (error) {
    if (!button.isConnected) return;
    if (sayIfUnreachable(error)) button.removeAttribute("aria-busy");
    else location.assign(url); // the browser then shows what is wrong
  }
}

class LoadMore extends HTMLElement {
  connectedCallback() {
    const link = this.querySelector("a");
    if (!link) return;
    const button = Object.assign(document.createElement("button"), {
      type: "button",
      id: ID,
      className: link.className,
    });
    button.dataset.url = link.href;
    button.append(...link.childNodes);
    button.addEventListener("click", () => button.hasAttribute("aria-busy") || load(button));
    link.replaceWith(button);
  }
}

customElements.define("load-more", LoadMore);
