// What the viewer scripts share: a private Chromium, deadlines, and sight through shadow roots.
// They run in the directory that has node_modules, wherever they lie themselves.

import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const modules = path.join(process.cwd(), 'node_modules');
const puppeteer = createRequire(path.join(process.cwd(), 'viewers.cjs'))('puppeteer-core');

const flags = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const patience = 20_000; // for one step
const deadline = 150_000; // for the whole visit
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Probes until the result is true, and returns it; fails with `why` when the limit has passed. */
export async function until(probe, why, limit = patience) {
  const end = Date.now() + limit;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() >= end) throw new Error(`not within ${limit / 1000} s: ${why}`);
    await pause(50);
  }
}

/** What `selector` matches and the reader sees, inside shadow roots too; evaluated in the page. */
function visible(selector) {
  const found = [];
  const walk = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.shadowRoot) walk(element.shadowRoot);
      if (element.offsetParent && element.matches(selector)) found.push(element);
    }
  };
  walk(document);
  return found;
}

/** Evaluates `use(elements, argument)` on what is visible of `selector`. */
export const look = (page, selector, use, argument = null) =>
  page.evaluate(
    `(${use})((${visible})(${JSON.stringify(selector)}), ${JSON.stringify(argument)})`);

function expiry() {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('the visit took too long')), deadline);
  });
  return { late, cancel: () => clearTimeout(timer) };
}

/** Runs `visit(page)` in a browser of its own; where that fails, the screenshot shows it. */
async function withPage(chromium, screenshot, visit) {
  const profile = await mkdtemp(path.join(tmpdir(), 'viewer-'));
  const browser = await puppeteer.launch({
    executablePath: chromium,
    userDataDir: profile,
    args: flags,
    timeout: patience,
    protocolTimeout: deadline,
  });
  const { late, cancel } = expiry();
  try {
    const page = await browser.newPage();
    await page.setViewport({ width: 1400, height: 1500 });
    page.on('pageerror', (error) => console.error(`page: ${error.message}`));
    const seen = Promise.race([visit(page), late]);
    await seen.catch(() => page.screenshot({ path: screenshot }));
    return await seen;
  } finally {
    cancel();
    const closed = browser.close().catch(() => {});
    await Promise.race([closed, pause(5_000)]);
    browser.process()?.kill('SIGKILL');
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The program of a viewer script: JSON on stdout, or the reason on stderr and exit 1. */
export async function main(visit) {
  const [chromium, profile, screenshot, ...more] = process.argv.slice(2);
  try {
    const seen = await withPage(chromium, screenshot, (page) =>
      visit(page, profile, screenshot, ...more));
    console.log(JSON.stringify(seen));
  } catch (error) {
    console.error(error.stack);
    process.exitCode = 1;
  }
}
