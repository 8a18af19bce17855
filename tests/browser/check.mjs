// Opens pages in Chromium at two widths with the network off, and fails with a sentence for each fault.
// usage: node check.mjs PLACE_FOR_SCREENSHOTS PAGE...
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const [place, ...pages] = process.argv.slice(2);
const SMALLEST_TEXT = 8; // pixels, of text in a chart on a phone
const faults = [];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

for (const path of pages) {
  for (const width of [1440, 390]) {
    const at = `${path} at ${width}`;
    const fault = (said) => faults.push(`${at}: ${said}`);
    const context = await browser.newContext({ viewport: { width, height: 900 }, offline: true, reducedMotion: "reduce" });
    const page = await context.newPage();
    const url = pathToFileURL(resolve(path)).href;
    page.on("request", (request) => request.url() !== url && !request.url().startsWith("data:") && fault(`asks for ${request.url()}`));
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && fault(`console: ${message.text()}`));
    page.on("pageerror", (error) => fault(`error: ${error}`));
    page.on("dialog", (dialog) => { fault(`a dialog opens: ${dialog.message()}`); dialog.dismiss(); });
    await page.goto(url);

    const seen = await page.evaluate(() => {
      const figures = [...document.querySelectorAll("figure")].map((figure) => {
        const svg = [...figure.querySelectorAll("svg")].filter((one) => one.getBoundingClientRect().width > 0);
        const box = svg[0]?.getBoundingClientRect();
        const scale = svg[0] && box.width / svg[0].viewBox.baseVal.width;
        const sizes = svg[0] ? [...svg[0].querySelectorAll("text")].map((text) => parseFloat(getComputedStyle(text).fontSize) * scale) : [];
        return {
          id: figure.id, drawn: svg.length, width: box?.width, height: box?.height, right: box?.right,
          marks: svg[0]?.querySelectorAll("title").length, smallest: Math.min(...sizes), texts: sizes.length,
        };
      });
      const links = [...document.querySelectorAll('a[href^="#"]')].map((a) => a.getAttribute("href").slice(1));
      return {
        figures,
        broken: links.filter((id) => !document.getElementById(id)),
        links: links.length,
        scrolls: document.documentElement.scrollWidth,
        scripts: document.scripts.length,
      };
    });
    if (!seen.figures.length) fault("no figure");
    if (!seen.links || seen.broken.length) fault(`links to nowhere: ${seen.broken}`);
    if (seen.scrolls > width) fault(`is ${seen.scrolls} pixels wide`);
    if (seen.scripts !== 1) fault(`has ${seen.scripts} scripts instead of one`);
    for (const f of seen.figures) {
      if (f.drawn !== 1) fault(`${f.id}: ${f.drawn} pictures are shown instead of one`);
      else if (!(f.width > 100 && f.height > 40 && f.marks > 0 && f.texts > 0)) fault(`${f.id} is not drawn`);
      else if (f.right > width) fault(`${f.id} stands out on the right`);
      else if (f.smallest < SMALLEST_TEXT) fault(`${f.id}: text of ${f.smallest.toFixed(1)} pixels`);
    }

    for (const one of seen.figures) {
      const { said, x, y } = await page.evaluate(async (id) => {
        const title = [...document.querySelectorAll(`#${id} title`)].find((one) => one.parentNode.getBoundingClientRect().width > 0);
        title.parentNode.scrollIntoView({ block: "center" });
        await new Promise((done) => setTimeout(done, 50)); // scrolling hides what the pointer shows
        const box = title.parentNode.getBoundingClientRect();
        return { said: title.textContent, x: box.x + box.width / 2, y: box.y + box.height / 2 };
      }, one.id);
      await page.mouse.move(x, y);
      const tip = await page.evaluate(() => {
        const shown = document.querySelector(".tip:not([hidden])");
        const at = shown?.getBoundingClientRect();
        return shown && { said: shown.querySelector("strong").textContent, inside: at.left >= 0 && at.right <= innerWidth && at.top >= 0 && at.bottom <= innerHeight };
      });
      if (tip?.said !== said) fault(`${one.id}: the pointer at '${said}' shows '${tip?.said}'`);
      else if (!tip.inside) fault(`${one.id}: what the pointer shows stands outside of the window`);
      await page.mouse.move(0, 0);
      if (await page.locator(".tip:visible").count()) fault(`${one.id}: what the pointer showed stays`);
    }

    // the tables behind charts are opened; the sheets of inputs are alike, so one is enough
    await page.evaluate(() => {
      for (const one of document.querySelectorAll("figure details")) one.open = true;
      document.querySelector("details.sheet:nth-of-type(2)")?.setAttribute("open", "");
    });
    await page.evaluate(axe);
    const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    const counts = {};
    for (const one of found.violations) {
      counts[one.impact] = (counts[one.impact] ?? 0) + 1;
      const where = one.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ");
      const said = `axe, ${one.impact}: ${one.id}, ${one.help} (${one.nodes.length} times: ${where})`;
      if (["serious", "critical"].includes(one.impact)) fault(said);
      else console.log(`${at}: ${said}`);
    }
    console.log(`${at}: ${seen.figures.length} figures, ${seen.links} links inside, axe ${JSON.stringify(counts)}`);
    await page.evaluate(() => { for (const one of document.querySelectorAll("details")) one.open = false; });
    await page.screenshot({ path: `${place}/${basename(dirname(path))}-${width}.png`, fullPage: true });
    await context.close();
  }
}
await browser.close();
for (const one of faults) console.error(one);
process.exit(faults.length ? 1 : 0);
