// An open thread: follows what happens in it without disturbing what the reader does.
import { fragment, swap } from "./fetch.js";
import { mountAll } from "./mount.js";
import { toast } from "./toast.js";

export class ThreadPane {
  /** @param {HTMLElement} el the pane; it is replaced as a whole when another thread opens */
  constructor(el) {
    this.el = el;
    this.id = el.dataset.threadId ?? "";
    this.url = `${document.body.dataset.base}/threads/${this.id}`;
    /** @type {AbortController | null} */
    this.asking = null;
    this.late = false;

    const gone = new AbortController();
    document.addEventListener("live:thread", (e) => {
      if (!this.el.isConnected) return gone.abort();
      const id = /** @type {CustomEvent} */ (e).detail.id;
      if (!id || id === this.id) this.refresh();
    }, { signal: gone.signal });
    el.addEventListener("focusout", () => this.catchUp());
    el.addEventListener("toggle", () => this.catchUp(), true);
    document.addEventListener("visibilitychange", () => this.read(), { signal: gone.signal });
    this.read();
  }

  /** Tells the server that a person who answers for threads has this one in sight. */
  read() {
    if (!("marksRead" in this.el.dataset) || document.visibilityState !== "visible" || !this.el.isConnected) return;
    fetch(`${this.url}/read`, { method: "POST", credentials: "same-origin", keepalive: true, headers: { "X-Fragment": "1" } }).catch(() => {});
  }

  /** Fetches what was held back while the reader was busy. */
  catchUp() {
    if (this.late) setTimeout(() => this.refresh(), 50);
  }

  async refresh() {
    this.asking?.abort();
    const mine = (this.asking = new AbortController());
    try {
      const frag = await fragment(`${this.url}?part=thread`, mine.signal);
      const next = frag.querySelector("#thread");
      // A late answer, or one for another thread, is dropped whatever it says.
      if (mine.signal.aborted || !this.el.isConnected || !(next instanceof HTMLElement) || next.dataset.threadId !== this.id) return;
      if (Number(next.dataset.version) < Number(this.el.dataset.version)) return;
      this.apply(frag, next);
    } catch {
      // The next event or reconnection asks again.
    }
  }

  /**
   * @param {DocumentFragment} frag
   * @param {HTMLElement} next
   */
  apply(frag, next) {
    const known = new Set([...this.el.querySelectorAll("[data-message]")].map((m) => m.getAttribute("data-message")));
    const was = this.el.querySelector("[data-proposal]");
    const will = next.querySelector("[data-proposal]");
    const settled = was?.getAttribute("data-status") === "open" && (was.getAttribute("data-proposal") !== will?.getAttribute("data-proposal") || will?.getAttribute("data-status") !== "open");

    const changed = swap(this.el, next);
    this.late = [...this.el.querySelectorAll("[data-swap]")].some((p) => p.querySelector("details[open]") !== null);
    this.el.dataset.version = next.dataset.version;
    const context = document.getElementById("context");
    const holder = document.createElement("div");
    if (context && context.parentElement) {
      const from = frag.querySelector("#context");
      if (from) {
        holder.append(from);
        swap(context.parentElement, holder);
      }
    }
    mountAll(this.el);
    if (settled && !changed.includes("proposal")) toast("warn", "The proposal you have open was settled meanwhile.");
    for (const m of this.el.querySelectorAll('[data-message][data-author="member"]')) {
      if (!known.has(m.getAttribute("data-message"))) this.announce(m.querySelector(".bubble")?.textContent ?? "an attachment");
    }
    this.read();
  }

  /** @param {string} text */
  announce(text) {
    const live = document.querySelector("[data-announce]");
    if (live) live.textContent = `New message: ${text}`;
  }
}
