'use strict';
// Counts listeners: each registration is noted with the lines of the example on its stack, and `measure` asks the living
// emitters which of those listeners they still hold. Removals need no watching.

const events = require('node:events');
const fs = require('node:fs');
const { EventEmitter } = events;

/** Lines ("file:line") on which some registration stood or which led to one. */
const reached = new Set();
/** Lines that switched the listener limit off. */
const raised = new Set();

/** Buffers from here on are watched one by one. */
const LARGE = 4 << 20;
let large = [];

let noted = [];
let indexOf = new WeakMap();
let prefix = 'unlisten:/';
let watching = false;

function lines() {
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.stackTraceLimit = 50;
  Error.prepareStackTrace = (_, frames) => frames;
  const holder = {};
  Error.captureStackTrace(holder, lines);
  const frames = holder.stack;
  Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  const found = new Set();
  for (const frame of frames) {
    const file = frame.getFileName() ?? '';
    if (file.startsWith(prefix)) found.add(`${file.slice(prefix.length)}:${frame.getLineNumber()}`);
  }
  return [...found];
}

function note(emitter, event, listener, isTarget) {
  if (!watching) return;
  const where = lines();
  if (!where.length || (typeof listener !== 'function' && typeof listener !== 'object') || listener === null) return;
  for (const line of where) reached.add(line);
  let index = indexOf.get(emitter);
  if (index === undefined) {
    index = noted.length;
    indexOf.set(emitter, index);
    noted.push({ emitter: new WeakRef(emitter), isTarget, events: new Map(), name: emitter.constructor?.name ?? '?' });
  }
  const { events: of } = noted[index];
  if (!of.has(event)) of.set(event, []);
  of.get(event).push({ listener: new WeakRef(listener), lines: where });
}

/** Living listeners, grouped by emitter, event and lines. */
function measure() {
  const groups = new Map();
  noted.forEach((entry, index) => {
    const emitter = entry.emitter.deref();
    if (!emitter) return;
    for (const [event, notes] of entry.events) {
      const held = new Map();
      const now = entry.isTarget ? events.getEventListeners(emitter, event) : EventEmitter.prototype.rawListeners.call(emitter, event);
      for (const listener of now) held.set(listener, (held.get(listener) ?? 0) + 1);
      // A listener added n times and held m times: the last m stand for what is left.
      for (let i = notes.length - 1; i >= 0; i--) {
        const listener = notes[i].listener.deref();
        const left = listener && held.get(listener);
        if (!left) continue;
        held.set(listener, left - 1);
        const key = `${index} ${String(event)} ${notes[i].lines}`;
        const group = groups.get(key) ?? { key, lines: notes[i].lines, event: String(event), count: 0, emitter: entry.name };
        group.count += 1;
        groups.set(key, group);
      }
    }
  });
  return [...groups.values()];
}

/** Before each example, whose files' names begin with its number. */
function begin(epoch) {
  prefix = `unlisten:/${epoch}/`;
  noted = [];
  indexOf = new WeakMap();
  reached.clear();
  raised.clear();
  large = [];
  watching = true;
}

function end() {
  watching = false;
}

/** Living emitters of the example. */
function emitters() {
  return noted.map((entry) => entry.emitter.deref()).filter(Boolean);
}

/** How many large buffers the example made, and how many of them are alive. */
function buffers() {
  return { large: large.length, alive: large.filter((buffer) => buffer.deref()).length };
}

function noteLarge(value) {
  if (watching && Buffer.isBuffer(value) && value.length >= LARGE) large.push(new WeakRef(value));
  return value;
}

/** What makes large buffers, so that each of them is noted. */
function installBuffers() {
  for (const [holder, method] of [[Buffer, 'alloc'], [Buffer, 'concat'], [fs, 'readFileSync'], [fs.promises, 'readFile']]) {
    const real = holder[method];
    holder[method] = (...args) => {
      const made = real.apply(holder, args);
      return made instanceof Promise ? made.then(noteLarge) : noteLarge(made);
    };
  }
}

/** Once: from now on every registration is noted. */
function install() {
  installBuffers();
  const proto = EventEmitter.prototype;
  for (const method of ['on', 'addListener', 'prependListener']) {
    const real = proto[method];
    proto[method] = function (event, listener) {
      note(this, event, listener, false);
      return real.call(this, event, listener);
    };
  }
  const realAdd = EventTarget.prototype.addEventListener;
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    note(this, type, listener, true);
    return realAdd.call(this, type, listener, options);
  };
  const off = (n) => n === 0 || n === Infinity;
  const realLimit = proto.setMaxListeners;
  proto.setMaxListeners = function (n) {
    if (off(n)) for (const line of lines()) raised.add(line);
    return realLimit.call(this, n);
  };
  const realStatic = events.setMaxListeners;
  events.setMaxListeners = (n, ...targets) => {
    if (off(n)) for (const line of lines()) raised.add(line);
    return realStatic(n, ...targets);
  };
}

module.exports = { install, begin, end, measure, emitters, buffers, reached, raised };
