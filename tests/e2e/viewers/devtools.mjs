// Opens a .cpuprofile in the Performance panel of DevTools as a person does: load, double click on
// the overview to see it all, Bottom-up.
//
// usage: devtools.mjs CHROMIUM PROFILE SCREENSHOT
// Prints {range, rows, callers}: the text of the range that is shown, the rows of Bottom-up, and
// those rows after the callers of the hottest function with a file have been opened.

import { look, main, until } from './browser.mjs';

const panel = 'devtools://devtools/bundled/js_app.html?panel=timeline';
const loader = 'pierce/input[type=file][accept*=cpuprofile]';
const overview = 'pierce/#timeline-overview-pane';
const bottomUp = 'pierce/#tab-bottom-up';
const gripPart = 'overview-grid-window-resizer';

const shownRange = (page) =>
  look(page, 'div, span', (all) =>
    all.map((one) => one.textContent.trim()).find((text) => /^Range: [^:]{1,40}$/.test(text)));

/** The two grips of the overview's window are at the ends of the overview. */
async function showsAll(page, box) {
  const grips = await look(page, `.${gripPart}`, (all) =>
    all.map((one) => one.getBoundingClientRect()).map((one) => one.x + one.width / 2));
  return grips.length === 2 && Math.abs(grips[1] - grips[0]) > box.width - 4;
}

async function showAll(page) {
  const box = await (await page.waitForSelector(overview)).boundingBox();
  await until(async () => {
    if (await showsAll(page, box)) return true;
    await page.mouse.click(box.x + box.width / 2, box.y + 28, { count: 2 });
    return until(() => showsAll(page, box), 'one double click', 500).catch(() => false);
  }, 'the overview shows everything');
}

/** The range under the chart follows the overview a moment later. */
async function settledRange(page) {
  let before = '';
  let since = Date.now();
  return until(async () => {
    const now = await shownRange(page);
    if (now !== before) [before, since] = [now, Date.now()];
    return Date.now() - since > 800 && now;
  }, 'the range stands still');
}

const edgeOfDetails = async (page) => (await (await page.$(bottomUp)).boundingBox()).y;

/** Drags the upper edge of the details up, so that many rows fit. */
async function enlargeDetails(page) {
  await until(async () => {
    const edge = await edgeOfDetails(page);
    if (edge < 700) return true;
    await page.mouse.move(1000, edge - 1);
    await page.mouse.down();
    await page.mouse.move(1000, 800, { steps: 8 });
    await page.mouse.move(1000, 600, { steps: 8 });
    await page.mouse.up();
    return false;
  }, 'the details are large');
}

/** A click may come while the panel lays itself out, and is lost then. */
async function openBottomUp(page) {
  const isOpen = () => page.$eval(bottomUp, (tab) => tab.ariaSelected === 'true');
  await until(async () => {
    await (await page.$(bottomUp)).click();
    return until(isOpen, 'one click', 500).catch(() => false);
  }, 'Bottom-up opens');
}

const rows = (page) =>
  look(page, 'tr', (all) =>
    all.map((row) => [...row.cells].map((cell) => cell.innerText.trim()))
      .filter((cells) => cells.length >= 3 && /ms|\bs\b/.test(cells[0]) && cells[2])
      .map(([self, total, activity]) => ({ self, total, activity })));

/** Where to click for the hottest function that has a file; not on its link. */
const hottest = (page) =>
  look(page, 'tr', (all) => {
    const timed = all.filter((one) => /ms/.test(one.cells[0]?.innerText));
    const row = timed.find((one) => /\.cpp:/.test(one.innerText));
    const box = row?.cells[1].getBoundingClientRect();
    return box && { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  });

async function openCallers(page) {
  const before = JSON.stringify(await rows(page));
  const open = async () => JSON.stringify(await rows(page)) !== before;
  await until(async () => {
    const spot = await hottest(page);
    if (!spot) return true;
    await page.mouse.click(spot.x, spot.y);
    await page.keyboard.down('Alt');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.up('Alt');
    return until(open, 'one key', 1_000).catch(() => false);
  }, 'the callers are shown');
  return rows(page);
}

main(async (page, profile, screenshot) => {
  await page.goto(panel);
  await (await page.waitForSelector(loader)).uploadFile(profile);
  await until(() => shownRange(page), 'the panel has loaded the profile');
  await showAll(page);
  const range = await settledRange(page);
  await enlargeDetails(page);
  await openBottomUp(page);
  const found = await until(async () => {
    const all = await rows(page);
    return all.length > 3 && all;
  }, 'Bottom-up has rows');
  await page.screenshot({ path: screenshot });
  return { range, rows: found, callers: await openCallers(page) };
});
