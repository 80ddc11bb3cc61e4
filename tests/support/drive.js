'use strict';
// Loads examples of rule pages, drives them, and counts the listeners that each line left behind.
//
//     node --expose-gc --experimental-vm-modules drive.js EXAMPLES.json
//
// EXAMPLES: [{"files": [{"name", "text", "esm", "given": [[name, expression]], "drive": [expression]}],
//             "leaks": ["file:line"], "kept": null | bool}]
// For each example stdout gets a line "RESULT " and {"grown": [{"lines", "event", "before", "after", "emitter"}],
// "reached": ["file:line"], "raised": ["file:line"], "kept": bytes, "large": number, "alive": number, "missing": module | null, "errors": [text], "how": [text]}.
//
// «Grown» is a group of living listeners with the same emitter, event and call path through the example. `leaks` and `kept`
// (are large values expected to stay?) only tell when waiting may end: what is expected has come, and nothing else has.

const fs = require('node:fs');
const counting = require('./count.js');
const { loader, Missing } = require('./load.js');
const stubs = require('./stubs.js');
const surroundings = require('./surroundings.js');
const traffic = require('./traffic.js');

const { sleep } = surroundings;

// Two stretches of driving: what piles up grows in both, what is only warmed up grows in the first.
const ROUNDS = [10, 20];
// So many listeners of one line on one emitter are a pile.
const PILE = 5;
const LARGE = 4 << 20;

let errors;

function told(error) {
  // An example may well fail on purpose; a typing mistake in it must not pass for proof.
  if (error instanceof ReferenceError || error instanceof SyntaxError || (error instanceof TypeError && !error.code)) {
    const text = String(error.stack).split('\n').slice(0, 3).join(' | ');
    if (!errors.includes(text)) errors.push(text);
  }
}
process.on('uncaughtException', told);
process.on('unhandledRejection', told);

/** Ends with the work, or after `ms`: some examples wait for what never comes. */
async function patiently(work, ms) {
  await Promise.race([work().catch(told), sleep(ms)]);
}

const plainFunction = (value) => typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value));

async function drivesOf(exported, how) {
  const drives = (await Promise.all(globalThis.__unlisten.drives.map((make) => make()))).flat();
  if (drives.length) { how.add('its drive: lines'); return drives; }
  if (traffic.listening() || stubs.rounds.length) return [];
  const functions = plainFunction(exported) ? [exported] : Object.values(Object(exported)).filter(plainFunction);
  if (functions.length) how.add('calls');
  return functions.map((f) => async () => f());
}

async function round(drives, how) {
  for (const drive of drives) await patiently(drive, 25);
  for (const step of [...stubs.rounds, ...traffic.rounds(how)]) await patiently(step, 250);
  await sleep(1);
}

function bytes() {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** What is dead goes away; memory is only exact after some turns. */
async function collect(turns) {
  for (let turn = 0; turn < turns; turn++) { globalThis.gc(); await sleep(1); }
}

function grown(before) {
  return counting.measure().filter((group) => group.count >= PILE).map((group) => (
    { lines: group.lines, event: group.event, before: before.get(group.key) ?? 0, after: group.count, emitter: group.emitter }
  ));
}

function asExpected({ leaks, kept }, now) {
  if (kept !== null && (now.kept >= LARGE) !== kept) return false;
  if (kept !== null && now.large && (now.alive > 0) !== kept) return false;
  return leaks.every((line) => now.grown.some((group) => group.lines.includes(line)) || counting.raised.has(line))
    && now.grown.every((group) => group.lines.some((line) => leaks.includes(line)));
}

/** The file's text with what drives it behind. */
function driven(file) {
  if (file.name.endsWith('.json')) return file;
  const given = file.given.map(([name, expression]) => `const ${name} = ${expression};`).join(' ');
  const drives = file.drive.map((expression) => `async () => (${expression})`).join(', ');
  // A module's variables live as long as the program, even where V8 could drop them: a direct eval keeps its whole scope.
  let text = `${file.text}\n;globalThis.__unlisten.kept.push(() => eval(''));\n`;
  if (given || drives) text += `globalThis.__unlisten.drives.push(async () => { ${given} return [${drives}]; });\n`;
  return { ...file, text };
}

async function example(project, epoch) {
  const how = new Set();
  const turns = project.kept === null ? 1 : 3;
  const answer = { grown: [], kept: 0, large: 0, alive: 0, missing: null, how };
  errors = [];
  globalThis.__unlisten = { drives: [], kept: [] };
  counting.begin(epoch);
  surroundings.begin(how);
  if (project.kept !== null) await collect(turns);
  const start = bytes();
  const load = loader(project.files.map(driven), epoch, surroundings.replaced, how);
  try {
    let exported;
    for (const { name } of project.files) if (!name.endsWith('.json')) exported = await load(name, () => sleep(200));
    await sleep(5);
    const drives = await drivesOf(exported, how);
    for (let turn = 0; turn < ROUNDS[0]; turn++) await round(drives, how);
    await sleep(5);
    const before = new Map(counting.measure().map((group) => [group.key, group.count]));
    for (let turn = 0; turn < ROUNDS[1]; turn++) await round(drives, how);
    for (const stop = Date.now() + 1500; ;) {
      await sleep(5);
      await collect(turns);
      answer.grown = grown(before);
      Object.assign(answer, counting.buffers(), { kept: bytes() - start });
      if (asExpected(project, answer) || Date.now() > stop) break;
    }
  } catch (error) {
    if (error instanceof Missing) answer.missing = error.specifier;
    else errors.push(String(error.stack).split('\n').slice(0, 4).join(' | '));
  }
  const { reached, raised } = counting;
  const line = JSON.stringify({ ...answer, reached: [...reached], raised: [...raised], errors, how: [...how] });
  fs.writeSync(1, `\nRESULT ${line}\n`);
  surroundings.end();
  counting.end();
}

async function main() {
  const projects = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
  surroundings.install();
  counting.install();
  for (const [epoch, project] of projects.entries()) await example(project, epoch);
  // Examples leave sockets and timers behind, and have their say on `exit`.
  process.kill(process.pid, 'SIGKILL');
}

main();
