// The switch for desktop notifications, on the page of notification settings.

import { desktopState, switchOff, switchOn } from "./feed/desktop.js";

const section = document.getElementById("device");

function show() {
  const state = desktopState();
  for (const part of section.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== state;
}

section.querySelector("[data-when=off] button").addEventListener("click", async () => {
  await switchOn(section.dataset.headline, section.dataset.body);
  showAndFocus();
});
section.querySelector("[data-when=on] button").addEventListener("click", () => {
  switchOff();
  showAndFocus();
});

function showAndFocus() {
  show();
  const part = section.querySelector("[data-when]:not([hidden])");
  (part.querySelector("button") ?? part).focus();
}

show();
section.hidden = false;
addEventListener("storage", show); // another tab has switched
navigator.permissions?.query({ name: "notifications" }).then((status) => status.addEventListener("change", show));
