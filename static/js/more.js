// <load-more> around the link to the next page of a list: a button that appends that page to the present one.
// Lists are elements with an id and `data-more`, "24 more events"; in them sections, the days, each with one list of rows.

import { fetchPart, say } from "./part.js";

const ID = "load-more";

const rowsOf = (section) => section.querySelector("ol, ul");

/** Append the days of the list's next page; a day that both have becomes one. Returns the rows that are new. */
export function append(list, next) {
  const added = [];
  for (const section of next.querySelectorAll(":scope > section")) {
    const rows = [...rowsOf(section).children].filter(({ id }) => !list.querySelector(`#${id}`));
    const same = list.querySelector(`:scope > section[aria-labelledby="${section.getAttribute("aria-labelledby")}"]`);
    if (same) {
      same.querySelector("[data-count]")?.remove(); // it counts one page
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

/** How many pages the list holds. */
export function pagesOf(list) {
  return Number(list.dataset.pages ?? 1);
}

/** The address of the page after those that the list holds. */
export function addressOfNext(list) {
  return list.querySelector("load-more a")?.href ?? list.querySelector(`#${ID}`)?.dataset.address;
}

async function load(button) {
  const { id } = button.closest("[data-more]");
  const { address } = button.dataset;
  button.setAttribute("aria-busy", "true");
  try {
    const next = await fetchPart(address, id);
    const list = document.getElementById(id);
    if (!list || addressOfNext(list) !== address) return; // meanwhile another list is shown, which goes on elsewhere
    const added = append(list, next);
    const first = added.find((row) => row.checkVisibility?.() ?? true);
    (first?.querySelector("h3 a") ?? list).focus();
    say(next.dataset.more);
  } catch {
    if (button.isConnected) location.assign(address); // the browser then says what is wrong
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
    button.dataset.address = link.href;
    button.append(...link.childNodes);
    button.addEventListener("click", () => button.hasAttribute("aria-busy") || load(button));
    link.replaceWith(button);
  }
}

customElements.define("load-more", LoadMore);
