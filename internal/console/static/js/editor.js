// The editor of SOPs: Tab indents, a problem leads to its line, leaving with changes asks first.

export class Editor {
  /** @param {HTMLElement} el the form */
  constructor(el) {
    this.area = /** @type {HTMLTextAreaElement} */ (el.querySelector("textarea.code"));
    this.saved = this.area.value;
    this.area.addEventListener("keydown", (e) => this.key(e));
    el.addEventListener("submit", () => (this.saved = this.area.value));
    document.addEventListener("click", (e) => {
      const b = e.target instanceof Element ? e.target.closest("[data-goto-line]") : null;
      if (b instanceof HTMLElement) this.go(Number(b.dataset.gotoLine));
    });
    addEventListener("beforeunload", (e) => {
      if (this.area.isConnected && this.area.value !== this.saved) e.preventDefault();
    });
  }

  /** @param {KeyboardEvent} e */
  key(e) {
    // Escape first lets Tab leave the field, for those who move by keyboard alone.
    if (e.key === "Escape") this.free = true;
    if (e.key !== "Tab" || e.shiftKey || this.free) {
      if (e.key === "Tab") this.free = false;
      return;
    }
    e.preventDefault();
    this.area.setRangeText("  ", this.area.selectionStart, this.area.selectionEnd, "end");
  }

  /** @param {number} line counted from 1 */
  go(line) {
    const lines = this.area.value.split("\n");
    const from = lines.slice(0, line - 1).reduce((n, l) => n + l.length + 1, 0);
    this.area.focus();
    this.area.setSelectionRange(from, from + (lines[line - 1] ?? "").length);
    this.area.scrollTop = (line - 4) * (this.area.scrollHeight / lines.length);
  }
}
