// Arrow keys go to the image before and after, except in a text field.

document.addEventListener("keydown", (event) => {
  if (
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    event.target.closest("input, textarea, select")
  )
    return;
  document.querySelector(`[data-key="${CSS.escape(event.key)}"][href]`)?.click();
});
