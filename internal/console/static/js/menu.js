// Menus are <details>: they open by themselves; this closes them by Escape and a press elsewhere.

export function startMenus() {
  document.addEventListener("click", (e) => {
    for (const d of open()) if (!(e.target instanceof Node && d.contains(e.target))) d.open = false;
    const dialog = e.target;
    if (dialog instanceof HTMLDialogElement && dialog.open) dialog.close();
  });
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    for (const d of open()) {
      d.open = false;
      d.querySelector("summary")?.focus();
    }
  });
  document.addEventListener("toggle", (e) => {
    const d = e.target;
    if (!(d instanceof HTMLDetailsElement) || !d.open || !d.matches("[data-menu]")) return;
    for (const other of open()) if (other !== d && !other.contains(d)) other.open = false;
  }, true);
}

/** @returns {HTMLDetailsElement[]} */
function open() {
  return [...document.querySelectorAll("details[data-menu][open]")].map((d) => /** @type {HTMLDetailsElement} */ (d));
}
