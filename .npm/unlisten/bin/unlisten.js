#!/usr/bin/env node
// Starts the program, which stands in the optional dependency for this machine, and is as good as the program itself: arguments, streams,
// signals and the exit code go through.
'use strict';

const { spawn } = require('child_process');
const { constants } = require('os');

// As of `unlisten`: something that is needed is unusable. 1 would say that there are findings.
const UNUSABLE = 2;

const packages = Object.keys(require('../package.json').optionalDependencies || {});

/** Whether Node runs on glibc, as told by Node itself: files of the other C library may lie around. */
function isGlibc() {
  // Else the report looks up the name of every open connection.
  process.report.excludeNetwork = true;
  return Boolean(process.report.getReport().header.glibcVersionRuntime);
}

/** The packages that fit this machine, the best first. */
function fitting() {
  const machine = `@unlisten/${process.platform}-${process.arch}`;
  const names = packages.filter((name) => name === machine || name.startsWith(`${machine}-`));
  // Of two that were installed (not every package manager knows C libraries) the right one counts.
  return names.length > 1 && !isGlibc() ? names.reverse() : names;
}

/** The program's path. Ends the process with one error where there is none. */
function program() {
  if (process.env.UNLISTEN_BINARY) return process.env.UNLISTEN_BINARY;
  const names = fitting();
  const file = process.platform === 'win32' ? 'unlisten.exe' : 'unlisten';
  for (const name of names) {
    try {
      return require.resolve(`${name}/${file}`);
    } catch {
      // The next one, or the error below.
    }
  }
  fail(
    names.length === 0
      ? `there is no program for ${process.platform} on ${process.arch}; build it: cargo install --locked unlisten`
      : `the program for this machine is missing: the package ${names[0]} is not installed. Install again without leaving out optional ` +
          'dependencies (--omit=optional, --no-optional), on the machine that runs it',
  );
}

function fail(reason) {
  console.error(`error: unlisten: ${reason}`);
  process.exit(UNUSABLE);
}

const path = program();

// Who stops this process means the program. At Ctrl-C it gets the signal by itself too, which does no harm. Heard before the program is
// there: it may be at work before `spawn` is back, and a signal that nobody hears then would leave it behind.
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'].filter((signal) => signal in constants.signals);
for (const signal of signals) process.on(signal, () => child.kill(signal));

const child = spawn(path, process.argv.slice(2), { stdio: 'inherit', windowsHide: true });

child.on('error', (error) => fail(`${path} does not start: ${error.message}`));

child.on('exit', (code, signal) => {
  if (signal === null) {
    process.exit(code === null ? UNUSABLE : code);
  }
  // Ended by a signal: so does this, for who asks how it ended.
  for (const caught of signals) process.removeAllListeners(caught);
  process.kill(process.pid, signal);
  // Node ignores some (SIGPIPE): then as a shell would tell it.
  process.exit(128 + constants.signals[signal]);
});
