// The list of threads: keeps itself current, moves by j and k, opens threads beside it.
import { fragment, swap } from "./fetch.js";
import { mountAll } from "./mount.js";
import { toast } from "./toast.js";

const wide = matchMedia("(min-width: 900px)");

export class Inbox {
  /** @param {HTMLElement} el the panes */
  constructor(el) {
    this.el = el;
    this.base = document.body.dataset.base ?? "";
    this.cursor = "";
    /** @type {AbortController | null} the request for the thread asked for last */
    this.opening = null;
    /** @type {AbortController | null} */
    this.listing = null;
    this.wanted = this.shown();
    this.listURL = new URL(`${this.base}/inbox${location.pathname.endsWith("/inbox") ? location.search : ""}`, location.href);

    el.addEventListener("click", (e) => this.clicked(e));
    document.addEventListener("live:inbox", () => this.refresh());
    document.addEventListener("live:thread", () => this.refresh());
    document.addEventListener("console:move", (e) => this.move(/** @type {CustomEvent} */ (e).detail));
    document.addEventListener("console:open", () => this.row(this.cursor)?.click());
    addEventListener("popstate", () => this.follow());
  }

  /** The id of the thread on the screen, or "". */
  shown() {
    return this.pane()?.dataset.threadId ?? "";
  }

  /** @returns {HTMLElement | null} */
  pane() {
    return this.el.querySelector("#thread");
  }

  /** @returns {HTMLAnchorElement[]} */
  rows() {
    return [...this.el.querySelectorAll("a[data-thread]")];
  }

  /** @param {string} id */
  row(id) {
    return this.rows().find((r) => r.dataset.thread === id) ?? null;
  }

  /** @param {MouseEvent} e */
  clicked(e) {
    const a = e.target instanceof Element ? e.target.closest("a[data-thread]") : null;
    if (!(a instanceof HTMLAnchorElement) || !wide.matches || e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0) return;
    e.preventDefault();
    this.open(a.dataset.thread ?? "", a.href, true);
  }

  /**
   * Shows a thread. Only the answer for the thread asked for last is shown: an earlier request is
   * aborted, and what arrives all the same is compared by id, so that nobody writes to the wrong member.
   * @param {string} id
   * @param {string} url
   * @param {boolean} push whether the address changes
   */
  async open(id, url, push) {
    if (!id || (id === this.wanted && id === this.shown())) return;
    this.opening?.abort();
    const mine = (this.opening = new AbortController());
    this.wanted = id;
    this.mark(id);
    const pane = this.pane();
    pane?.setAttribute("aria-busy", "true");
    try {
      const frag = await fragment(`${url.split("#")[0]}?part=thread`, mine.signal);
      const next = frag.querySelector("#thread");
      if (this.wanted !== id || mine.signal.aborted) return;
      if (!(next instanceof HTMLElement) || next.dataset.threadId !== id) throw new Error("another thread came back");
      this.el.querySelector("#context")?.remove();
      pane?.replaceWith(...frag.childNodes);
      this.el.dataset.open = "";
      this.el.closest(".shell")?.classList.add("reading");
      document.title = `${next.dataset.title ?? "Thread"} · ${document.title.split(" · ").at(-1)}`;
      if (push) history.pushState({ thread: id }, "", url);
      mountAll(this.el);
    } catch {
      if (!mine.signal.aborted) location.assign(url);
    }
  }

  /** Shows what the address says, after Back or Forward. */
  follow() {
    const id = location.pathname.split("/threads/")[1] ?? "";
    if (id) this.open(id, location.pathname, false);
    else location.reload();
  }

  /** @param {string} id */
  mark(id) {
    this.cursor = id;
    for (const r of this.rows()) {
      if (r.dataset.thread === id) {
        r.setAttribute("aria-current", "true");
        r.querySelector(".unread")?.remove();
        delete r.dataset.unread;
      } else r.removeAttribute("aria-current");
    }
  }

  /** @param {number} by 1 for the next row, -1 for the one before */
  move(by) {
    const rows = this.rows();
    if (rows.length === 0) return;
    const at = rows.findIndex((r) => r.dataset.thread === (this.cursor || this.wanted));
    const row = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    this.cursor = row.dataset.thread ?? "";
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  /** Fetches the list again; of several at once the last counts. */
  async refresh() {
    this.listing?.abort();
    const mine = (this.listing = new AbortController());
    await new Promise((done) => setTimeout(done, 150));
    if (mine.signal.aborted) return;
    try {
      const url = new URL(this.listURL);
      url.searchParams.set("part", "list");
      const frag = await fragment(url.href, mine.signal);
      if (mine.signal.aborted) return;
      const before = new Set(this.rows().filter((r) => "unread" in r.dataset).map((r) => r.dataset.thread));
      const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.thread : undefined;
      const list = this.el.querySelector("#list");
      if (!list) return;
      swap(list, frag, () => false);
      const tabs = frag.querySelector(".tabs");
      if (tabs) list.querySelector(".tabs")?.replaceWith(tabs);
      count("inbox", Number(frag.querySelector("#list")?.getAttribute("data-waiting") ?? 0));
      if (this.wanted) this.mark(this.wanted);
      if (focused) this.row(focused)?.focus({ preventScroll: true });
      const fresh = this.rows().filter((r) => "unread" in r.dataset && !before.has(r.dataset.thread));
      if (fresh.length > 0) toast("", `New text: ${fresh[0].querySelector(".name bdi")?.textContent ?? ""}`, true);
    } catch {
      // The stream or the next event brings it; the list on the screen stays.
    }
  }
}

/**
 * Sets a figure of the navigation.
 * @param {string} key
 * @param {number} n
 */
function count(key, n) {
  for (const el of document.querySelectorAll(`[data-count="${key}"]`)) {
    el.textContent = String(n);
    /** @type {HTMLElement} */ (el).hidden = n === 0;
  }
}
