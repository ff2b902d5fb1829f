// Says in words what went wrong with a passkey; the ceremony itself is allauth's.
import { toast } from "../../toast.js";

/** @type {Record<string, string>} */
const SENTENCES = {
  NotAllowedError: "The passkey was not used: you cancelled, or the time was over. Try again.",
  InvalidStateError: "This device holds a passkey of yours already.",
};

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const { exception } = event.detail;
  toast(SENTENCES[exception?.name ?? ""] ?? "This browser could not use a passkey here.", {
    error: true,
  });
});
