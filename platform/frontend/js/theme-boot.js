// A classic script in <head>: sets the remembered colours before the first paint, so that nothing flashes.
(() => {
  let choice = "auto";
  try {
    choice = localStorage.getItem("loupe-theme") ?? "auto";
  } catch {
    // Storage is blocked: follow the device.
  }
  const dark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
})();
