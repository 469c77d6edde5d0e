// Forms: a second press of a button sends nothing; filters apply when they are chosen; copying.

/** How long a form stays locked when the page does not change, a download for example. */
const unlockAfter = 15_000;

export function startForms() {
  document.addEventListener("submit", (e) => {
    const form = /** @type {HTMLFormElement} */ (e.target);
    if (form.method !== "post") return;
    if (form.getAttribute("aria-busy") === "true") {
      e.preventDefault();
      return;
    }
    form.setAttribute("aria-busy", "true");
    // After the browser has read the form: a disabled button would not send its name.
    setTimeout(() => lock(form, true));
    setTimeout(() => lock(form, false), unlockAfter);
  });

  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll('form[aria-busy="true"]')) lock(/** @type {HTMLFormElement} */ (form), false);
  });

  document.addEventListener("change", (e) => {
    const el = /** @type {HTMLElement} */ (e.target);
    if (el.matches("[data-autosubmit]")) el.closest("form")?.requestSubmit();
  });

  document.addEventListener("click", async (e) => {
    const b = e.target instanceof Element ? e.target.closest("[data-copy]") : null;
    const text = b?.parentElement?.querySelector("[data-secret]")?.textContent;
    if (!b || !text) return;
    await navigator.clipboard.writeText(text);
    const label = b.querySelector("span");
    if (label) label.textContent = "Copied";
  });

  document.addEventListener("keydown", (e) => {
    const el = /** @type {HTMLElement} */ (e.target);
    if (e.key !== "Enter" || !(e.ctrlKey || e.metaKey) || !el.matches("[data-send]")) return;
    const form = el.closest("form");
    const send = form?.querySelector("[data-send-button]") ?? form?.querySelector("button[type=submit]");
    e.preventDefault();
    form?.requestSubmit(/** @type {HTMLButtonElement} */ (send));
  });
}

/**
 * @param {HTMLFormElement} form
 * @param {boolean} on
 */
function lock(form, on) {
  if (on) form.setAttribute("aria-busy", "true");
  else form.removeAttribute("aria-busy");
  for (const b of form.querySelectorAll("button")) b.disabled = on;
}
