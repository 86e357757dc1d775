// The form that uploads a calendar: refuse a file that is too large before it is sent.

const form = document.querySelector("form[data-upload]");
const input = form.querySelector("input[type='file']");
const isTooLarge = () => [...input.files].some((file) => file.size > Number(input.dataset.maxBytes));

input.addEventListener("change", () => {
  input.setCustomValidity(isTooLarge() ? form.dataset.tooLarge : "");
  input.reportValidity();
});
form.addEventListener("submit", (event) => {
  if (!isTooLarge()) return;
  event.preventDefault();
  input.reportValidity();
});
