// Asks the heap tools of chrome-devtools-mcp: DevTools' own engine, to the byte.
//
// usage: devtools_mcp.mjs CHROMIUM SNAPSHOT [CLASS [BEFORE]]
// Prints {classes}: name, count, own and retained bytes, the most retained first; of the largest
// object of CLASS {object, path, dominators}: who retains and who dominates it, up to a root; and
// with BEFORE {comparison}: what came and went by class.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = 'node_modules/chrome-devtools-mcp/build/src/bin/chrome-devtools-mcp.js';
const preload = fileURLToPath(new URL('with_resolvers.cjs', import.meta.url));
const protocol = '2025-06-18';
const everything = { pageSize: 1_000_000, maxNameLength: 10_000 };

/** The server's requests go one after the other; it is asked for nothing from the network. */
class Server {
  #process;
  #lines;
  #last = 0;

  constructor(chromium, directories) {
    const roots = directories.map((directory) => `--filesystemRoot=${directory}`);
    this.#process = spawn(process.execPath, [
      '--require', preload, program, '--memoryDebugging', '--experimentalStructuredContent',
      '--no-usage-statistics', '--no-performance-crux', ...roots,
      '--headless', '--isolated', '--executablePath', chromium, '--chromeArg=--no-sandbox',
    ], {
      env: { ...process.env, CHROME_DEVTOOLS_MCP_NO_UPDATE_CHECKS: '1' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  #send(message) {
    this.#process.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }

  async #request(method, params) {
    this.#last += 1;
    this.#send({ id: this.#last, method, params });
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error('the server has ended');
      const message = JSON.parse(value);
      if (message.id === this.#last) return message;
    }
  }

  async start() {
    const clientInfo = { name: 'viewers', version: '1' };
    await this.#request('initialize', { protocolVersion: protocol, capabilities: {}, clientInfo });
    this.#send({ method: 'notifications/initialized' });
  }

  async tool(name, parameters) {
    const { result, error } = await this.#request('tools/call', { name, arguments: parameters });
    if (error || result.isError) throw new Error(`${name}: ${JSON.stringify(error ?? result)}`);
    return result.structuredContent;
  }

  /** It closes its browser before it ends. */
  async stop() {
    const ended = this.#process.exitCode ?? once(this.#process, 'exit');
    this.#process.stdin.end();
    const late = setTimeout(() => this.#process.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(late);
  }
}

const asClass = ({ className, count, selfSize, retainedSize }) =>
  ({ name: className, count, self: selfSize, retained: retainedSize });

const asDifference = (one) => ({
  name: one.className,
  new: one.addedCount,
  deleted: one.removedCount,
  delta: one.countDelta,
  allocated: one.addedSize,
  freed: one.removedSize,
  sizeDelta: one.sizeDelta,
});

/** The shortest way up, by the distances from the root. */
function shortest(paths) {
  const nearest = (steps) => [...steps].sort((one, other) => one.distance - other.distance)[0];
  const steps = [];
  for (let step = nearest(paths); step; step = nearest(step.children))
    steps.push({ edge: step.edgeName, name: step.nodeName, id: step.nodeId });
  return steps;
}

async function largest(server, filePath, found) {
  const there = await server.tool('get_heapsnapshot_class_nodes', {
    filePath, id: found.id, ...everything,
  });
  const [node] = there.heapSnapshotNodes
    .sort((one, other) => other.retainedSize - one.retainedSize);
  const about = { filePath, nodeId: node.id, maxNameLength: everything.maxNameLength };
  const paths = await server.tool('get_heapsnapshot_retaining_paths', { ...about, maxDepth: 100 });
  const above = await server.tool('get_heapsnapshot_dominators', about);
  return {
    object: { id: node.id, name: node.name, self: node.selfSize, retained: node.retainedSize },
    path: shortest(paths.heapSnapshotRetainingPaths.paths),
    dominators: above.heapSnapshotDominators.slice(1)
      .map((one) => ({ name: one.nodeName, id: one.nodeId, retained: one.retainedSize })),
  };
}

async function look(server, filePath, name, before) {
  const details = await server.tool('get_heapsnapshot_details', { filePath, ...everything });
  const classes = details.heapSnapshotAggregates;
  const seen = { classes: classes.map(asClass) };
  if (name) {
    const found = classes.find((one) => one.className === name);
    if (!found) throw new Error(`no class ${name}`);
    Object.assign(seen, await largest(server, filePath, found));
  }
  if (before) {
    const difference = await server.tool('compare_heapsnapshots', {
      baseFilePath: before, currentFilePath: filePath, ...everything,
    });
    seen.comparison = difference.heapSnapshotClassDiffs.map(asDifference);
  }
  return seen;
}

const [chromium, snapshot, name, before] = process.argv.slice(2);
const directories = [snapshot, before].filter(Boolean).map((file) => path.dirname(file));
const server = new Server(chromium, directories);
try {
  await server.start();
  console.log(JSON.stringify(await look(server, snapshot, name, before)));
} finally {
  await server.stop();
}
