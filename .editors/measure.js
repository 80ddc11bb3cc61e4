// How long an edit takes to be answered: node .editors/measure.js BINARY [FILES [EDITS]]
//
// Makes a project in a temporary folder (modules that import each other, every tenth with listeners), opens one of its files in `unlisten lsp`
// and edits it in three ways. A time is from sending the edit to the diagnostics that show it.
'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const [binary, files = '1000', edits = '30'] = process.argv.slice(2);
if (!binary) {
  console.error('usage: node .editors/measure.js BINARY [FILES [EDITS]]');
  process.exit(2);
}
const root = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'unlisten-measure-'));

/** A module of some hundred lines: a class, helpers, four imports of modules before it. */
function module_(number) {
  const name = (n) => `../part${Math.floor(n / 40)}/m${n}`;
  const imports = number === 0 ? [] : [...new Set([1, 7, 31, 97].map((step) => Math.max(0, number - step)))];
  const lines = ["'use strict';", "const { EventEmitter } = require('events');"];
  imports.forEach((n) => lines.push(`const m${n} = require('${name(n)}');`));
  lines.push(`class Store${number} extends EventEmitter {`, '  constructor(options) {', '    super();', '    this.options = options;');
  lines.push('    this.entries = new Map();', '  }');
  for (let k = 0; k < 8; k++) {
    lines.push(`  load${k}(key, done) {`, '    const entry = this.entries.get(key) || { key, uses: 0 };', '    entry.uses += 1;');
    lines.push(`    if (entry.uses > ${k}) {`, "      this.emit('used', entry);", '    }', '    this.entries.set(key, entry);');
    lines.push(imports.length ? `    return m${imports[k % imports.length]}.format${k % 3}(entry, done);` : '    return done(entry);', '  }');
  }
  lines.push('}');
  for (let k = 0; k < 3; k++) {
    lines.push(`function format${k}(entry, done) {`, `  const text = String(entry.key).padStart(${k + 4});`, '  if (done) done(text);', '  return text;', '}');
  }
  if (number % 10 === 0) {
    lines.push(`const store = new Store${number}({});`, 'function follow(request, done) {');
    lines.push("  const used = (entry) => done(entry, request.url);", "  store.on('used', used);");
    lines.push(number % 30 === 0 ? '  return used;' : "  request.on('close', () => store.removeListener('used', used));", '}');
  } else {
    lines.push('function follow(request, done) { return done(request); }');
  }
  lines.push(`module.exports = { Store${number}, follow, format0, format1, format2 };`, '');
  return lines.join('\n');
}

function write(name, text) {
  const file = path.join(root, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

const count = Number(files) - 1;
for (let n = 0; n < count; n++) write(`part${Math.floor(n / 40)}/m${n}.js`, module_(n));
write('package.json', '{"name":"measured","private":true}');
const followed = Array.from({ length: Math.ceil(count / 10) }, (_, k) => k * 10);
write(
  'server.js',
  [
    "const http = require('http');",
    ...followed.map((n) => `const m${n} = require('./part${Math.floor(n / 40)}/m${n}');`),
    'http.createServer((req, res) => {',
    ...followed.map((n) => `  m${n}.follow(req, () => res.end());`),
    '}).listen(0);',
    '',
  ].join('\n'),
);

const server = spawn(binary, ['lsp'], { stdio: ['pipe', 'pipe', 'inherit'] });
let buffer = Buffer.alloc(0);
let hear = () => {};
server.stdout.on('data', (data) => {
  buffer = Buffer.concat([buffer, data]);
  for (;;) {
    const end = buffer.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(buffer.subarray(0, end).toString())[1]);
    if (buffer.length < end + 4 + length) return;
    const message = JSON.parse(buffer.subarray(end + 4, end + 4 + length).toString());
    buffer = buffer.subarray(end + 4 + length);
    hear(message);
  }
});
function send(message) {
  const text = JSON.stringify({ jsonrpc: '2.0', ...message });
  server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}
const uri = (name) => pathToFileURL(path.join(root, name)).href;
/** Resolves with the diagnostics of a file when they are told next. */
function told(name) {
  return new Promise((resolve) => {
    hear = (message) => {
      if (message.method === 'textDocument/publishDiagnostics' && message.params.uri === uri(name)) resolve(message.params.diagnostics);
    };
  });
}

const FILE = 'part0/m0.js';
let version = 1;
async function edit(text) {
  const waiting = told(FILE);
  const start = performance.now();
  send({ method: 'textDocument/didChange', params: { textDocument: { uri: uri(FILE), version: ++version }, contentChanges: [{ text }] } });
  await waiting;
  return performance.now() - start;
}
function report(what, times) {
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))].toFixed(1);
  console.log(`${what}: median ${at(0.5)} ms, 90 % ${at(0.9)} ms, most ${at(1)} ms (${times.length} edits)`);
}

(async () => {
  let waiting = told(FILE);
  let start = performance.now();
  send({ id: 1, method: 'initialize', params: { processId: null, rootUri: null, capabilities: {}, workspaceFolders: [{ uri: uri(''), name: 'p' }] } });
  send({ method: 'initialized', params: {} });
  await waiting;
  console.log(`${files} files; the first answer after ${(performance.now() - start).toFixed(0)} ms`);
  const text = module_(0);
  send({ method: 'textDocument/didOpen', params: { textDocument: { uri: uri(FILE), languageId: 'javascript', version, text } } });
  const rounds = Array.from({ length: Number(edits) }, (_, n) => n);
  const moved = [];
  for (const n of rounds) moved.push(await edit('// a line\n'.repeat((n % 9) + 1) + text));
  report('lines moved', moved);
  const changed = [];
  // Never as many lines as just before: diagnostics that stay the same are not told again.
  for (const n of rounds) changed.push(await edit(`// ${n}\n`.repeat((n % 9) + 11) + text.replace('return used;', `return [used, ${n}];`)));
  report('code changed', changed);
  const toggled = [];
  for (const n of rounds) toggled.push(await edit(n % 2 ? text : text.replace("  store.on('used', used);\n", '')));
  report('a finding gone and back', toggled);
  send({ id: 2, method: 'shutdown' });
  send({ method: 'exit' });
  fs.rmSync(root, { recursive: true });
})();
