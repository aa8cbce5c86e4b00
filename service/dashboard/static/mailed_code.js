// The link in an e-mail brings its code behind the #, which is never sent anywhere. It is written
// into the form and taken out of the address; nothing is done before somebody presses the button.
(() => {
  "use strict";
  const fill = () => {
    const field = document.querySelector("[data-mailed-code]");
    const code = location.hash.slice(1);
    if (!/^[0-9A-Za-z_-]{8,64}$/.test(code)) return;
    history.replaceState(null, "", location.pathname + location.search);
    if (field) field.value = code;
  };
  addEventListener("hashchange", fill);
  // Deferred: the form is there already.
  fill();
})();
