// Ages count on and deadlines count down, in the words that the server uses (page.Shell.Ago).

// How far this device's clock is from the server's: ages are wrong by that otherwise.
const skew = Date.parse(document.body.dataset.now ?? "") - Date.now() || 0;

export function startTimes() {
  tick();
  setInterval(tick, 1000);
}

function tick() {
  const now = Date.now() + skew;
  for (const t of document.querySelectorAll("time[data-ago]")) {
    const text = ago(now - Date.parse(t.getAttribute("datetime") ?? ""));
    if (t.textContent !== text) t.textContent = text;
  }
  for (const t of document.querySelectorAll("time[data-countdown]")) {
    const left = Date.parse(t.getAttribute("datetime") ?? "") - now;
    t.textContent = left <= 0 ? "now" : `in ${clock(left)}`;
  }
  for (const bar of document.querySelectorAll("[data-countdown-bar]")) {
    const from = Date.parse(bar.getAttribute("data-from") ?? "");
    const to = Date.parse(bar.getAttribute("data-to") ?? "");
    const share = Math.max(0, Math.min(1, (to - now) / (to - from)));
    bar.querySelector(".fill")?.setAttribute("width", (100 * share).toFixed(1));
  }
}

/** @param {number} ms since then; negative for the future */
export function ago(ms) {
  if (Number.isNaN(ms)) return "–";
  if (ms < 0) return `in ${span(-ms)}`;
  return ms < 60_000 ? "just now" : span(ms);
}

/** @param {number} ms */
function span(ms) {
  if (ms < 60_000) return `${Math.floor(ms / 1000)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.floor(ms / 3_600_000)} h`;
  return `${Math.floor(ms / 86_400_000)} d`;
}

/** @param {number} ms */
function clock(ms) {
  const s = Math.ceil(ms / 1000);
  if (s >= 3600) return span(ms);
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}
