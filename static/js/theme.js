// The theme: light, dark or that of the system. Loaded before the first paint, so that no other theme flashes.
(() => {
  const CHOICES = ["auto", "light", "dark"];
  const root = document.documentElement;
  const frames = [...document.querySelectorAll("meta[name='theme-color']")].map((meta) => [meta, meta.media]);

  const stored = () => {
    try {
      return localStorage.getItem("theme") ?? "auto";
    } catch {
      return "auto"; // storage may be blocked
    }
  };

  /** Set the colours of the page and of the browser's frame around it. */
  const apply = (choice) => {
    if (choice === "auto") delete root.dataset.theme;
    else root.dataset.theme = choice;
    for (const [meta, media] of frames) {
      meta.media = choice === "auto" ? media : media.includes(choice) ? "all" : "not all";
    }
  };

  const show = (button, choice) => {
    button.title = button.dataset[choice];
    button.setAttribute("aria-label", button.dataset[choice]);
  };

  let current = CHOICES.includes(stored()) ? stored() : "auto";
  root.dataset.scripted = ""; // shows the switch from the first paint on
  apply(current);

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-theme-switch]");
    if (!button) return;
    show(button, current);
    button.addEventListener("click", () => {
      current = CHOICES[(CHOICES.indexOf(current) + 1) % CHOICES.length];
      try {
        localStorage.setItem("theme", current);
      } catch {
        // the choice is kept until the page is left
      }
      apply(current);
      show(button, current);
    });
  });
})();
