// The bell: its count, also in the title, the state of the connection, and a panel with the latest notifications.

import { keepFresh } from "../live.js";
import { fetchPart, sayIfUnreachable } from "../part.js";

const { maxCounted } = JSON.parse(document.getElementById("feed-config").textContent);
const link = document.getElementById("bell");
const panel = document.getElementById("bell-panel");
const state = document.getElementById("feed-state");
const title = document.title.replace(/^\(\d+\+?\) /, "");

/** Show how many notifications are unread. Returns whether the number has changed. */
export function showUnread(count) {
  const label = count > maxCounted ? `${maxCounted}+` : String(count);
  const counters = [...document.querySelectorAll("[data-unread]")];
  const isChanged = counters[0].textContent !== label;
  for (const counter of counters) counter.textContent = label;
  for (const part of document.querySelectorAll("[data-unread], [data-unread-word]")) part.hidden = !count;
  document.title = count ? `(${label}) ${title}` : title;
  return isChanged;
}

export function showState(name) {
  state.dataset.state = name;
  state.querySelector("[data-word]").textContent = state.dataset[name];
  document.getElementById("signed-out").hidden = name !== "signedOut";
}

/** Replace the link by a button that opens the panel. Browsers without popovers keep the link. */
function openInPlace() {
  const button = document.createElement("button");
  for (const name of ["id", "class"]) button.setAttribute(name, link.getAttribute(name));
  button.type = "button";
  button.popoverTargetElement = panel;
  button.setAttribute("aria-haspopup", "dialog");
  button.append(...link.childNodes);
  link.replaceWith(button);
  panel.autofocus = true; // not in the HTML, where a form's field may have it
  const isOpen = () => panel.matches(":popover-open");
  const refresh = keepFresh("latest", () => fetchPart(panel.dataset.url, "latest"), isOpen);
  panel.addEventListener("toggle", () => {
    if (!isOpen()) return;
    refresh().catch((error) => {
      if (sayIfUnreachable(error)) panel.hidePopover();
      else location.assign(link.href); // the inbox then shows the error
    });
  });
  panel.addEventListener("beforetoggle", () => {
    const { left, right, bottom } = button.getBoundingClientRect();
    const end = getComputedStyle(panel).direction === "rtl" ? left : document.documentElement.clientWidth - right;
    panel.style.setProperty("--bell-end", `${end}px`);
    panel.style.setProperty("--bell-bottom", `${bottom + scrollY}px`);
  });
}

if ("popover" in HTMLElement.prototype) openInPlace();
