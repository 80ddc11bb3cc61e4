'use strict';
// Stand-ins for frameworks that cannot be installed here: as much of each as decides when a callback runs and how long an
// object lives, after its manual. They prove what an example does with its emitters, not the framework.

const { EventEmitter } = require('node:events');
const http = require('node:http');

/** What each stand-in that serves something does in one round. */
const rounds = [];

// ---- express: https://expressjs.com/en/api.html ---------------------------------------------------------------------

function express() {
  const layers = [];
  const app = (req, res) => {
    let index = 0;
    req.app = app;
    const next = () => {
      const layer = layers[index++];
      if (!layer) return res.writableEnded || res.end();
      layer(req, res, next);
    };
    next();
  };
  const add = (...args) => { layers.push(...args.filter((arg) => typeof arg === 'function')); return app; };
  Object.assign(app, { locals: {}, use: add, get: add, post: add, all: add, listen: (...args) => http.createServer(app).listen(...args) });
  return app;
}

// ---- koa: https://koajs.com -----------------------------------------------------------------------------------------

class Koa extends EventEmitter {
  layers = [];
  use(layer) { this.layers.push(layer); return this; }
  callback() {
    return async (req, res) => {
      const ctx = { req, res, app: this, path: req.url, request: { req }, response: { res } };
      const run = async (index) => { await this.layers[index]?.(ctx, () => run(index + 1)); };
      await run(0);
      res.end(ctx.body);
    };
  }
  listen(...args) { return http.createServer(this.callback()).listen(...args); }
}

// ---- fastify: https://fastify.dev/docs/latest/Reference/ ------------------------------------------------------------

function fastify() {
  const log = { info() {}, warn() {}, error() {} };
  const hooks = [];
  const routes = [];
  const server = http.createServer(async (raw, response) => {
    const request = { raw, log, url: raw.url };
    const reply = { raw: response, sent: false, send(value) { reply.sent = true; response.end(value); return reply; } };
    for (const layer of [...hooks, ...routes]) if (!reply.sent) await layer(request, reply);
    if (!reply.sent) response.end();
  });
  const app = { server, log, addHook(name, hook) { if (name === 'onRequest') hooks.push(hook); return app; }, listen: () => server.listen(0) };
  app.get = app.post = (path, ...handlers) => { routes.push(handlers.at(-1)); return app; };
  return app;
}

// ---- ws: https://github.com/websockets/ws/blob/master/doc/ws.md -----------------------------------------------------

class WebSocket extends EventEmitter {
  readyState = 1;
  send() {}
  ping() {}
  close() { this.readyState = 3; this.emit('close', 1000); }
  terminate() { this.close(); }
}

class WebSocketServer extends EventEmitter {
  constructor() {
    super();
    this.clients = new Set();
    const long = new WebSocket();
    let started = false;
    const open = (socket) => {
      this.clients.add(socket);
      socket.once('close', () => this.clients.delete(socket));
      this.emit('connection', socket, { socket: new EventEmitter(), headers: {}, url: '/' });
    };
    rounds.push(async () => {
      if (!started) { started = true; open(long); }
      long.emit('message', Buffer.from('{"n":1}'));
      const short = new WebSocket();
      open(short);
      short.emit('message', Buffer.from('{"n":1}'));
      short.close();
    });
  }
}

// ---- socket.io: https://socket.io/docs/v4/server-api/ ---------------------------------------------------------------

class IoServer extends EventEmitter {
  constructor() {
    super();
    const hear = (socket, ...args) => EventEmitter.prototype.emit.apply(socket, args);
    const connect = () => {
      // `emit` of a socket speaks to the client.
      const socket = Object.assign(new EventEmitter(), { emit: () => true, join() {}, data: {} });
      this.emit('connection', socket);
      return socket;
    };
    let long;
    rounds.push(async () => {
      long ??= connect();
      hear(long, 'say', 'line');
      const short = connect();
      hear(short, 'say', 'line');
      hear(short, 'disconnect', 'transport close');
    });
  }
}

