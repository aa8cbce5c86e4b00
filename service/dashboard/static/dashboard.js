// The pages work without this. It says aloud when the queue can no longer refresh itself, and
// sends a filter as soon as it is chosen.
(() => {
  "use strict";
  const offline = () => document.getElementById("offline");
  document.addEventListener("htmx:error", () => { offline().hidden = false; });
  document.addEventListener("htmx:after:request", (event) => {
    const response = event.detail && event.detail.ctx && event.detail.ctx.response;
    if (response) offline().hidden = response.status < 500;
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches(".filters select")) event.target.form.requestSubmit();
  });
})();
