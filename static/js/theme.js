// Light, dark or as the system says. Loaded before the first paint, so that a stored choice never flashes.
(() => {
  const CHOICES = ["auto", "light", "dark"];
  const root = document.documentElement;
  const frames = [...document.querySelectorAll("meta[name='theme-color']")].map((meta) => [meta, meta.media]);

  const stored = () => {
    try {
      return localStorage.getItem("theme") ?? "auto";
    } catch {
      return "auto"; // storage may be forbidden
    }
  };

  /** Colour the page, and the browser's frame around it. */
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
  root.dataset.scripted = ""; // the switch is there from the first paint on
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
        // the choice then lasts as long as the page
      }
      apply(current);
      show(button, current);
    });
  });
})();
