'use strict';

const http = require('http');
const { URL } = require('url');
const EventEmitter = require('events');

const MAX_BODY_BYTES = 1024 * 1024;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** An error that knows its status code. */
class HttpError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }

  toJSON() {
    return { status: this.status, message: this.message };
  }
}

/** Turns /users/:id into a pattern and the names of its parameters. */
function compilePath(path) {
  const keys = [];
  const source = path.replace(/:([A-Za-z_]+)/g, (_, key) => {
    keys.push(key);
    return '([^/]+)';
  });
  return { pattern: new RegExp(`^${source}/?$`), keys };
}

async function readBody(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) {
      throw new HttpError(413, 'body too large');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text) {
  try {
    return text ? JSON.parse(text) : {};
  } catch (cause) {
    throw new HttpError(400, `invalid JSON: ${cause.message}`);
  }
}

class Router extends EventEmitter {
  constructor(options = {}) {
    super();
    this.routes = [];
    this.middleware = [];
    this.prefix = options.prefix || '';
  }

  addRoute(method, path, handler) {
    if (!METHODS.includes(method)) {
      throw new TypeError(`unknown method ${method}`);
    }
    const compiled = compilePath(this.prefix + path);
    this.routes.push({ method, handler, ...compiled });
    return this;
  }

  useMiddleware(step) {
    this.middleware.push(step);
    return this;
  }

  findRoute(method, pathname) {
    for (const route of this.routes) {
      const match = route.method === method && route.pattern.exec(pathname);
      if (match) {
        const params = Object.fromEntries(route.keys.map((key, index) => [key, match[index + 1]]));
        return { route, params };
      }
    }
    return null;
  }

  async dispatch(request, response) {
    const url = new URL(request.url, 'http://localhost');
    const found = this.findRoute(request.method, url.pathname);
    try {
      if (!found) {
        throw new HttpError(404, `nothing at ${url.pathname}`);
      }
      const context = { request, response, params: found.params, query: url.searchParams };
      context.body = parseJson(await readBody(request));
      for (const step of this.middleware) {
        await step(context);
      }
      sendJson(response, 200, await found.route.handler(context));
    } catch (error) {
      this.emit('failure', error);
      sendJson(response, error.status || 500, { message: error.message });
    }
  }
}

function sendJson(response, status, value) {
  const text = JSON.stringify(value === undefined ? null : value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** Middleware that allows a number of requests a minute from each address. */
function rateLimiter(perMinute) {
  const visits = new Map();
  return async ({ request }) => {
    const now = Date.now();
    const recent = (visits.get(request.socket.remoteAddress) || []).filter((time) => now - time < 60000);
    if (recent.length >= perMinute) {
      throw new HttpError(429, 'slow down');
    }
    visits.set(request.socket.remoteAddress, [...recent, now]);
  };
}

function startServer(router, port) {
  const server = http.createServer((request, response) => router.dispatch(request, response));
  return new Promise((resolve) => server.listen(port, () => resolve(server)));
}

module.exports = { Router, HttpError, rateLimiter, startServer };
