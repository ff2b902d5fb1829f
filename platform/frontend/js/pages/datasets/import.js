// When the import ends, its report comes in without a reload.

document.addEventListener("job:ended", () => {
  const { importUrl } = document.querySelector("[data-import-url]").dataset;
  window.htmx.ajax("GET", importUrl, { target: "#import-report", swap: "innerHTML" });
});
