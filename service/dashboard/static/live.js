// Hears at once when a queue has changed. A list of alerts is refreshed then, as it is every 20
// seconds anyway; a page on which that would lose the place one has got to only says so. Where
// there is no stream (no room, a proxy that holds it back), such a page asks now and then.
(() => {
  "use strict";
  // The page before this one may have the place for some seconds more; others have it for longer.
  const SOON = 5000;
  const LATER = 60000;
  const ASK_EVERY = 20000;
  const part = () => document.querySelector("[data-live]");
  let stream = null;
  // How things stood when the page was made, where it says so.
  let last = part()?.dataset.seen ?? null;
  let wait = SOON;
  const close = () => {
    if (stream) stream.close();
    stream = null;
  };
  const told = (id) => {
    const isNews = last !== null && id !== last;
    last = id;
    if (!isNews || !part()) return;
    if (!part().hidden) {
      htmx.trigger(part(), "live");
      return;
    }
    part().hidden = false;
    part().removeAttribute("data-live");
    close();
  };
  const open = () => {
    if (stream || document.hidden || !part()) return;
    stream = new EventSource(part().dataset.live);
    stream.onopen = () => { wait = SOON; };
    stream.onmessage = (event) => told(event.lastEventId);
    // It comes back by itself when a minute is over; refused, it would not.
    stream.onerror = () => {
      if (!stream || stream.readyState !== EventSource.CLOSED) return;
      stream = null;
      ask();
      setTimeout(open, wait);
      wait = LATER;
    };
  };
  const ask = async () => {
    if (stream || document.hidden || !part() || !part().hidden) return;
    const headers = { "HX-Request": "true" };
    if (last !== null) headers["Last-Event-ID"] = last;
    try {
      const answer = await fetch(part().dataset.live, { headers });
      if (!answer.ok) return;
      told((await answer.json()).id);
    } catch {
      // No line just now; it is asked again.
    }
  };
  setInterval(ask, ASK_EVERY);
  document.addEventListener("visibilitychange", () => {
    // A page nobody looks at leaves its place to others.
    if (document.hidden) close(); else open();
  });
  open();
})();
