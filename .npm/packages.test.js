// The npm packages as a user gets them: packed, installed from the tarballs without a network, and run.
//
//     UNLISTEN_BINARY=target/release/unlisten node --test .npm/packages.test.js
'use strict';

const assert = require('assert');
const { execFileSync, spawn, spawnSync } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { after, before, test } = require('node:test');

const root = path.dirname(__dirname);
const binary = path.resolve(process.env.UNLISTEN_BINARY || path.join(root, 'target/debug/unlisten'));
const glibc = Boolean(process.report.getReport().header.glibcVersionRuntime);
const libc = process.platform === 'linux' ? (glibc ? '-gnu' : '-musl') : process.platform === 'win32' ? '-msvc' : '';
const name = `${process.platform}-${process.arch}${libc}`;

const LEAK = `const http = require('http');
http.createServer((req, res) => {
  process.on('SIGTERM', () => res.end());
  res.end('x');
}).listen(0);
`;
const WARNING = '(node:7) MaxListenersExceededWarning: Possible EventEmitter memory leak detected. 11 close listeners added to [Socket].\n';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'unlisten-npm-'));
const project = path.join(folder, 'project');
const tarballs = {};
// `UNLISTEN_BINARY` is also the way round the packages, which is not what is tried here. npm's settings of an outer `npm run` neither.
const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => key !== 'UNLISTEN_BINARY' && !/^npm_/i.test(key)));

function npm(args, cwd) {
  return execFileSync('npm', [...args, '--offline', '--no-audit', '--no-fund', '--no-update-notifier'], { cwd, env, encoding: 'utf8' });
}

/** A project of its own with these tarballs installed. */
function install(cwd, ...packages) {
  fs.mkdirSync(cwd, { recursive: true });
  fs.writeFileSync(path.join(cwd, 'package.json'), '{"name":"p","private":true}');
  npm(['install', '--save-dev', ...packages.map((packed) => tarballs[packed])], cwd);
}

/** `npx unlisten ARGS` in the project. */
function run(args, options = {}) {
  return spawnSync('npx', ['--offline', '--no', '--', 'unlisten', ...args], { cwd: project, env, encoding: 'utf8', ...options });
}

before(() => {
  const made = execFileSync('node', [path.join(__dirname, 'assemble.js'), path.join(folder, 'out'), `${name}=${binary}`], { encoding: 'utf8' });
  for (const packageFolder of made.trim().split('\n')) {
    const [packed] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], packageFolder));
    tarballs[packed.name] = path.join(folder, packed.filename.replace('@', '').replace('/', '-'));
  }
  install(project, 'unlisten', `@unlisten/${name}`);
  fs.writeFileSync(path.join(project, 'leak.js'), LEAK);
  fs.writeFileSync(path.join(project, 'clean.js'), 'module.exports = 1;\n');
});

after(() => fs.rmSync(folder, { recursive: true, force: true }));

test('no package has an install script, and each names its machine', () => {
  for (const installed of ['unlisten', `@unlisten/${name}`]) {
    const manifest = JSON.parse(fs.readFileSync(path.join(project, 'node_modules', installed, 'package.json'), 'utf8'));
    assert.equal(manifest.scripts, undefined);
    assert.match(manifest.version, /^\d+\.\d+\.\d+/);
    assert.ok(fs.existsSync(path.join(project, 'node_modules', installed, 'LICENSE')));
    if (installed !== 'unlisten') {
      assert.deepEqual([manifest.os, manifest.cpu], [[process.platform], [process.arch]]);
    } else {
      const packages = require('./platforms.json').map((platform) => `@unlisten/${platform.name}`);
      assert.deepEqual(Object.keys(manifest.optionalDependencies), packages);
      assert.ok(Object.values(manifest.optionalDependencies).every((version) => version === manifest.version));
    }
  }
});

test('npx runs the program: arguments, standard output and exit codes go through', () => {
  const version = run(['--version']);
  assert.equal(version.stdout, execFileSync(binary, ['--version'], { encoding: 'utf8' }), version.stderr);
  const found = run(['check', '--format', 'compact', 'leak.js']);
  assert.equal(found.status, 1, found.stderr);
  assert.match(found.stdout, /^leak\.js:3:11: /);
  assert.equal(run(['check', 'clean.js']).status, 0);
  const unusable = run(['check', 'no where.js']);
  assert.equal(unusable.status, 2);
  assert.match(unusable.stderr, /error: no where\.js: there is no such file/);
});

test('npx runs it straight from the tarballs', () => {
  const packages = Object.values(tarballs).flatMap((tarball) => ['--package', tarball]);
  const cwd = fs.mkdtempSync(path.join(folder, 'elsewhere-'));
  const output = spawnSync('npx', ['--offline', '--yes', ...packages, '--', 'unlisten', 'rules'], { cwd, env, encoding: 'utf8' });
  assert.equal(output.status, 0, output.stderr);
  assert.match(output.stdout, /^listener-per-request /m);
});

test('standard input goes through', () => {
  const output = run(['logs', '-', '--format', 'json'], { input: WARNING });
  assert.equal(output.status, 0, output.stderr);
  assert.match(output.stdout, /"close"/);
});

test('a signal ends the program and its starter alike', { skip: process.platform === 'win32', timeout: 60_000 }, async () => {
  const log = path.join(project, 'app.log');
  fs.writeFileSync(log, WARNING);
  const shim = path.join(project, 'node_modules/unlisten/bin/unlisten.js');
  const started = spawn('node', [shim, 'logs', '--follow', log], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  // What it prints shows that the program is there.
  await new Promise((resolve) => started.stdout.once('data', resolve));
  const closed = new Promise((resolve) => started.stdout.once('close', resolve));
  started.kill('SIGTERM');
  const signal = await new Promise((resolve) => started.once('exit', (_, signal) => resolve(signal)));
  assert.equal(signal, 'SIGTERM');
  // The program holds the other end of the pipe: this ends only with it.
  await closed;
});

test('a missing program is one clear error', () => {
  const bare = path.join(folder, 'bare');
  fs.mkdirSync(bare);
  install(bare, 'unlisten');
  const output = spawnSync('npx', ['--offline', '--no', '--', 'unlisten', 'check'], { cwd: bare, env, encoding: 'utf8' });
  assert.equal(output.status, 2);
  assert.match(output.stderr, new RegExp(`^error: unlisten: the program for this machine is missing: the package @unlisten/${name} is not`));
  assert.equal(output.stderr.trim().split('\n').length, 1);
  assert.equal(output.stdout, '');
  // The way round it.
  const other = spawnSync('npx', ['--offline', '--no', '--', 'unlisten', '--version'], { cwd: bare, env: { ...env, UNLISTEN_BINARY: binary }, encoding: 'utf8' });
  assert.equal(other.status, 0, other.stderr);
});
