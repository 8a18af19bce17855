// Opens every page of the site of the docs at two widths with the network off, and fails with a sentence for each fault.
// usage: node site.mjs PLACE_FOR_SCREENSHOTS SITE
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const [place, site] = [process.argv[2], resolve(process.argv[3])];
const SHOWN = ["index.html", "docs/cookbook.html", "docs/model.html", "docs/api.html"]; // looked at closely, with pictures
const faults = [];

function pages(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return entry.name.startsWith("_") ? [] : pages(join(folder, entry.name));
    return entry.name.endsWith(".html") ? [join(folder, entry.name)] : [];
  }).sort();
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
let formulas = 0;
for (const width of [1440, 390]) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, offline: true, reducedMotion: "reduce" });
  for (const path of pages(site)) {
    const name = relative(site, path);
    const fault = (said) => faults.push(`${name} at ${width}: ${said}`);
    const page = await context.newPage();
    page.on("request", (request) => /^(file|data):/.test(request.url()) || fault(`asks for ${request.url()}`));
    page.on("requestfailed", (request) => fault(`does not get ${request.url()}`));
    page.on("pageerror", (error) => fault(`error: ${error}`));
    await page.goto(pathToFileURL(path).href);
    const seen = await page.evaluate(() => {
      const inside = (element) => element.closest(".formula, .table-wrapper, pre, .highlight");
      const right = document.documentElement.clientWidth;
      return {
        scrolls: document.documentElement.scrollWidth,
        out: [...document.querySelectorAll("article *")]
          .filter((one) => !inside(one) && one.getBoundingClientRect().right > right + 1)
          .slice(0, 3).map((one) => `${one.tagName} ${one.textContent.slice(0, 40)}`),
        formulas: [...document.querySelectorAll("math")].map((one) => one.getBoundingClientRect()).map((box) => box.width * box.height),
        raw: /\\(mathit|sum|cdot)/.test(document.querySelector("article")?.textContent ?? ""),
      };
    });
    if (seen.scrolls > width) fault(`is ${seen.scrolls} pixels wide`);
    for (const one of seen.out) fault(`stands out on the right: ${one}`);
    if (seen.formulas.some((area) => !(area > 0))) fault("has a formula that is not drawn");
    if (seen.raw) fault("shows a formula as it is typed");
    formulas += seen.formulas.length;
    if (SHOWN.includes(name)) {
      await page.evaluate(axe);
      const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"], preload: false }));
      for (const one of found.violations) {
        const said = `axe, ${one.impact}: ${one.id}, ${one.help} (${one.nodes.length} times: ${one.nodes[0].target.join(" ")})`;
        if (["serious", "critical"].includes(one.impact)) fault(said);
        else console.log(`${name} at ${width}: ${said}`);
      }
      await page.screenshot({ path: `${place}/site-${name.replaceAll("/", "-").replace(".html", "")}-${width}.png` });
    }
    await page.close();
  }
  await context.close();
}
await browser.close();
if (!formulas) faults.push("no page has a formula");
console.log(`the site: ${pages(site).length} pages at two widths, ${formulas} formulas drawn`);
for (const one of faults) console.error(one);
process.exit(faults.length ? 1 : 0);
