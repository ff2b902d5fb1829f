// When the check ends, its report comes in without a reload.

document.addEventListener("job:ended", () => {
  const { qualityUrl } = document.querySelector("[data-quality-url]").dataset;
  window.htmx.ajax("GET", qualityUrl, { target: "#quality-report", swap: "innerHTML" });
});
