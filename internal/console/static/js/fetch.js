// Fetches a fragment of a page as elements. Scripts in a fragment never run, and the content
// security policy would not let them.

/**
 * @param {string} url
 * @param {AbortSignal} [signal]
 * @returns {Promise<DocumentFragment>} rejects when the answer is no fragment, a sign-in page for example
 */
export async function fragment(url, signal) {
  const res = await fetch(url, { signal, headers: { "X-Fragment": "1" }, credentials: "same-origin", redirect: "error" });
  if (!res.ok) throw new Error(`${res.status}`);
  const doc = new DOMParser().parseFromString(await res.text(), "text/html");
  const out = document.createDocumentFragment();
  out.append(...document.adoptNode(doc.body).childNodes);
  return out;
}

/**
 * Exchanges the parts of `into` marked data-swap for those of `from`. A part that is the same stays,
 * and so does one in which the reader is typing or has a form open; `busy` says that.
 * @param {ParentNode} into
 * @param {ParentNode} from
 * @param {(part: Element) => boolean} [busy]
 * @returns {string[]} the names of the parts that changed
 */
export function swap(into, from, busy = isBusy) {
  const changed = [];
  for (const old of into.querySelectorAll("[data-swap]")) {
    const name = old.getAttribute("data-swap") ?? "";
    const next = from.querySelector(`[data-swap="${name}"]`);
    if (!next || same(old, next) || busy(old)) continue;
    old.replaceChildren(...next.childNodes);
    for (const { name: n, value } of next.attributes) old.setAttribute(n, value);
    changed.push(name);
  }
  return changed;
}

/** @param {Element} part */
export function isBusy(part) {
  const at = document.activeElement;
  const typing = at instanceof HTMLElement && part.contains(at) && at.matches("input:not([type=hidden]), textarea, select");
  return typing || part.querySelector("details[data-keep][open], details[data-menu][open]") !== null;
}

/**
 * Compares two parts as they came from the server: ages, countdowns and fresh keys differ always.
 * @param {Element} a
 * @param {Element} b
 */
function same(a, b) {
  return plain(a) === plain(b);
}

/** @param {Element} el */
function plain(el) {
  const copy = /** @type {Element} */ (el.cloneNode(true));
  for (const t of copy.querySelectorAll("time")) t.textContent = "";
  for (const t of copy.querySelectorAll("[data-countdown-bar] .fill")) t.removeAttribute("width");
  for (const t of copy.querySelectorAll("input[name=key]")) t.remove();
  for (const t of copy.querySelectorAll("[data-tone].wait")) t.removeAttribute("data-tone");
  return copy.innerHTML;
}
