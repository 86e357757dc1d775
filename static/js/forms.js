// Forms with text: show how many characters are left, and ask before unsaved changes are lost.

const form = document.querySelector("form[data-writing]");
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const number = (value) => value.toLocaleString(document.documentElement.lang);

for (const input of form.querySelectorAll("[data-limit]")) {
  const limit = +input.dataset.limit;
  const isNear = (length) => length >= limit - Math.max(20, limit / 10);
  const count = Object.assign(document.createElement("p"), { className: "field-help", hidden: true });
  input.after(count);
  const update = () => {
    const { length } = [...input.value.trim()];
    count.hidden = !isNear(length);
    count.classList.toggle("field-count-over", length > limit);
    count.setAttribute("aria-live", length >= limit ? "polite" : "off");
    count.textContent = count.hidden
      ? ""
      : fill(length > limit ? form.dataset.tooLong : form.dataset.count, { n: number(length), limit: number(limit) });
  };
  input.addEventListener("input", update);
  update();
}

// What the server has sent back with errors has not been saved yet.
const contents = () => new URLSearchParams(new FormData(form)).toString();
const saved = "unsaved" in form.dataset ? null : contents();
let isSent = false;
form.addEventListener("submit", () => {
  isSent = true;
});
addEventListener("pageshow", () => {
  isSent = false;
});
addEventListener("beforeunload", (event) => {
  if (!isSent && contents() !== saved) event.preventDefault();
});
