// Binds elements marked data-controller to their modules, once each; again after an exchange.
import { Inbox } from "./inbox.js";
import { ThreadPane } from "./thread.js";
import { Composer } from "./composer.js";
import { Day } from "./day.js";
import { Editor } from "./editor.js";
import { SignInLink } from "./link.js";

/** @type {Record<string, new (el: HTMLElement) => object>} */
const controllers = { inbox: Inbox, thread: ThreadPane, composer: Composer, day: Day, editor: Editor, link: SignInLink };

/** @type {WeakSet<Element>} */
const mounted = new WeakSet();

/** @param {ParentNode} root */
export function mountAll(root) {
  /** @type {HTMLElement[]} */
  const els = [...root.querySelectorAll("[data-controller]")];
  if (root instanceof HTMLElement && root.dataset.controller) els.unshift(root);
  for (const el of els) {
    const Controller = controllers[el.dataset.controller ?? ""];
    if (Controller && !mounted.has(el)) {
      mounted.add(el);
      new Controller(el);
    }
  }
}
