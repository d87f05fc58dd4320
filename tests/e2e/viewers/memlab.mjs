// Reads a .heapsnapshot with memlab's heap analysis, which needs no browser.
//
// usage: memlab.mjs SNAPSHOT [CLASS]
// Prints {classes}: name, type, count, own and retained bytes, the most retained first; and of the
// largest object of CLASS {object, path}: from it to the root, each edge and who holds it.

import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

// It makes a directory of its own in the place for temporary files.
const place = process.env.TMPDIR = await mkdtemp(path.join(tmpdir(), 'viewer-'));
const require = createRequire(path.join(process.cwd(), 'viewers.cjs'));
const { config } = require('@memlab/core');
const { getFullHeapFromFile, PluginUtils } = require('@memlab/heap-analysis');

function classes(heap) {
  const found = new Map();
  heap.nodes.forEach((node) => {
    const key = `${node.type} ${node.name}`;
    if (!found.has(key))
      found.set(key, { name: node.name, type: node.type, count: 0, self: 0, ids: new Set() });
    const one = found.get(key);
    one.count += 1;
    one.self += node.self_size;
    one.ids.add(node.id);
  });
  return [...found.values()]
    .map(({ ids, ...one }) => ({ ...one, retained: retainedBy(heap, ids) }))
    .sort((one, other) => other.retained - one.retained);
}

const retainedBy = (heap, ids) =>
  PluginUtils.aggregateDominatorMetrics(ids, heap, () => true, (node) => node.retainedSize);

function largest(heap, name) {
  let found = null;
  heap.nodes.forEach((node) => {
    if (node.name === name && !(found?.retainedSize >= node.retainedSize)) found = node;
  });
  if (!found) throw new Error(`no object of ${name}`);
  return found;
}

function pathFrom(node) {
  const steps = [];
  for (let edge = node.pathEdge; edge; edge = edge.fromNode.pathEdge)
    steps.push({ edge: String(edge.name_or_index), name: edge.fromNode.name });
  return steps;
}

async function look(snapshot, name) {
  const heap = await getFullHeapFromFile(snapshot);
  const seen = { classes: classes(heap) };
  if (!name) return seen;
  const node = largest(heap, name);
  const object = { id: node.id, name, self: node.self_size, retained: node.retainedSize };
  return { ...seen, object, path: pathFrom(node) };
}

config.muteConsole = true; // it would tell its progress
try {
  console.log(JSON.stringify(await look(...process.argv.slice(2))));
} finally {
  await rm(place, { recursive: true, force: true });
}
