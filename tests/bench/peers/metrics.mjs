// Node with prom-client, serving the same series as a recorded scrape.
//
// metrics.mjs SCRAPE: Prometheus text in a file. Prints the port.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import prometheus from "prom-client";

const SAMPLE = /^(\w+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

// [{name, type, help, samples: [{name, labels, value}]}]
function familiesOf(text) {
  const families = [];
  const help = {};
  for (const line of text.split("\n")) {
    const [, what, name, rest] = line.match(/^# (HELP|TYPE) (\w+) ?(.*)$/) ?? [];
    if (what === "HELP") help[name] = rest;
    if (what === "TYPE") families.push({ name, type: rest, help: help[name] || name, samples: [] });
    const sample = line.match(SAMPLE);
    if (!sample) continue;
    const labels = Object.fromEntries([...(sample[2] ?? "").matchAll(LABEL)].map((m) => [m[1], m[2]]));
    families.at(-1).samples.push({ name: sample[1], labels, value: Number(sample[3]) });
  }
  return families;
}

function withoutLe({ le, ...others }) {
  return others;
}

function registerHistogram({ name, help, samples }) {
  const buckets = [...new Set(samples.map((s) => s.labels.le).filter((le) => le && le !== "+Inf"))];
  const labelNames = Object.keys(withoutLe(samples[0].labels));
  const histogram = new prometheus.Histogram({ name, help, labelNames, buckets: buckets.map(Number) });
  for (const each of samples)
    if (each.name.endsWith("_count")) histogram.observe(each.labels, 0.0003);
}

function registerPlain({ name, type, help, samples }) {
  const labelNames = Object.keys(samples[0]?.labels ?? {});
  const Kind = type === "counter" ? prometheus.Counter : prometheus.Gauge;
  const metric = new Kind({ name, help, labelNames });
  for (const { labels, value } of samples)
    if (type === "counter") metric.inc(labels, value);
    else metric.set(labels, value);
}

for (const family of familiesOf(readFileSync(process.argv[2], "utf8")))
  (family.type === "histogram" ? registerHistogram : registerPlain)(family);

const server = createServer(async (_request, response) => {
  const body = await prometheus.register.metrics();
  response.writeHead(200, { "Content-Type": prometheus.register.contentType });
  response.end(body);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
