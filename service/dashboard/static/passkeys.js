// Forms marked data-passkey="get" or "create" are shown where the browser knows passkeys. Sending
// one asks our server what is to be signed, the browser for the signature, and sends that along.
(() => {
  "use strict";
  const known = window.PublicKeyCredential;
  const ask = {
    get: (options) => navigator.credentials.get({ publicKey: known.parseRequestOptionsFromJSON(options) }),
    create: (options) => navigator.credentials.create({ publicKey: known.parseCreationOptionsFromJSON(options) }),
  };
  const forms = () => document.querySelectorAll("form[data-passkey]");
  const show = () => {
    if (!known || !known.parseRequestOptionsFromJSON) return;
    forms().forEach((form) => { form.hidden = false; });
  };
  const send = async (form) => {
    const failed = form.querySelector("[data-passkey-failed]");
    const button = form.querySelector("button");
    failed.hidden = true;
    button.disabled = true;
    try {
      const answer = await fetch(`${form.getAttribute("action")}/options`, { method: "POST" });
      if (answer.redirected) {
        // To where she proves herself again; nothing of ours leads elsewhere.
        location.assign(answer.url);
        return;
      }
      if (!answer.ok) throw new Error("refused");
      const credential = await ask[form.dataset.passkey](await answer.json());
      form.elements.credential.value = JSON.stringify(credential);
      form.submit();
    } catch {
      failed.hidden = false;
      button.disabled = false;
    }
  };
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-passkey]")) return;
    event.preventDefault();
    send(event.target);
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", show);
  else show();
})();
