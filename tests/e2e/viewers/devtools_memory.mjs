// Opens a .heapsnapshot in the Memory panel of DevTools as a person does: Summary, Comparison with
// an earlier one, Containment, the retainers of an object and its allocation stack.
//
// usage: devtools_memory.mjs CHROMIUM SNAPSHOT SCREENSHOT [CLASS [BEFORE]]
// Prints {summary, containment} and, of the largest object of CLASS, {object, retainers, stack};
// with BEFORE also {comparison}. The rows are those that fit, sizes in bytes as exact as shown.

import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { look, main, until } from './browser.mjs';
import {
  choose, clickText, enlargeDetails, load, openPanel, openRow, selectObject, settledRows, show,
} from './memory_panel.mjs';

const levels = 3; // of Containment: (GC roots), its parts, what they name
const opened = 20; // rows of a level, at most

const sizes = ({ cells }) => ({
  distance: typeof cells.Distance === 'number' ? cells.Distance : null,
  shallow: cells['Shallow size'],
  retained: cells['Retained size'],
});

const asObject = (row) => ({ edge: row.edge, name: row.name, id: row.id, ...sizes(row) });

const asDifference = ({ name, cells }) => ({
  name,
  new: cells['# New'],
  deleted: cells['# Deleted'],
  delta: cells['# Delta'],
  allocated: cells['Alloc. size'],
  freed: cells['Freed size'],
  sizeDelta: cells['Size delta'],
});

async function summary(page) {
  const all = await settledRows(page, 0, 'Summary has rows');
  return all.map((row) => ({ name: row.name, count: row.count, ...sizes(row) }));
}

/** No rows if nothing has come or gone. */
async function comparison(page, before) {
  await show(page, 'Perspective', 'Comparison', '# New');
  await choose(page, 'Base snapshot', path.parse(before).name);
  const all = await settledRows(page, 0, 'Comparison has rows').catch(() => []);
  return all.map(asDifference);
}

/** From the last row of a level to its first, so that none is pushed out of sight before. */
async function containment(page) {
  await show(page, 'Perspective', 'Containment', 'Object');
  for (let depth = 0; depth < levels; depth += 1) {
    const all = await settledRows(page, 0, 'Containment has rows');
    const level = all.filter((row) => row.depth === depth).slice(0, opened);
    for (const row of level.filter((one) => one.closed).reverse()) await openRow(page, row);
  }
  const all = await settledRows(page, 0, 'Containment has rows');
  return all.map((row) => ({ depth: row.depth, ...asObject(row) }));
}

/** DevTools itself opens the shortest way up, by twenty levels at a time. */
async function openToRoot(page) {
  for (;;) {
    const all = await settledRows(page, -1, 'the object has retainers');
    const [deepest] = all.filter((row) => row.closed).sort((one, other) => other.depth - one.depth);
    const isThere = all.some((row) => row.name === '(GC roots)' && row.depth > 0);
    if (isThere || !deepest || deepest.depth % 20 !== 19) return all;
    await openRow(page, deepest, -1);
  }
}

async function retainers(page, name) {
  await show(page, 'Perspective', 'Summary', 'Constructor');
  const object = await selectObject(page, name);
  await settledRows(page, -1, 'the object has retainers');
  await enlargeDetails(page, '.heap-snapshot-view-resizer');
  const all = await openToRoot(page);
  return {
    object: asObject(object),
    retainers: all.map((row) => ({ depth: row.depth, ...asObject(row) })),
  };
}

/** DevTools shows stacks only for a file named as a timeline, and when asked to record them. */
async function stack(page, snapshot, name) {
  const directory = await mkdtemp(path.join(tmpdir(), 'viewer-'));
  try {
    const timeline = path.join(directory, 'stacks.heaptimeline');
    await copyFile(snapshot, timeline);
    await openPanel(page);
    await clickText(page, 'label', 'Allocations on timeline');
    await clickText(page, 'label', 'Allocation stack traces (more overhead)');
    await load(page, timeline);
    await selectObject(page, name);
    await clickText(page, '[role=tab]', 'Allocation stack');
    return await until(async () => {
      return look(page, '.stack-frame, .no-heap-allocation-stack', (all) =>
        all.length > 0 && all.filter((one) => one.matches('.stack-frame'))
          .map((one) => one.innerText.split('\n').map((part) => part.trim()))
          .map(([called, place]) => ({ function: called, place })));
    }, 'the allocation stack');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

main(async (page, snapshot, screenshot, name, before) => {
  await openPanel(page);
  if (before) await load(page, before);
  await load(page, snapshot);
  const seen = { summary: await summary(page) };
  if (before) seen.comparison = await comparison(page, before);
  seen.containment = await containment(page);
  if (name) Object.assign(seen, await retainers(page, name));
  await page.screenshot({ path: screenshot });
  if (name) seen.stack = await stack(page, snapshot, name);
  return seen;
});
