// The pages work without this. It says aloud when the queue can no longer refresh itself, sends a
// filter as soon as it is chosen, and closes the menu that lies over the page.
(() => {
  "use strict";
  const offline = () => document.getElementById("offline");
  document.documentElement.classList.add("scripted");
  document.addEventListener("htmx:error", () => { offline().hidden = false; });
  document.addEventListener("htmx:after:request", (event) => {
    const response = event.detail && event.detail.ctx && event.detail.ctx.response;
    if (response) offline().hidden = response.status < 500;
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches(".filters select")) event.target.form.requestSubmit();
  });
  const close = (menu, there) => { if (!there || !menu.contains(there)) menu.open = false; };
  const opened = () => document.querySelectorAll(".menu[open]");
  document.addEventListener("click", (event) => opened().forEach((menu) => close(menu, event.target)));
  document.addEventListener("focusin", (event) => opened().forEach((menu) => close(menu, event.target)));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    opened().forEach((menu) => { close(menu); menu.querySelector("summary").focus(); });
  });
})();
