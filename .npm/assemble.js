#!/usr/bin/env node
// Makes the npm packages out of built programs:
//
//     node .npm/assemble.js OUT NAME=PROGRAM...      one package for each NAME of platforms.json, and `unlisten` itself
//     node .npm/assemble.js OUT --all FOLDER         every platform; programs are FOLDER/TARGET/unlisten[.exe]
//
// It prints the folder of each package, in the order in which to publish them: `unlisten` last, since it depends on the rest.
'use strict';

const fs = require('fs');
const path = require('path');

const root = path.dirname(__dirname);
const platforms = require('./platforms.json');

/** A value of `[package]` in Cargo.toml: the one place where version, description and licence are kept. */
function cargo(key) {
  const text = fs.readFileSync(path.join(root, 'Cargo.toml'), 'utf8');
  const section = text.slice(text.indexOf('[package]')).split(/\n\[/)[0];
  const found = new RegExp(`^${key} = "(.*)"$`, 'm').exec(section);
  return found ? found[1] : undefined;
}

const shared = { version: cargo('version'), description: cargo('description'), license: cargo('license') };
const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env;
const home = cargo('repository') || (repository && `${server}/${repository}`);
// npm takes a statement of provenance only for the repository that it names.
if (home) shared.repository = { type: 'git', url: `git+${home}.git` };

/** Writes the package of one platform. */
function platform(out, { name, os, cpu, libc }, program) {
  const folder = path.join(out, name);
  const file = os === 'win32' ? 'unlisten.exe' : 'unlisten';
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  fs.copyFileSync(program, path.join(folder, file));
  fs.chmodSync(path.join(folder, file), 0o755);
  fs.copyFileSync(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE'));
  write(folder, {
    name: `@unlisten/${name}`,
    ...shared,
    description: `unlisten for ${name}`,
    os: [os],
    cpu: [cpu],
    ...(libc ? { libc: [libc] } : {}),
    files: [file],
    // A program cannot be started out of an archive (Yarn's Plug'n'Play).
    preferUnplugged: true,
  });
  return folder;
}

/** Writes the package that people install. */
function main(out) {
  const folder = path.join(out, 'unlisten');
  fs.rmSync(folder, { recursive: true, force: true });
  fs.cpSync(path.join(__dirname, 'unlisten'), folder, { recursive: true });
  fs.copyFileSync(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE'));
  const optionalDependencies = Object.fromEntries(platforms.map(({ name }) => [`@unlisten/${name}`, shared.version]));
  write(folder, { ...require('./unlisten/package.json'), ...shared, optionalDependencies });
  return folder;
}

function write(folder, manifest) {
  fs.writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

function fail(reason) {
  console.error(`error: ${reason}`);
  process.exit(2);
}

const [out, ...rest] = process.argv.slice(2);
if (!out || rest.length === 0) fail('expected OUT NAME=PROGRAM... or OUT --all FOLDER');
const programs =
  rest[0] === '--all'
    ? platforms.map((p) => [p, path.join(rest[1] || '', p.target, p.os === 'win32' ? 'unlisten.exe' : 'unlisten')])
    : rest.map((pair) => {
        const [name, program] = pair.split(/=(.*)/s);
        const known = platforms.find((p) => p.name === name);
        if (!known || !program) fail(`${pair}: expected NAME=PROGRAM, with a NAME of ${platforms.map((p) => p.name).join(', ')}`);
        return [known, program];
      });
for (const [{ name }, program] of programs) {
  if (!fs.existsSync(program)) fail(`${name}: there is no ${program}`);
}
for (const [known, program] of programs) console.log(platform(out, known, program));
console.log(main(out));
