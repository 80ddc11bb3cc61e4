// Reads programs from stdin and prints, for each, the labels of the values that are alive after its `run` has returned.
//
//     node --expose-gc alive.js < [text]
//
// A program makes watched values with `mk(label)`. Its emitters and what it keeps to itself live on.
'use strict';
const vm = require('node:vm');

const settle = () => new Promise((done) => setTimeout(done, 1));

async function measure(text) {
  const made = new Map();
  const watch = (label, value) => (made.set(label, new WeakRef(value)), value);
  const mk = (label) => watch(label, { label, pad: new Array(64).fill(0) });
  const module = { exports: {} };
  vm.compileFunction(text, ['module', 'exports', 'require', 'mk', 'watch'])(module, module.exports, require, mk, watch);
  const returned = module.exports.run(mk);
  for (let round = 0; round < 4; round++) {
    await settle();
    globalThis.gc();
  }
  const alive = [...made].filter(([, value]) => value.deref() !== undefined).map(([label]) => label);
  // The program and what its `run` gave back are there until here.
  measure.programs.push(module, returned);
  return alive.sort();
}
measure.programs = [];

(async () => {
  const results = [];
  for (const text of JSON.parse(require('node:fs').readFileSync(0, 'utf8'))) results.push(await measure(text));
  console.log(JSON.stringify(results));
  process.exit();
})();
