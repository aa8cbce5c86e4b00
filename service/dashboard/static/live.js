// Hears at once when a queue has changed, and lets the page refresh its part as it does every 20
// seconds anyway: where there is no stream (no room, a proxy that holds it back), that is all.
(() => {
  "use strict";
  const AGAIN = 60000;
  const part = () => document.querySelector("[data-live]");
  let stream = null;
  const open = () => {
    if (stream || document.hidden || !part()) return;
    stream = new EventSource(part().dataset.live);
    stream.onmessage = (event) => {
      if (JSON.parse(event.data).changed.length) htmx.trigger(part(), "live");
    };
    // It comes back by itself when a minute is over; refused, it would not.
    stream.onerror = () => {
      if (stream.readyState !== EventSource.CLOSED) return;
      stream = null;
      setTimeout(open, AGAIN);
    };
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) return open();
    // A page nobody looks at leaves its place to others.
    if (stream) stream.close();
    stream = null;
  });
  open();
})();
