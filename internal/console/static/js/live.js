// One stream of server-sent events per page. It only says what changed; pages fetch what they show.

/**
 * Starts the stream of a club and hands its events on as "live:thread" and "live:inbox" on document.
 * Both are sent whenever the stream opens, also for the first time: what changed since the page was
 * rendered, or since the stream was lost, was told to nobody.
 * @param {string} base "/c/northside", or "" outside a club
 */
export function startLive(base) {
  if (!base || !document.querySelector(".shell")) return;
  const state = document.querySelector("[data-live-state]");
  let lost = 0;
  /** @type {EventSource | null} */
  let source = null;
  let wait = 1000;

  const say = (/** @type {string} */ name, /** @type {object} */ detail) =>
    document.dispatchEvent(new CustomEvent(`live:${name}`, { detail }));

  function open() {
    source = new EventSource(`${base}/live`);
    source.addEventListener("open", () => {
      clearTimeout(lost);
      if (state instanceof HTMLElement) state.hidden = true;
      wait = 1000;
      say("inbox", {});
      say("thread", { id: "" });
    });
    source.addEventListener("thread", (e) => say("thread", parse(e)));
    source.addEventListener("inbox", (e) => say("inbox", parse(e)));
    source.addEventListener("error", () => {
      source?.close();
      clearTimeout(lost);
      lost = setTimeout(() => {
        if (state instanceof HTMLElement) state.hidden = false;
      }, 4000);
      wait = Math.min(wait * 2, 30_000);
      setTimeout(open, wait * (0.7 + Math.random() * 0.6));
    });
  }

  open();
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (e) => {
    if (e.persisted) {
      wait = 2000;
      open();
    }
  });
}

/** @param {MessageEvent<string>} e */
function parse(e) {
  try {
    return JSON.parse(e.data);
  } catch {
    return {};
  }
}
