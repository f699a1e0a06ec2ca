const http = require('node:http');
const { EventEmitter } = require('node:events');

const MIN_INTERVAL = 1000;
const MAX_INTERVAL = 5 * 60 * 1000;

/** One thing that is asked again and again. */
class Target {
  constructor(name, url, expected = 200) {
    this.name = name;
    this.url = new URL(url);
    this.expected = expected;
    this.failures = 0;
    this.interval = MIN_INTERVAL;
    this.history = [];
  }

  remember(result) {
    this.history.push(result);
    if (this.history.length > 50) this.history.shift();
    this.failures = result.ok ? 0 : this.failures + 1;
    this.interval = nextInterval(this.interval, result.ok);
  }

  get availability() {
    if (this.history.length === 0) return null;
    return this.history.filter((result) => result.ok).length / this.history.length;
  }
}

function nextInterval(current, ok) {
  const wanted = ok ? current * 1.5 : MIN_INTERVAL;
  return Math.min(Math.max(wanted, MIN_INTERVAL), MAX_INTERVAL);
}

function probe(target, timeout) {
  return new Promise((resolve) => {
    const started = process.hrtime.bigint();
    const finish = (ok, detail) => {
      const millis = Number(process.hrtime.bigint() - started) / 1e6;
      resolve({ ok, detail, millis });
    };
    const request = http.get(target.url, { timeout }, (response) => {
      response.resume();
      response.on('end', () => finish(response.statusCode === target.expected, `status ${response.statusCode}`));
    });
    request.on('timeout', () => request.destroy(new Error(`nothing within ${timeout} ms`)));
    request.on('error', (error) => finish(false, error.message));
  });
}

class Monitor extends EventEmitter {
  constructor({ timeout = 3000, alarmAfter = 3 } = {}) {
    super();
    this.timeout = timeout;
    this.alarmAfter = alarmAfter;
    this.targets = new Map();
    this.timers = new Map();
  }

  add(name, url, expected) {
    if (this.targets.has(name)) throw new Error(`${name} is watched already`);
    const target = new Target(name, url, expected);
    this.targets.set(name, target);
    this.schedule(target, 0);
    return target;
  }

  remove(name) {
    clearTimeout(this.timers.get(name));
    this.timers.delete(name);
    return this.targets.delete(name);
  }

  schedule(target, delay) {
    const timer = setTimeout(() => this.check(target), delay);
    timer.unref();
    this.timers.set(target.name, timer);
  }

  async check(target) {
    const wasDown = target.failures >= this.alarmAfter;
    const result = await probe(target, this.timeout);
    target.remember(result);
    this.emit('result', target, result);
    if (!result.ok && target.failures === this.alarmAfter) this.emit('down', target, result);
    if (result.ok && wasDown) this.emit('up', target, result);
    if (this.targets.has(target.name)) this.schedule(target, target.interval);
  }

  summary() {
    const lines = [];
    for (const target of this.targets.values()) {
      const share = target.availability === null ? 'unknown' : `${(100 * target.availability).toFixed(1)} %`;
      lines.push(`${target.name.padEnd(20)} ${share}`);
    }
    return lines.join('\n');
  }
}

module.exports = { Monitor, Target, nextInterval, probe };
