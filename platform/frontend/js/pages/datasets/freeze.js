// The folder strategy has rules instead of shares; train is what validation and test leave.

import { allWithin, maybe, one } from "../../dom.js";

/** @param {HTMLFormElement} form */
function start(form) {
  /** @param {string} name */
  const share = (name) => one(form, `[name=${name}]`, HTMLInputElement);
  const [train, validation, test] = [share("train"), share("validation"), share("test")];
  const strategies = allWithin(form, "[name=strategy]");
  const shares = one(form, "[data-shares]");
  const keepTest = maybe(form, "[data-keep-test]");
  const rules = one(form, "[data-folder-rules]");
  const showRules = () => {
    const byFolders = new FormData(form).get("strategy") === "folder";
    shares.hidden = byFolders;
    rules.hidden = !byFolders;
    if (keepTest) keepTest.hidden = byFolders;
  };
  for (const strategy of strategies) strategy.addEventListener("change", showRules);
  showRules();
  const leaveTrain = () => {
    const left = 100 - validation.valueAsNumber - test.valueAsNumber;
    train.value = String(Math.max(1, left) || "");
  };
  for (const each of [validation, test]) each.addEventListener("change", leaveTrain);
  // A person may have typed before this module arrived.
  if ([validation, test].some(({ value, defaultValue }) => value !== defaultValue)) leaveTrain();
}

const form = maybe(document, "[data-freeze]", HTMLFormElement);
if (form) start(form);
