'use strict';
// What an example finds around it: faster timers, a page, helpers for its `drive:` lines. Everything that one example does to
// the process is undone before the next.

const { EventEmitter } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const timers = require('node:timers/promises');
const counting = require('./count.js');
const stubs = require('./stubs.js');
const traffic = require('./traffic.js');

const real = { setTimeout, setInterval, clearTimeout, clearInterval };
const sleep = (ms) => new Promise((done) => real.setTimeout(done, ms));

// Timers of an example run a hundred times as fast, in the same order; intervals fire in every round.
const faster = (ms) => Math.max(1, (ms || 0) / 100);
const soon = (ms) => Math.min(3, faster(ms));

const running = new Set();
let how = new Set();

const replaced = {
  'timers/promises': {
    ...timers,
    setTimeout: (ms, ...args) => timers.setTimeout(faster(ms), ...args),
    setInterval: (ms, ...args) => timers.setInterval(soon(ms), ...args),
  },
};

/** Emitters and prototypes that all examples share. */
const shared = [process, process.stdin, process.stdout, process.stderr, http.globalAgent];
const patched = [http.Agent.prototype, http.Server.prototype, http.ClientRequest.prototype, net.Socket.prototype, EventEmitter.prototype];
let snapshots;

/** Once, before the first example. */
function install() {
  for (const method of ['log', 'error', 'warn', 'info', 'debug']) console[method] = () => {};
  process.removeAllListeners('warning');
  process.exit = () => {};
  globalThis.setTimeout = (f, ms, ...args) => {
    const timer = real.setTimeout(f, faster(ms), ...args);
    running.add(timer);
    return timer;
  };
  globalThis.setInterval = (f, ms, ...args) => {
    how.add('ticks');
    const timer = real.setInterval(f, soon(ms), ...args);
    running.add(timer);
    return timer;
  };
  const { server, visit, echo, bigFile } = traffic;
  Object.assign(globalThis, { server, visit, echo, bigFile, mount: stubs.mount });
  globalThis.HTMLElement = class HTMLElement extends EventTarget {};
  globalThis.customElements = { define() {}, get() {} };
}

/** Before each example. */
function begin(ways) {
  how = ways;
  globalThis.window = new EventTarget();
  globalThis.document = Object.assign(new EventTarget(), { body: new EventTarget(), visibilityState: 'visible' });
  snapshots = {
    listeners: shared.map((emitter) => new Map(emitter.eventNames().map((event) => [event, emitter.rawListeners(event)]))),
    members: patched.map((prototype) => Object.getOwnPropertyDescriptors(prototype)),
  };
}

/** After each example: nothing of it runs on, and nothing that it added or replaced is left. */
function end() {
  for (const timer of running) real.clearTimeout(timer);
  running.clear();
  patched.forEach((prototype, index) => Object.defineProperties(prototype, snapshots.members[index]));
  for (const emitter of counting.emitters()) {
    if (emitter instanceof EventEmitter && !shared.includes(emitter)) emitter.removeAllListeners().on('error', () => {});
  }
  shared.forEach((emitter, index) => {
    for (const event of emitter.eventNames()) {
      const before = snapshots.listeners[index].get(event) ?? [];
      for (const listener of emitter.rawListeners(event)) if (!before.includes(listener)) emitter.removeListener(event, listener);
    }
    emitter.setMaxListeners(10);
  });
  process.stdin.pause();
  EventEmitter.defaultMaxListeners = 10;
  stubs.rounds.length = 0;
  traffic.end();
}

module.exports = { install, begin, end, sleep, replaced };
