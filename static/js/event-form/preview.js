// The preview, fetched into the page instead of another page: the server alone makes HTML of what somebody writes.

const button = document.querySelector("[name=preview]");

button.addEventListener("click", async (event) => {
  event.preventDefault();
  const body = new FormData(button.form, button);
  const fresh = await fetch(location.href, { method: "POST", body }).then((response) => response.text()).then(previewIn).catch(() => null);
  const section = document.getElementById("preview"); // the present one: another click may have been answered meanwhile
  const shown = fresh ?? Object.assign(section.cloneNode(), { textContent: section.dataset.failed });
  shown.hidden = false;
  section.replaceWith(shown);
  shown.focus();
});

const previewIn = (text) => new DOMParser().parseFromString(text, "text/html").getElementById("preview");
