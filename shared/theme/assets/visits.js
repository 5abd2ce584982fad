/* Counts this view of the page once and fills in the block of visit figures.
 *
 * Looks for <section class="visits" data-path="/tin/…/"> with elements data-visits="total" and
 * data-visits="current"; without such a section it does nothing. It sets no cookie, keeps nothing
 * in the browser, and no failure of it reaches the reader: the figures then stay dashes.
 */
(function () {
  "use strict";

  const ADDRESS = "/api/visits";
  const RETRIES = 3;
  const LONGEST_WAIT_MS = 60000;
  const REFRESH_MS = 60000;

  const section = document.querySelector("section.visits[data-path]");
  const path = section ? section.getAttribute("data-path") : null;
  if (!path || typeof fetch !== "function" || typeof Promise !== "function") {
    return;
  }

  /* crypto.randomUUID exists only where the page came by HTTPS or from this machine. */
  function newId() {
    if (window.crypto && typeof crypto.randomUUID === "function") {
      return crypto.randomUUID();
    }
    const bytes = new Uint8Array(16);
    if (window.crypto && typeof crypto.getRandomValues === "function") {
      crypto.getRandomValues(bytes);
    } else {
      for (let i = 0; i < bytes.length; i += 1) {
        bytes[i] = Math.floor(Math.random() * 256);
      }
    }
    bytes[6] = (bytes[6] & 0x0f) | 0x40; // version 4 (RFC 9562)
    bytes[8] = (bytes[8] & 0x3f) | 0x80; // the RFC's variant
    const hex = Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
      .join("-");
  }

  function pause(milliseconds) {
    return new Promise((resolve) => {
      setTimeout(resolve, milliseconds);
    });
  }

  /* Doubling from one second, never sooner than the server asks, and a little apart from others. */
  function waitBefore(attempt, response) {
    const asked = response ? Number(response.headers.get("Retry-After")) * 1000 || 0 : 0;
    const wait = Math.max(asked, 1000 * 2 ** attempt) + Math.random() * 500;
    return Math.min(wait, LONGEST_WAIT_MS);
  }

  /* Sends the view; after a failure again with the same id, so that it still counts once. */
  async function send(body) {
    for (let attempt = 0; ; attempt += 1) {
      let response = null;
      try {
        response = await fetch(ADDRESS, {
          method: "POST",
          body: body,
          headers: { "Content-Type": "application/json" },
          credentials: "omit",
          cache: "no-store",
          keepalive: true,
        });
      } catch {
        response = null; // the network failed; whether the view arrived is not known
      }
      if ((response && response.status !== 503) || attempt === RETRIES) {
        return;
      }
      await pause(waitBefore(attempt, response));
    }
  }

  function fill(totals) {
    const format = new Intl.NumberFormat("vi-VN");
    section.querySelectorAll("[data-visits]").forEach((element) => {
      const value = totals[element.getAttribute("data-visits")];
      if (Number.isFinite(value)) {
        element.textContent = format.format(value);
      }
    });
  }

  let shownAt = 0;
  async function show() {
    shownAt = Date.now();
    for (let attempt = 0; attempt <= RETRIES; attempt += 1) {
      try {
        const response = await fetch(ADDRESS, { credentials: "omit", cache: "no-store" });
        if (response.ok) {
          fill(await response.json());
          return;
        }
      } catch {
        // The next attempt, or the next refresh, may fare better.
      }
      await pause(waitBefore(attempt, null));
    }
  }

  function refreshIfDue() {
    if (document.visibilityState === "visible" && Date.now() - shownAt >= REFRESH_MS - 1000) {
      show().catch(() => {});
    }
  }

  function view() {
    shownAt = Date.now();
    const sent = send(JSON.stringify({ path: path, id: newId() }));
    Promise.race([sent, pause(1000)]) // figures with this view in them, but none wait for long
      .then(show)
      .catch(() => {});
  }

  function start() {
    view();
    setInterval(refreshIfDue, REFRESH_MS);
    document.addEventListener("visibilitychange", refreshIfDue);
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) {
        view(); // the reader came back to a page that the browser had kept
      }
    });
  }

  if (document.prerendering) {
    document.addEventListener("prerenderingchange", start, { once: true });
  } else {
    start();
  }
})();
