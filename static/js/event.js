// The event's page: update the promise as reminder times are ticked.

const promise = document.querySelector("[data-promise]");
const panel = promise?.closest(".panel");
const heading = panel?.querySelector("[data-reminding]");
const leads = panel?.querySelectorAll("input[name='leads']") ?? [];
const updatePromise = () => {
  const ticked = [...leads]
    .filter((input) => input.checked)
    .map((input) => input.closest("label").querySelector("[data-due]"));
  const past = ticked.filter((moment) => moment.dataset.due === "");
  const texts = ticked
    .filter((moment) => moment.dataset.due)
    .reverse()
    .map((moment) => moment.textContent);
  if (past.length) texts.unshift(promise.dataset.now);
  heading.textContent = texts.length ? heading.dataset.reminding : heading.dataset.otherwise;
  panel.querySelector("[data-if-reminding]").hidden = !texts.length;
  const zone = panel.querySelector("[data-if-dated]");
  if (zone) zone.hidden = past.length === ticked.length;
  if (!texts.length) texts.push(promise.dataset.never);
  promise.replaceChildren(
    ...texts.map((textContent) => {
      const item = Object.assign(document.createElement("li"), { textContent });
      item.dataset.and = promise.dataset.and;
      return item;
    }),
  );
};
for (const input of leads) input.addEventListener("change", updatePromise);
if (leads.length) updatePromise();
