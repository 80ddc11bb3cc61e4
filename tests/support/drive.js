'use strict';
// Loads one example of a rule page, drives it, and counts the listeners that each line left behind.
//
//     node --expose-gc --experimental-vm-modules drive.js PROJECT.json
//
// PROJECT: {"files": [{"name", "text", "esm", "given": [[name, expression]], "drive": [expression]}],
//           "leaks": ["file:line"], "kept": null | bool}
// The answer is the last line of stdout, after "RESULT ": {"grown": [{"lines", "event", "before", "after", "emitter"}],
// "reached": ["file:line"], "raised": ["file:line"], "kept": bytes, "missing": module | null, "errors": [text], "how": [text]}.
//
// «Grown» is a group of living listeners with the same emitter, event and call path through the example. `leaks` only tells
// when waiting may end early: what is expected to grow has grown and nothing else has.

const vm = require('node:vm');
const fs = require('node:fs');
const path = require('node:path');
const { createRequire } = require('node:module');
const { count, measure, reached, raised } = require('./count.js');
const { frameworks, mount, rounds: frameworkRounds } = require('./stubs.js');
const traffic = require('./traffic.js');

const project = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const realTimeout = setTimeout;
const sleep = (ms) => new Promise((done) => realTimeout(done, ms));
const errors = [];
const how = new Set();
let missing = null;

// Two stretches of driving: what piles up grows in both, what is only warmed up grows in the first.
const ROUNDS = [10, 20];
const HUNDREDTH = 0.01;

// ---- the example's surroundings -------------------------------------------------------------------------------------

for (const method of ['log', 'error', 'warn', 'info', 'debug']) console[method] = () => {};
process.on('warning', () => {});
const told = (error) => {
  // An example may well fail on purpose; a typing mistake in it must not pass for proof.
  if (error instanceof ReferenceError || error instanceof SyntaxError || (error instanceof TypeError && !error.code)) {
    const text = String(error.stack).split('\n').slice(0, 3).join(' | ');
    if (!errors.includes(text)) errors.push(text);
  }
};
process.on('uncaughtException', told);
process.on('unhandledRejection', told);
process.exit = () => {};

// Timers of the example run a hundred times as fast, in the same order.
const faster = (ms) => Math.max(1, (ms || 0) * HUNDREDTH);
const realInterval = setInterval;
globalThis.setTimeout = Object.assign((f, ms, ...args) => realTimeout(f, faster(ms), ...args), {});
globalThis.setInterval = (f, ms, ...args) => { how.add('ticks'); return realInterval(f, Math.min(3, faster(ms)), ...args); };
const timers = require('node:timers/promises');
const slowTimers = { ...timers };
timers.setTimeout = (ms, ...args) => slowTimers.setTimeout(faster(ms), ...args);
timers.setInterval = (ms, ...args) => slowTimers.setInterval(Math.min(3, faster(ms)), ...args);

Object.assign(globalThis, {
  server: traffic.server, visit: traffic.visit, echo: traffic.echo, bigFile: traffic.bigFile, mount,
  window: new EventTarget(), document: Object.assign(new EventTarget(), { body: new EventTarget(), visibilityState: 'visible' }),
  HTMLElement: class HTMLElement extends EventTarget {}, customElements: { define() {}, get() {} },
});
globalThis.__unlisten_drives = [];

// ---- loading --------------------------------------------------------------------------------------------------------

const sources = new Map(project.files.map((file) => [file.name, file]));
const loaded = new Map();
const realRequire = createRequire(__filename);

for (const file of project.files) {
  if (!file.given.length && !file.drive.length) continue;
  const given = file.given.map(([name, expression]) => `const ${name} = ${expression};`).join(' ');
  const drives = file.drive.map((expression) => `async () => (${expression})`).join(', ');
  file.text += `\n;globalThis.__unlisten_drives.push(async () => { ${given} return [${drives}]; });\n`;
}

function find(from, specifier) {
  const base = path.posix.join(path.posix.dirname(from), specifier);
  const plain = base.replace(/\.[cm]?js$/, '');
  for (const root of [base, plain]) {
    for (const end of ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.json', '/index.js', '/index.ts']) {
      if (sources.has(root + end)) return root + end;
    }
  }
  return undefined;
}

function outside(specifier) {
  if (Object.hasOwn(frameworks, specifier)) { how.add(`a stand-in for ${specifier}`); return frameworks[specifier]; }
  if (!require('node:module').isBuiltin(specifier)) {
    missing = specifier;
    throw new Error(`no module ${specifier}`);
  }
  const name = specifier.replace(/^node:/, '');
  return name === 'timers/promises' ? timers : realRequire(specifier);
}

function requireFrom(from) {
  return (specifier) => {
    const name = specifier.startsWith('.') ? find(from, specifier) : undefined;
    if (specifier.startsWith('.') && !name) throw new ReferenceError(`no file ${specifier} beside ${from}`);
    return name ? loadScript(name).exports : outside(specifier);
  };
}

