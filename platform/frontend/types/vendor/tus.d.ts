export { isSupported, Upload } from "tus-js-client";
