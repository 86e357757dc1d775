// Light, dark or as the system says. Loaded before the first paint, so that a stored choice never flashes.
(() => {
  const CHOICES = ["auto", "light", "dark"];
  const root = document.documentElement;

  const stored = () => {
    try {
      return localStorage.getItem("theme") ?? "auto";
    } catch {
      return "auto"; // storage may be forbidden
    }
  };

  const apply = (choice) => {
    if (choice === "auto") delete root.dataset.theme;
    else root.dataset.theme = choice;
  };

  const show = (button, choice) => {
    button.hidden = false;
    button.title = button.dataset[choice];
    button.setAttribute("aria-label", button.dataset[choice]);
    for (const icon of button.querySelectorAll("[data-icon]")) icon.toggleAttribute("hidden", icon.dataset.icon !== choice);
  };

  let current = CHOICES.includes(stored()) ? stored() : "auto";
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
