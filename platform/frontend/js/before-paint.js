// A classic script in <head>: sets what is remembered of the look before the first paint, so that
// nothing flashes and nothing moves: the colours, and the size of a gallery's tiles.
(() => {
  /** @param {string} key */
  const recall = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // Storage is blocked: follow the device.
    }
  };
  const root = document.documentElement;
  const choice = recall("loupe-theme") ?? "auto";
  const dark =
    choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.bsTheme = dark ? "dark" : "light";
  const pixels = Number(recall("loupe-tile-size"));
  if (pixels) root.style.setProperty("--tile", `${pixels}px`);
  if (pixels && pixels < 112) root.dataset.smallTiles = "";
})();
