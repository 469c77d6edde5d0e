// The form for replies: keeps drafts, counts texts, sends by Ctrl+Enter.

const segment = { gsm: [160, 153], ucs: [70, 67] };
const gsm = /^[\n\r !"#$%&'()*+,\-./0-9:;<=>?@A-Z_a-z¡£¤¥§¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùüΓΔΘΛΞΠΣΦΨΩ^{}\\[\]~|€]*$/u;

export class Composer {
  /** @param {HTMLElement} el the form */
  constructor(el) {
    this.form = /** @type {HTMLFormElement} */ (el);
    this.area = /** @type {HTMLTextAreaElement} */ (el.querySelector("textarea"));
    this.counter = el.querySelector("[data-length]");
    this.hint = el.querySelector("[data-hint]");
    this.key = `draft:${document.body.dataset.base}:${el.dataset.draft}`;

    if (!this.area.value) this.area.value = sessionStorage.getItem(this.key) ?? "";
    this.area.addEventListener("input", () => this.typed());
    this.form.addEventListener("submit", () => sessionStorage.removeItem(this.key));
    this.typed();
  }

  typed() {
    const text = this.area.value;
    if (text) sessionStorage.setItem(this.key, text);
    else sessionStorage.removeItem(this.key);
    const n = parts(text);
    if (this.counter) this.counter.textContent = text.length === 0 ? "" : `${[...text].length} characters${n > 1 ? `, ${n} texts` : ""}`;
    if (this.hint instanceof HTMLElement) this.hint.hidden = text.length > 0;
  }
}

/**
 * How many text messages a text becomes.
 * @param {string} text
 */
function parts(text) {
  const [one, more] = gsm.test(text) ? segment.gsm : segment.ucs;
  return text.length <= one ? 1 : Math.ceil(text.length / more);
}