// ---- pg: https://node-postgres.com/apis/pool ------------------------------------------------------------------------

class Client extends EventEmitter {
  async query() { return { rows: [] }; }
  async connect() {}
  async end() { this.emit('end'); }
}

class Pool extends EventEmitter {
  idle = [];
  async connect(callback) {
    if (callback) return this.connect().then((client) => callback(undefined, client, client.release), callback);
    let client = this.idle.pop();
    if (!client) {
      client = new Client();
      client.release = () => { this.idle.push(client); };
      this.emit('connect', client);
    }
    this.emit('acquire', client);
    return client;
  }
  async query() { return { rows: [] }; }
}

// ---- React and Vue: https://react.dev/reference/react, https://vuejs.org/api/composition-api-lifecycle.html ----------

let current = null;

function slot(make) {
  const index = current.next++;
  if (index === current.slots.length) current.slots.push(make());
  return current.slots[index];
}

const same = (a, b) => a && b && a.length === b.length && a.every((value, index) => Object.is(value, b[index]));

function useEffect(effect, deps) {
  const state = slot(() => ({}));
  if ('deps' in state && same(state.deps, deps)) return;
  current.pending.push(() => { state.release?.(); state.deps = deps; state.release = effect(); });
  current.releases.add(state);
}

function useMemo(make, deps) {
  const state = slot(() => ({}));
  if (!('deps' in state) || !same(state.deps, deps)) Object.assign(state, { deps, value: make() });
  return state.value;
}

const react = {
  useEffect, useLayoutEffect: useEffect, useInsertionEffect: useEffect, useMemo,
  useCallback: (f, deps) => useMemo(() => f, deps),
  useRef: (value) => slot(() => ({ current: value })),
  useState: (value) => { const state = slot(() => ({ value: typeof value === 'function' ? value() : value })); return [state.value, (v) => { state.value = v; }]; },
  useSyncExternalStore: (subscribe, get) => { useEffect(() => subscribe(() => {}), [subscribe]); return get(); },
  createElement: () => null,
  Component: class Component { constructor(props) { this.props = props; this.state = {}; } setState() {} },
};
react.PureComponent = react.Component;
react.default = react;

const vue = {
  onMounted: (f) => current.pending.push(f),
  onUnmounted: (f) => current.releases.add({ release: f }),
  ref: (value) => ({ value }),
  shallowRef: (value) => ({ value }),
};
vue.onBeforeUnmount = vue.onUnmounted;
vue.onScopeDispose = vue.onUnmounted;

/** One life of a component: a hook or setup function, a React class, or a custom element. Renders three times. */
async function mount(component, ...args) {
  const proto = component.prototype ?? {};
  if (proto.connectedCallback) {
    const element = new component(...args);
    element.connectedCallback();
    element.disconnectedCallback?.();
    return;
  }
  if (proto.render || proto.componentDidMount) {
    const instance = new component(...(args.length ? args : [{}]));
    instance.render?.();
    instance.componentDidMount?.();
    for (let update = 0; update < 2; update++) { instance.render?.(); instance.componentDidUpdate?.(instance.props, instance.state); }
    instance.componentWillUnmount?.();
    return;
  }
  const life = { slots: [], next: 0, pending: [], releases: new Set() };
  // Setup runs once a mount, a hook once a render.
  const renders = /onMounted|onUnmounted|onScopeDispose|onBeforeUnmount/.test(component) ? 1 : 3;
  for (let render = 0; render < renders; render++) {
    Object.assign(life, { next: 0, pending: [] });
    current = life;
    component(...args);
    current = null;
    for (const run of life.pending) run();
  }
  // (An asynchronous effect gives a promise, of which React warns: there is nothing to call.)
  for (const state of life.releases) if (typeof state.release === 'function') state.release();
}

const frameworks = {
  express, koa: Koa, fastify, 'socket.io': { Server: IoServer }, ws: Object.assign(WebSocket, { WebSocketServer, WebSocket, Server: WebSocketServer }),
  pg: { Pool, Client }, react, vue,
};

module.exports = { frameworks, mount, rounds };
