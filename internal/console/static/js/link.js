// The page of a sign-in link: takes the code from behind # in the address and sends it by POST.

export class SignInLink {
  /** @param {HTMLElement} el the form */
  constructor(el) {
    const form = /** @type {HTMLFormElement} */ (el);
    const code = decodeURIComponent(location.hash.slice(1));
    const field = form.querySelector("input[name=code]");
    if (!code || !(field instanceof HTMLInputElement)) return;
    field.value = code;
    // The code leaves the address at once, so that it stays in no history.
    history.replaceState(null, "", location.pathname);
    form.requestSubmit();
  }
}
