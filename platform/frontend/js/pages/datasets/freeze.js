// The folder strategy has rules instead of shares; train is what validation and test leave.

const form = document.querySelector("[data-freeze]");
if (form) {
  const { strategy, train, validation, test } = form.elements;
  const shares = form.querySelector("[data-shares]");
  const keepTest = form.querySelector("[data-keep-test]");
  const rules = form.querySelector("[data-folder-rules]");
  const showRules = () => {
    const byFolders = strategy.value === "folder";
    shares.hidden = byFolders;
    rules.hidden = !byFolders;
    if (keepTest) keepTest.hidden = byFolders;
  };
  strategy.addEventListener("change", showRules);
  showRules();
  const leaveTrain = () => {
    train.value = Math.max(1, 100 - validation.valueAsNumber - test.valueAsNumber) || "";
  };
  for (const share of [validation, test]) share.addEventListener("change", leaveTrain);
  // A person may have typed before this module arrived.
  if (validation.value !== validation.defaultValue || test.value !== test.defaultValue)
    leaveTrain();
}
