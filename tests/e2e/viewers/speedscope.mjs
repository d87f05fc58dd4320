// Opens a profile in Speedscope, served from its npm package: time order, then the sandwich view.
//
// usage: speedscope.mjs CHROMIUM PROFILE SCREENSHOT
// Prints {importer, unit, total, frames, self, rows}: which importer took the file, what the profile
// spans, its functions and the weight of each by Speedscope's own export, and the rows of the
// sandwich view.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';

import { main, modules, until } from './browser.mjs';

const release = path.join(modules, 'speedscope/dist/release');
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
};

/** Speedscope's files, and the profile below /profile/. */
async function serve(profile) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const own = path.join(release, path.normalize(pathname === '/' ? '/index.html' : pathname));
    const file = pathname.startsWith('/profile/') ? profile : own;
    try {
      const body = await readFile(file);
      response.setHeader('content-type', types[path.extname(file)] ?? 'application/octet-stream');
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return server;
}

const text = (page) => page.evaluate(() => document.body.innerText);

/** Two frames later the chart is drawn. */
const painted = (page) =>
  page.evaluate(() => new Promise((done) => {
    requestAnimationFrame(() => requestAnimationFrame(done));
  }));

/** What the Export button would save. */
async function exported(page) {
  await page.evaluate(() => {
    const create = URL.createObjectURL.bind(URL);
    URL.createObjectURL = (blob) => {
      blob.text().then((saved) => { window.savedProfile = saved; });
      return create(blob);
    };
    HTMLAnchorElement.prototype.click = () => {};
  });
  const button = await page.evaluateHandle(() =>
    [...document.querySelectorAll('div')].findLast((one) => /Export$/.test(one.textContent)));
  await button.click();
  return JSON.parse(await until(() => page.evaluate(() => window.savedProfile), 'the export'));
}

/** The weight of each function itself, by name. Source: speedscope's file-format-spec.ts. */
function selfWeights({ type, events, samples, weights }, frames) {
  const own = {};
  const add = (frame, weight) => {
    own[frames[frame]] = (own[frames[frame]] ?? 0) + weight;
  };
  if (type === 'sampled') {
    samples.forEach((stack, number) => stack.length && add(stack.at(-1), weights[number]));
    return own;
  }
  const open = [];
  let since = 0;
  for (const event of events) {
    if (open.length) add(open.at(-1), event.at - since);
    since = event.at;
    if (event.type === 'O') open.push(event.frame);
    else open.pop();
  }
  return own;
}

async function read(page, origin, profile, screenshot) {
  let importer = '';
  page.on('console', (line) => {
    if (line.text().startsWith('Importing as ')) importer = line.text().slice(13);
  });
  const name = path.basename(profile);
  await page.goto(`${origin}/#profileURL=${encodeURIComponent(`${origin}/profile/${name}`)}`);
  await until(async () => (await text(page)).includes('Time Order'), 'the profile is shown');
  await painted(page);
  await page.screenshot({ path: screenshot });
  const { profiles, shared } = await exported(page);
  await page.keyboard.press('3');
  const table = async () => (await text(page)).split('Symbol Name\n')[1];
  const rows = await until(table, 'the sandwich view');
  const { unit, startValue, endValue } = profiles[0];
  const frames = shared.frames.map((one) => one.name);
  const self = selfWeights(profiles[0], frames);
  return { importer, unit, total: endValue - startValue, frames, self, rows };
}

main(async (page, profile, screenshot) => {
  const server = await serve(profile);
  try {
    return await read(page, `http://127.0.0.1:${server.address().port}`, profile, screenshot);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
