// Reads rows of code from stdin and prints, for each, the labels of the values that its kept function keeps alive in this V8.
'use strict';
const vm = require('node:vm');

const settle = () => new Promise((done) => setTimeout(done, 1));

/** Runs a row; the answer tells what is alive by then. */
function run(code) {
  const made = new Map();
  const kept = [];
  const watch = (label, value) => (made.set(label, new WeakRef(value)), value);
  const given = {
    mk: (label) => watch(label, { label, pad: new Array(64).fill(0) }),
    watch,
    keep: (listener) => (kept.push(listener), listener),
    call: (f) => { try { return f(); } catch { return 0; } },
    use: (value) => value && 1,
  };
  // Sloppy, like the rows are read.
  const wrapped = `(function (${Object.keys(given)}) { return function () {\n${code}\n}; })`;
  vm.runInThisContext(wrapped)(...Object.values(given)).call({});
  return () => {
    const alive = [...made].filter(([, value]) => value.deref() !== undefined).map(([label]) => label);
    return kept.length ? alive.sort() : ['nothing was kept'];
  };
}

(async () => {
  const rows = JSON.parse(require('node:fs').readFileSync(0, 'utf8')).map(run);
  for (let round = 0; round < 3; round++) {
    await settle();
    globalThis.gc();
  }
  console.log(JSON.stringify(rows.map((alive) => alive())));
})();
