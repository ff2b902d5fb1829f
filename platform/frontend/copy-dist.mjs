// Fills dist/ with the few files of node_modules that the pages load, under vendor/, with img/, and
// with offline/page.html: the page of the export web_page, whole but for the model.
// Runs after `npm ci` (postinstall); run it by hand after a change of icons.txt.

import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
const modules = join(root, "node_modules");
const vendor = join(root, "dist", "vendor");

// Source maps are not shipped, and a comment that names a missing one breaks hashed static files.
/** @param {string} text */
const withoutSourceMap = (text) =>
  text.replace(/(\/\/|\/\*)[#@] sourceMappingURL=[^\n*]*(\*\/)?\s*$/u, "");

const AS_THEY_ARE = {
  "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
  "tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
  "htmx.min.js": "htmx.org/dist/htmx.min.js",
};

const BUNDLES = {
  "echarts.js": `
    import { init, use } from "echarts/core";
    import { BarChart, HeatmapChart, LineChart, ParallelChart, ScatterChart } from "echarts/charts";
    import { AriaComponent, BrushComponent, DataZoomComponent, GridComponent, LegendComponent,
      MarkLineComponent, MarkPointComponent, ParallelComponent, ToolboxComponent,
      TooltipComponent, VisualMapComponent } from "echarts/components";
    import { LabelLayout } from "echarts/features";
    import { CanvasRenderer } from "echarts/renderers";
    use([BarChart, HeatmapChart, LineChart, ParallelChart, ScatterChart, AriaComponent,
      BrushComponent, DataZoomComponent, GridComponent, LegendComponent, MarkLineComponent,
      MarkPointComponent, ParallelComponent, ToolboxComponent, TooltipComponent,
      VisualMapComponent, LabelLayout, CanvasRenderer]);
    export { init };`,
  "regl-scatterplot.js": `
    export { default } from "regl-scatterplot";
    export * from "regl-scatterplot";`,
  "tus.js": `export { Upload, isSupported } from "tus-js-client";`,
};

function copyVendorFiles() {
  for (const [target, source] of Object.entries(AS_THEY_ARE)) {
    writeFileSync(
      join(vendor, target),
      withoutSourceMap(readFileSync(join(modules, source), "utf8")),
    );
  }
}

function copyFont() {
  const source = join(modules, "@fontsource-variable/inter");
  const css = readFileSync(join(source, "index.css"), "utf8");
  mkdirSync(join(vendor, "inter"));
  writeFileSync(join(vendor, "inter", "inter.css"), css.replaceAll("./files/", "./"));
  for (const [, name] of css.matchAll(/\.\/files\/([\w-]+\.woff2)/gu)) {
    cpSync(join(source, "files", name), join(vendor, "inter", name));
  }
}

// One sprite of the icons named in icons.txt:
// <svg class="icon"><use href="…/icons.svg#name"/></svg>
function writeIconSprite() {
  const names = readFileSync(join(root, "icons.txt"), "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const symbols = names.map((name) => {
    const svg = readFileSync(join(modules, "@tabler/icons/icons/outline", `${name}.svg`), "utf8");
    const shapes = svg
      .replace(/<!--[\s\S]*?-->/u, "")
      .replace(/<svg[^>]*>|<\/svg>/gu, "")
      .replace(/\s*\n\s*/gu, "");
    return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
  });
  writeFileSync(
    join(vendor, "icons.svg"),
    `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`,
  );
}

async function bundle() {
  for (const [target, contents] of Object.entries(BUNDLES)) {
    await build({
      stdin: { contents, resolveDir: root },
      outfile: join(vendor, target),
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2022",
      platform: "browser",
      legalComments: "eof",
      logLevel: "warning",
    });
  }
}

/** @param {string} name in offline/ @returns {Promise<string>} what a page takes in */
async function bundled(name) {
  const { outputFiles } = await build({
    entryPoints: [join(root, "offline", name)],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    legalComments: "none",
    logLevel: "warning",
    write: false,
  });
  return outputFiles[0].text.trim();
}

// One file without a network: the runtime is the smallest build of ONNX Runtime Web (WebAssembly
// alone), compressed, and the policy lets nothing run but this script and nothing be fetched.
async function buildOfflinePage() {
  const runtime = join(modules, "onnxruntime-web", "dist", "ort-wasm-simd-threaded.wasm");
  const [script, css] = [await bundled("page.js"), await bundled("page.css")];
  /** @param {string} text */
  const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  /** @type {Record<string, string>} */
  const parts = {
    policy: [
      "default-src 'none'",
      `script-src ${hash(script)} 'wasm-unsafe-eval'`,
      `style-src ${hash(css)}`,
      "img-src blob:",
      "base-uri 'none'",
      "form-action 'none'",
    ].join("; "),
    css,
    licences: readFileSync(join(root, "offline", "licences.txt"), "utf8"),
    runtime: gzipSync(readFileSync(runtime), { level: 9 }).toString("base64"),
    script,
  };
  const page = readFileSync(join(root, "offline", "page.template"), "utf8");
  mkdirSync(join(root, "dist", "offline"));
  writeFileSync(
    join(root, "dist", "offline", "page.html"),
    page.replace(/\{\{(\w+)\}\}/gu, (whole, name) => parts[name] ?? whole),
  );
}

rmSync(join(root, "dist"), { recursive: true, force: true });
mkdirSync(vendor, { recursive: true });
copyVendorFiles();
copyFont();
writeIconSprite();
await bundle();
await buildOfflinePage();
cpSync(join(root, "img"), join(root, "dist", "img"), { recursive: true });
