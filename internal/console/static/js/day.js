// The drawing of a day: on a narrow screen it opens at the present time.

export class Day {
  /** @param {HTMLElement} el the scrolling region */
  constructor(el) {
    const now = el.querySelector("[data-now-line]");
    if (!now || el.scrollWidth <= el.clientWidth) return;
    const left = now.getBoundingClientRect().left - el.getBoundingClientRect().left;
    el.scrollLeft = Math.max(0, left - el.clientWidth / 2);
  }
}
