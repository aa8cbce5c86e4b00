// Trusted Types: the browser takes HTML from nobody but htmx, and scripts from nobody at all. What
// htmx hands over is the page our own server has just sent, in which all text is escaped.
(() => {
  "use strict";
  if (!window.trustedTypes) return;
  const policy = trustedTypes.createPolicy("waymark", { createHTML: (page) => page });
  htmx.registerExtension("trusted", {
    init: (inside) => inside.initSecurity({ createHTML: (page) => policy.createHTML(page), createScript: () => "" }),
  });
})();
