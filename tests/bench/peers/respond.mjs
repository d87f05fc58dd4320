// Plain Node: every request gets the same response.
//
// respond.mjs FILE: a file that holds an HTTP response. Prints the port.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const [head, body] = readFileSync(process.argv[2], "latin1").split("\r\n\r\n");
const [, ...lines] = head.split("\r\n");
const headers = Object.fromEntries(lines.map((line) => line.split(": ", 2)));

const server = createServer((_request, response) => {
  response.sendDate = false; // it is among the headers
  response.writeHead(200, headers);
  response.end(body);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
