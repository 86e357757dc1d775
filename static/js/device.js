// The switch for notices of the operating system, on the page of preferences.

import { noticesState, switchOff, switchOn } from "./feed/notices.js";

const section = document.getElementById("device");

function show() {
  const state = noticesState();
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
