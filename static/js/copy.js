// Copy the link of a page, or share it.

const box = document.querySelector(".copy");
if (box) {
  const field = box.querySelector("input");
  const button = box.querySelector("button");
  const said = document.querySelector("[data-copied]");

  /** Copy the link and say so. If the browser does not allow that, select it so that the reader can copy it. */
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(field.value);
      button.querySelector("span").textContent = said.textContent = said.dataset.copied;
    } catch {
      setTimeout(() => field.select());
    }
  };

  button.hidden = !navigator.clipboard;
  button.addEventListener("click", copy);
  const share = box.closest("[data-share]");
  share?.querySelector("summary").addEventListener("click", (event) => {
    if (!navigator.share) return share.open || copy();
    event.preventDefault();
    return navigator.share({ title: share.dataset.share, url: field.value }).catch(() => {}); // closed without a choice
  });
}
