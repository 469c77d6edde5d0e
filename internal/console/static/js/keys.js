// The keyboard, as the dialog under "?" lists it.

/** @type {Record<string, () => void>} */
const single = {
  j: () => say("move", 1),
  k: () => say("move", -1),
  a: () => press("a"),
  e: () => press("e"),
  x: () => press("x"),
  s: () => press("s"),
  r: () => focus("[data-reply]"),
  u: () => follow("[data-back]"),
  "/": () => focus("[data-search]"),
  "?": () => showKeys(),
};

export function startKeys() {
  let after = "";
  let timer = 0;
  document.addEventListener("keydown", (e) => {
    const el = /** @type {HTMLElement} */ (e.target);
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    if (el.matches("input:not([type=checkbox]):not([type=radio]), textarea, select") || document.querySelector("dialog[open]")) {
      if (e.key === "Escape") el.blur();
      return;
    }
    if (after === "g") {
      after = "";
      clearTimeout(timer);
      if (follow(`[data-key="g ${CSS.escape(e.key)}"]`)) e.preventDefault();
      return;
    }
    if (e.key === "g") {
      after = "g";
      timer = setTimeout(() => (after = ""), 1200);
      return;
    }
    if (e.key === "Enter" && el === document.body) return say("open");
    const act = single[e.key];
    if (act) {
      e.preventDefault();
      act();
    }
  });
  document.addEventListener("click", (e) => {
    if (e.target instanceof Element && e.target.closest("[data-keys-open]")) showKeys();
  });
}

function showKeys() {
  /** @type {HTMLDialogElement | null} */ (document.querySelector("dialog[data-keys]"))?.showModal();
}

/**
 * @param {string} name
 * @param {unknown} [detail]
 */
function say(name, detail) {
  document.dispatchEvent(new CustomEvent(`console:${name}`, { detail }));
}

/** @param {string} key presses the button that stands for it, or opens its form and goes there */
function press(key) {
  const el = document.querySelector(`[data-press="${key}"]`);
  if (!(el instanceof HTMLElement)) return;
  el.click();
  const details = el.closest("details");
  if (details?.open) /** @type {HTMLElement | null} */ (details.querySelector("textarea, select"))?.focus();
}

/** @param {string} selector */
function focus(selector) {
  const el = document.querySelector(selector);
  if (el instanceof HTMLElement) {
    el.focus();
    if (el instanceof HTMLInputElement) el.select();
  }
}

/** @param {string} selector */
function follow(selector) {
  const el = document.querySelector(selector);
  if (!(el instanceof HTMLAnchorElement)) return false;
  location.assign(el.href);
  return true;
}
