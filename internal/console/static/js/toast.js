// Short words about what has happened, read out by screen readers and gone after a while.

/**
 * @param {string} tone "ok", "warn", "danger" or ""
 * @param {string} text
 * @param {boolean} [quiet] for things that the page shows anyhow
 */
export function toast(tone, text, quiet = false) {
  const box = document.querySelector("[data-toasts]");
  if (!box) return;
  const el = document.createElement("div");
  el.className = "toast";
  if (tone) el.dataset.tone = tone;
  el.textContent = text;
  box.append(el);
  fade(el, quiet ? 4000 : 8000);
}

/** Lets the words that came with the page go after a while; troubles stay until the next page. */
export function settleToasts() {
  for (const el of document.querySelectorAll(".toast")) {
    const tone = el.getAttribute("data-tone");
    if (tone !== "danger" && tone !== "warn") fade(el, 6000);
  }
}

/**
 * @param {Element} el
 * @param {number} after milliseconds
 */
function fade(el, after) {
  setTimeout(() => el.remove(), after);
}
