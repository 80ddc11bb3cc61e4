'use strict';
// Servers of an example get clients; clients of an example get servers. Every port is chosen by the system.

const http = require('node:http');
const net = require('node:net');
const fs = require('node:fs');
const path = require('node:path');

const realTimeout = setTimeout;
const servers = [];
const own = [];
const realListen = net.Server.prototype.listen;
let ours = false;

// Whatever port an example asks for, it gets a free one.
net.Server.prototype.listen = function (...args) {
  const ready = args.findLast((arg) => typeof arg === 'function');
  if (!ours) servers.push(this);
  return realListen.call(this, 0, '127.0.0.1', ready);
};

function up(server) {
  own.push(server);
  ours = true;
  server.listen();
  ours = false;
  return new Promise((done) => server.once('listening', () => done(server.address().port)));
}

/** For examples that are clients: the address of an HTTP server that keeps connections alive. */
async function server(handler = (req, res) => { req.resume(); req.on('end', () => res.end('ok')); }) {
  return `http://127.0.0.1:${await up(http.createServer({ keepAliveTimeout: 60000 }, handler))}/`;
}

/** For examples that are clients: the port of a TCP server that sends back what it gets. */
function echo() {
  return up(net.createServer((socket) => socket.on('error', () => {}).pipe(socket)));
}

/** A file of 8 MB, beside the examples' own file: whoever made that folder removes it. */
function bigFile() {
  const file = path.join(path.dirname(process.argv[2]), 'big');
  if (!fs.existsSync(file)) fs.writeFileSync(file, 'a'.repeat(8 << 20));
  return file;
}

let agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
let turn = 0;

/** One request by a client that keeps one connection per server. */
function visit(address, method = 'GET') {
  const { port, search } = new URL(address);
  return request(port, method, search);
}

function request(port, method = turn % 2 ? 'POST' : 'GET', search = '') {
  turn += 1;
  return new Promise((done) => {
    const headers = { 'content-type': 'application/json' };
    const call = http.request({ port, host: '127.0.0.1', agent, method, path: `/${search || `?n=${turn}`}`, headers }, (res) => res.resume().on('close', done));
    call.on('error', done).end(method === 'POST' ? '{"n":1}' : undefined);
  });
}

const sessions = new Map();

function request2(port) {
  if (!sessions.has(port)) sessions.set(port, require('node:http2').connect(`http://127.0.0.1:${port}`).on('error', () => {}));
  return new Promise((done) => {
    sessions.get(port).request({ ':path': '/' }).on('error', done).on('close', done).resume().end();
  });
}

const long = new Map();

/** One connection that stays and speaks every round, and a new one that speaks and goes. */
async function connections(port) {
  if (!long.has(port)) {
    long.set(port, net.connect(port, '127.0.0.1').on('error', () => {}));
    long.get(port).resume();
    await new Promise((done) => long.get(port).once('connect', done));
  }
  long.get(port).write('line\n');
  await new Promise((done) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.end('line\n'));
    socket.resume().on('close', done).on('error', done);
    // A server that does not read never sees the end.
    realTimeout(() => socket.destroy(), 10);
  });
  await new Promise((done) => setImmediate(done));
}

/** What every listening server gets in one round. */
function rounds(how) {
  return servers.filter((server) => server.listening).map((server) => {
    const { port } = server.address();
    if (server instanceof http.Server) { how.add('requests'); return () => request(port); }
    if (server.constructor.name === 'Http2Server') { how.add('requests'); return () => request2(port); }
    how.add('connections');
    return () => connections(port);
  });
}

/** Everything goes down. */
function end() {
  agent.destroy();
  agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  for (const session of sessions.values()) session.destroy();
  for (const socket of long.values()) socket.destroy();
  for (const server of [...servers, ...own]) {
    server.close();
    server.closeAllConnections?.();
  }
  for (const list of [sessions, long]) list.clear();
  for (const list of [servers, own]) list.length = 0;
}

module.exports = { server, visit, echo, bigFile, rounds, end, listening: () => servers.length > 0 };