function loadScript(name) {
  if (loaded.has(name)) return loaded.get(name);
  const module = { exports: {} };
  loaded.set(name, module);
  const { text } = sources.get(name);
  if (name.endsWith('.json')) { module.exports = JSON.parse(text); return module; }
  const run = vm.compileFunction(text, ['module', 'exports', 'require', '__filename', '__dirname'], { filename: `unlisten:/${name}` });
  run.call(module.exports, module, module.exports, requireFrom(name), `/${name}`, '/');
  return module;
}

function wrap(value, identifier) {
  const keys = new Set(['default', ...Object.keys(Object(value)).filter((key) => /^[\w$]+$/.test(key))]);
  const module = new vm.SyntheticModule([...keys], () => {
    for (const key of keys) module.setExport(key, key === 'default' ? value : value[key]);
  }, { identifier });
  return module;
}

function link(specifier, from) {
  const parent = from.identifier.slice('unlisten:/'.length);
  const name = specifier.startsWith('.') ? find(parent, specifier) : undefined;
  if (specifier.startsWith('.') && !name) throw new ReferenceError(`no file ${specifier} beside ${parent}`);
  if (!name) return wrap(outside(specifier), specifier);
  return sources.get(name).esm ? moduleOf(name) : wrap(loadScript(name).exports, name);
}

const modules = new Map();
function moduleOf(name) {
  if (!modules.has(name)) {
    modules.set(name, new vm.SourceTextModule(sources.get(name).text, {
      identifier: `unlisten:/${name}`,
      importModuleDynamically: async (specifier, from) => {
        const module = await link(specifier, from);
        if (module.status === 'unlinked') await module.link(link);
        if (module.status === 'linked') await module.evaluate();
        return module;
      },
      initializeImportMeta: (meta) => { meta.url = `file:///${name}`; },
    }));
  }
  return modules.get(name);
}

async function load(name) {
  if (!sources.get(name).esm) return loadScript(name).exports;
  const module = moduleOf(name);
  if (module.status === 'unlinked') await module.link(link);
  // An example may wait for ever at its top level.
  if (module.status === 'linked') await Promise.race([module.evaluate(), sleep(200)]);
  return module.status === 'evaluated' ? module.namespace : {};
}

// ---- driving --------------------------------------------------------------------------------------------------------

const plainFunction = (value) => typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value));

async function drivesOf(exported) {
  const drives = (await Promise.all(globalThis.__unlisten_drives.map((make) => make()))).flat();
  if (drives.length) { how.add('its drive: lines'); return drives; }
  if (traffic.listening() || frameworkRounds.length) return [];
  const functions = plainFunction(exported) ? [exported] : Object.values(Object(exported)).filter(plainFunction);
  if (functions.length) how.add('calls');
  return functions.map((f) => async () => f());
}

/** Ends with the work, or with `ms`: some examples wait for what never comes. */
async function patiently(work, ms) {
  await Promise.race([work().catch(told), sleep(ms)]);
}

async function round(drives) {
  for (const drive of drives) await patiently(drive, 25);
  for (const step of [...frameworkRounds, ...traffic.rounds(how)]) await patiently(step, 250);
  await sleep(1);
}

const bytes = () => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** What is dead goes away; memory is only exact after some turns. */
async function collect(turns = project.kept === null ? 1 : 3) {
  for (let turn = 0; turn < turns; turn++) { globalThis.gc(); await sleep(1); }
}

/** What has grown, by the marks' terms. */
function grown(before) {
  return measure().filter((group) => group.count >= 5).map((group) => (
    { lines: group.lines, event: group.event, before: before.get(group.key) ?? 0, after: group.count, emitter: group.emitter }
  ));
}

function asExpected(groups, kept) {
  const leaks = project.leaks;
  if (project.kept !== null && (kept >= 4 << 20) !== project.kept) return false;
  return leaks.every((line) => groups.some((group) => group.lines.includes(line)) || raised.has(line))
    && groups.every((group) => group.lines.some((line) => leaks.includes(line)));
}

async function main() {
  if (project.kept !== null) await collect();
  const start = bytes();
  let exported;
  count(() => true);
  try {
    for (const file of project.files) if (!file.name.endsWith('.json')) exported = await load(file.name);
  } catch (error) {
    if (missing === null) errors.push(String(error.stack).split('\n').slice(0, 4).join(' | '));
  }
  let groups = [];
  let kept = 0;
  if (missing === null && !errors.length) {
    await sleep(5);
    const drives = await drivesOf(exported);
    for (let turn = 0; turn < ROUNDS[0]; turn++) await round(drives);
    await sleep(5);
    const before = new Map(measure().map((group) => [group.key, group.count]));
    for (let turn = 0; turn < ROUNDS[1]; turn++) await round(drives);
    for (const stop = Date.now() + 1500; ;) {
      await sleep(5);
      await collect();
      groups = grown(before);
      kept = bytes() - start;
      if (asExpected(groups, kept) || Date.now() > stop) break;
    }
  }
  if (raised.default()) raised.add('default');
  const answer = { grown: groups, reached: [...reached], raised: [...raised], kept, missing, errors, how: [...how] };
  fs.writeSync(1, `\nRESULT ${JSON.stringify(answer)}\n`);
  process.kill(process.pid, 'SIGKILL');
}

main();
