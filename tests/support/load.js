'use strict';
// Loads the files of one example, CommonJS and ES modules, out of memory. `epoch` stands in each file's name, so that what an
// earlier example left running is not taken for this one's.

const vm = require('node:vm');
const path = require('node:path');
const { createRequire, isBuiltin } = require('node:module');
const { frameworks } = require('./stubs.js');

const realRequire = createRequire(__filename);
const ENDS = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.json', '/index.js', '/index.ts'];

/** Thrown where an example needs a module that is not there. */
class Missing extends Error {
  constructor(specifier) {
    super(`no module ${specifier}`);
    this.specifier = specifier;
  }
}

/** What loads an example's files by name. `replaced` are core modules that the example gets in place of the real ones. */
function loader(files, epoch, replaced, how) {
  const sources = new Map(files.map((file) => [file.name, file]));
  const scripts = new Map();
  const modules = new Map();
  const prefix = `unlisten:/${epoch}/`;

  function beside(from, specifier) {
    const base = path.posix.join(path.posix.dirname(from), specifier);
    for (const root of [base, base.replace(/\.[cm]?js$/, '')]) {
      const end = ENDS.find((each) => sources.has(root + each));
      if (end !== undefined) return root + end;
    }
    throw new ReferenceError(`no file ${specifier} beside ${from}`);
  }

  function outside(specifier) {
    if (Object.hasOwn(frameworks, specifier)) {
      how.add(`a stand-in for ${specifier}`);
      return frameworks[specifier];
    }
    if (!isBuiltin(specifier)) throw new Missing(specifier);
    return replaced[specifier.replace(/^node:/, '')] ?? realRequire(specifier);
  }

  function script(name) {
    if (scripts.has(name)) return scripts.get(name).exports;
    const module = { exports: {} };
    scripts.set(name, module);
    const { text } = sources.get(name);
    if (name.endsWith('.json')) return (module.exports = JSON.parse(text));
    const load = (specifier) => (specifier.startsWith('.') ? script(beside(name, specifier)) : outside(specifier));
    const parameters = ['module', 'exports', 'require', '__filename', '__dirname'];
    vm.compileFunction(text, parameters, { filename: prefix + name }).call(module.exports, module, module.exports, load, `/${name}`, '/');
    return module.exports;
  }

  function wrap(value, identifier) {
    const keys = new Set(['default', ...Object.keys(Object(value)).filter((key) => /^[\w$]+$/.test(key))]);
    const module = new vm.SyntheticModule([...keys], () => {
      for (const key of keys) module.setExport(key, key === 'default' ? value : value[key]);
    }, { identifier });
    return module;
  }

  function link(specifier, from) {
    if (!specifier.startsWith('.')) return wrap(outside(specifier), specifier);
    const name = beside(from.identifier.slice(prefix.length), specifier);
    return sources.get(name).esm ? moduleOf(name) : wrap(script(name), name);
  }

  function moduleOf(name) {
    if (!modules.has(name)) {
      modules.set(name, new vm.SourceTextModule(sources.get(name).text, {
        identifier: prefix + name,
        importModuleDynamically: async (specifier, from) => {
          const module = link(specifier, from);
          if (module.status === 'unlinked') await module.link(link);
          if (module.status === 'linked') await module.evaluate();
          return module;
        },
        initializeImportMeta: (meta) => { meta.url = `file:///${name}`; },
      }));
    }
    return modules.get(name);
  }

  /** What the file exports. An example may wait for ever at its top level: `patience` ends that. */
  return async function load(name, patience) {
    if (!sources.get(name).esm) return script(name);
    const module = moduleOf(name);
    if (module.status === 'unlinked') await module.link(link);
    if (module.status === 'linked') await Promise.race([module.evaluate(), patience()]);
    return module.status === 'evaluated' ? module.namespace : {};
  };
}

module.exports = { loader, Missing };
