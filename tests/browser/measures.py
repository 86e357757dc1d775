"""Measure a page that is open: what one touches is 44 px wide and high, no text is smaller than 12 px, focus is seen.

The area of a target is what answers there: its box, its label's, and what `::after` adds. Links inside a sentence are
exempt, as WCAG exempts them.
"""

# Returns a sentence for each target or text that is too small in the toasts, or in all the rest, which they may cover.
# Menus and other foldings are opened one by one.
SMALL = """
(isAboutToasts = false) => {
  const TARGET = 44;
  const LABEL = 12;
  const targets = "a[href], button, summary, select, textarea, input:not([type=hidden]), [role=button], [tabindex='0']";
  const isShown = (element) => {
    const { width, height } = element.getBoundingClientRect();
    if (getComputedStyle(element).clipPath === "inset(50%)") return false;
    return width > 1 && height > 1 && element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  };
  const named = (element) => {
    const words = element.ariaLabel || element.innerText || element.name || "";
    const classes = [...element.classList].map((name) => `.${name}`).join("");
    return `${element.localName}${classes} “${words.trim().replace(/\\s+/g, " ").slice(0, 40)}”`;
  };

  // A link has company if the block that it stands in says something beside its links.
  const isInSentence = (element) => {
    if (element.localName !== "a" || getComputedStyle(element).display !== "inline") return false;
    let block = element.parentElement;
    while (getComputedStyle(block).display.startsWith("inline") && block.parentElement) block = block.parentElement;
    const rest = block.cloneNode(true);
    for (const link of rest.querySelectorAll("a, button, svg, .visually-hidden")) link.remove();
    return /\\p{L}{2}/u.test(rest.textContent);
  };

  const answers = (element, x, y) => {
    const hit = document.elementFromPoint(x, y);
    return Boolean(hit) && (element.contains(hit) || [...(element.labels ?? [])].some((label) => label.contains(hit)));
  };
  const reach = (element, x, y, dx, dy) => {
    let steps = 0;
    while (steps < TARGET && answers(element, x + dx * (steps + 1), y + dy * (steps + 1))) steps += 1;
    return steps;
  };
  const sizeOf = (element) => {
    const { width, height } = element.getBoundingClientRect();
    if (width >= TARGET && height >= TARGET) return [width, height];
    element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const box = element.getClientRects()[0];
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const across = 1 + reach(element, x, y, -1, 0) + reach(element, x, y, 1, 0);
    const down = 1 + reach(element, x, y, 0, -1) + reach(element, x, y, 0, 1);
    return [Math.max(width, across), Math.max(height, down)];
  };

  const found = new Set();
  const measure = (part) => {
    for (const element of part.querySelectorAll(targets)) {
      if (!isShown(element) || element.disabled || isInSentence(element)) continue;
      const [width, height] = sizeOf(element);
      if (Math.min(width, height) < TARGET - 0.5) {
        found.add(`${named(element)} is ${Math.round(width)} × ${Math.round(height)} px`);
      }
    }
    const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      const parent = text.parentElement;
      if (!text.data.trim() || !isShown(parent)) continue;
      const size = Number.parseFloat(getComputedStyle(parent).fontSize);
      if (size < LABEL) found.add(`${named(parent)} has text of ${size} px`);
    }
  };
  const toasts = document.getElementById("toasts");
  if (isAboutToasts) {
    measure(toasts);
    return [...found];
  }
  toasts.style.display = "none";
  measure(document.body);
  for (const details of document.querySelectorAll("details:not([open])")) {
    details.open = true;
    measure(details);
    details.open = false;
  }
  toasts.style.display = "";
  scrollTo({ top: 0, behavior: "instant" });
  return [...found];
}
"""

# Returns a sentence for each element on which the focus cannot be seen, or that comes out of turn.
UNSEEN_FOCUS = """
() => {
  const targets = "a[href], button, summary, select, textarea, input:not([type=hidden]), [tabindex]";
  const hasOutline = (element) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
  };
  const found = [];
  for (const element of document.querySelectorAll(targets)) {
    if (element.tabIndex > 0) found.push(`${element.outerHTML.slice(0, 80)} has a place of its own in the order`);
    if (element.tabIndex < 0 || element.disabled || !element.checkVisibility({ visibilityProperty: true })) continue;
    element.focus({ preventScroll: true, focusVisible: true });
    if (document.activeElement !== element) continue;
    // A row shows the focus of the link that covers it.
    if (!hasOutline(element) && !hasOutline(element.closest(".row") ?? element)) {
      found.push(`${element.outerHTML.slice(0, 80)} does not show the focus`);
    }
  }
  document.activeElement.blur();
  return found;
}
"""
