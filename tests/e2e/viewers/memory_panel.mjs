// How the viewer scripts use the Memory panel of DevTools: by its buttons, lists and tables.

import path from 'node:path';

import { look, until } from './browser.mjs';

const panel = 'devtools://devtools/bundled/js_app.html?panel=heap-profiler';
const loader = 'pierce/input[type=file]';
const profiles = 'li[class*="sidebar-tree-item"]:not([class*="section"])';
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** The panel is high: its tables keep only those rows that can be seen. */
export async function openPanel(page) {
  await page.setViewport({ width: 1600, height: 3000 });
  await page.goto(panel);
  await page.waitForSelector(loader);
}

/** What changes no more for a moment. */
export async function settled(probe, why) {
  let before = '';
  let since = Date.now();
  return until(async () => {
    const now = await probe();
    if (JSON.stringify(now) !== before) [before, since] = [JSON.stringify(now), Date.now()];
    return Date.now() - since > 500 && now;
  }, why);
}

async function click(page, spot, why) {
  const { x, y } = await until(() => spot(), why);
  await page.mouse.click(x, y);
}

/** The middle of the first that `selector` matches and that has this text. */
export const clickText = (page, selector, text) =>
  click(page, () => look(page, selector, (all, wanted) => {
    const box = all.find((one) => one.innerText.trim() === wanted)?.getBoundingClientRect();
    return box && { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }, text), `${selector} says ${text}`);

/** Loads a file and shows it; its name tells DevTools what it is. */
export async function load(page, file) {
  const { name } = path.parse(file);
  const isLoaded = `^${name.replace(/\W/g, '\\$&')}\\s*\\((Loaded|[\\d.,]+\\s.?B)\\)$`;
  await (await page.waitForSelector(loader)).uploadFile(file);
  await click(page, () => look(page, profiles, (all, wanted) => {
    const box = all.find((one) => new RegExp(wanted).test(one.innerText.trim()))
      ?.getBoundingClientRect();
    return box && { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  }, isLoaded), `${name} is loaded`);
  await until(() => look(page, `${profiles}.selected`, (all, wanted) =>
    all.some((one) => one.innerText.startsWith(wanted)), name), `${name} is selected`);
}

/** Takes an entry of a list of the toolbar. */
export async function choose(page, list, entry) {
  const select = await page.waitForSelector(`pierce/select[aria-label="${list}"]`);
  const value = await select.evaluate((one, wanted) =>
    [...one.options].find((option) => option.innerText.trim() === wanted)?.value, entry);
  if (value === undefined) throw new Error(`${list} has no ${entry}`);
  await select.select(value);
}

const units = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 };

/** Of `+1,049 kB` in bytes, and of a count; null of anything else, as of the distance `−`. */
function toNumber(text) {
  const found = /^([+−-]?)([\d,.]+)(?:\s*([kMG]?B))?$/.exec(text?.trim() ?? '');
  if (!found) return null;
  const size = Math.round(Number(found[2].replaceAll(',', '')) * (units[found[3]] ?? 1));
  return /[−-]/.test(found[1]) ? -size : size;
}

/** Evaluated in the page: the rows of a table as they stand there. */
function readRows(tables, which) {
  const text = (one, selector) => one.querySelector(selector)?.innerText ?? '';
  // The tooltip has the size to the byte if it is small.
  const cell = (one) => {
    const value = one.querySelector('.profile-multiple-values > span') ?? one;
    return /\d\sB$/.test(value.title) ? value.title : value.innerText;
  };
  const table = tables.at(which);
  const titles = [...(table?.querySelectorAll('th[class*="-column"]') ?? [])];
  return [...(table?.querySelectorAll('tr.data-grid-data-grid-node') ?? [])].map((row) => {
    const [first] = row.cells;
    const count = text(first, '.objects-count');
    const box = row.getBoundingClientRect();
    const whole = first.innerText;
    return {
      name: text(first, '.value') || whole.slice(0, whole.length - count.length),
      edge: text(first, '.name'),
      id: text(first, '.object-value-id'),
      count,
      indent: parseFloat(first.style.paddingLeft || '0'),
      cells: titles.map((title, at) => [title.innerText.trim(), cell(row.cells[at])]),
      selected: row.classList.contains('selected'),
      open: row.classList.contains('expanded'),
      closed: row.matches('.parent:not(.expanded)'),
      spot: { x: box.x + 100, y: box.y + box.height / 2 },
    };
  });
}

/** The rows of the upper table (0) or of the lower one (-1); their cells by title. */
export async function rows(page, which) {
  const all = await look(page, 'table.data', readRows, which);
  return all.map((row) => ({
    ...row,
    name: row.name.trim(),
    id: toNumber(row.id.slice(1)),
    count: toNumber(row.count.slice(1)) ?? 1,
    depth: Math.round(row.indent / 15),
    cells: Object.fromEntries(row.cells.map(([title, text]) => [title, toNumber(text) ?? text])),
  }));
}

/** Takes another view; it is there when the upper table has a column of that title. */
export async function show(page, list, view, title) {
  await choose(page, list, view);
  await until(() => look(page, 'table.data', (all, wanted) =>
    [...(all[0]?.querySelectorAll('th') ?? [])].some((one) => one.innerText.trim() === wanted),
  title), `${view} is shown`);
}

export const settledRows = (page, which, why) =>
  settled(async () => {
    const all = await rows(page, which);
    return all.length && all;
  }, why);

/** Opens a row of the upper table (0) or of the lower one (-1). */
export async function openRow(page, { name, spot }, which = 0) {
  const isOpen = async () =>
    (await rows(page, which)).find((row) => row.spot.y === spot.y && row.name === name)?.open;
  await until(async () => {
    await page.mouse.click(spot.x, spot.y);
    await page.keyboard.press('ArrowRight');
    return until(isOpen, 'one key', 1_000).catch(() => false);
  }, `${name} is open`);
}

/** Drags the edge above the lower table up, so that many rows of it fit. */
export async function enlargeDetails(page, edge) {
  const place = () => look(page, edge, (all) => {
    const box = all[0]?.getBoundingClientRect();
    return box && { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  });
  await until(async () => {
    const from = await until(place, 'the edge of the details');
    if (from.y < 1700) return true;
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(from.x, 1600, { steps: 8 });
    await page.mouse.move(from.x, 1500, { steps: 8 });
    await page.mouse.up();
    return false;
  }, 'the details are large');
}

/** Shows the class in Summary and selects its largest object; returns that row. */
export async function selectObject(page, name) {
  await page.click('pierce/[aria-label="Filter by class"]');
  await page.keyboard.type(name);
  const row = await until(async () => {
    const all = await rows(page, 0);
    const others = all.some((one) => !one.name.toLowerCase().includes(name.toLowerCase()));
    return !others && all.find((one) => one.name === name);
  }, `Summary has the class ${name}`);
  await pause(300); // the filter acts a moment after the last key
  await openRow(page, row);
  const first = async () => {
    const all = await rows(page, 0);
    const below = all[all.findIndex((one) => one.depth === 0 && one.name === name) + 1];
    return below?.depth === 1 && below;
  };
  const object = await until(first, `${name} has objects`);
  await until(async () => {
    await page.mouse.click(object.spot.x, object.spot.y);
    return (await first()).selected;
  }, `an object of ${name} is selected`);
  return object;
}
