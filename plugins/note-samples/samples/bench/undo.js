'use strict';

/**
 * Undo and redo for an editor: commands are grouped into steps, and steps close to each other are merged.
 */

const MERGE_WINDOW_MS = 400;
const DEFAULT_LIMIT = 200;

class Command {
  constructor(label, apply, revert) {
    this.label = label;
    this.apply = apply;
    this.revert = revert;
  }
}

class Step {
  constructor(label, time) {
    this.label = label;
    this.time = time;
    this.commands = [];
  }

  canAbsorb(other) {
    return this.label === other.label && other.time - this.time < MERGE_WINDOW_MS;
  }

  absorb(other) {
    this.commands.push(...other.commands);
    this.time = other.time;
  }
}

class History {
  constructor({ limit = DEFAULT_LIMIT, now = Date.now } = {}) {
    this.limit = limit;
    this.now = now;
    this.done = [];
    this.undone = [];
    this.openStep = null;
    this.listeners = new Set();
  }

  onChange(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  perform(command) {
    command.apply();
    this.undone.length = 0;
    if (this.openStep) {
      this.openStep.commands.push(command);
      return;
    }
    const step = new Step(command.label, this.now());
    step.commands.push(command);
    this.record(step);
  }

  transaction(label, body) {
    if (this.openStep) {
      return body();
    }
    this.openStep = new Step(label, this.now());
    try {
      const result = body();
      if (this.openStep.commands.length > 0) {
        this.record(this.openStep);
      }
      return result;
    } catch (error) {
      revertAll(this.openStep.commands);
      throw error;
    } finally {
      this.openStep = null;
    }
  }

  record(step) {
    const last = this.done[this.done.length - 1];
    if (last && last.canAbsorb(step)) {
      last.absorb(step);
    } else {
      this.done.push(step);
      if (this.done.length > this.limit) this.done.shift();
    }
    this.notify();
  }

  undo() {
    const step = this.done.pop();
    if (!step) return false;
    revertAll(step.commands);
    this.undone.push(step);
    this.notify();
    return true;
  }

  redo() {
    const step = this.undone.pop();
    if (!step) return false;
    step.commands.forEach((command) => command.apply());
    this.done.push(step);
    this.notify();
    return true;
  }

  notify() {
    const state = { undoLabel: labelOf(this.done), redoLabel: labelOf(this.undone) };
    for (const listener of this.listeners) listener(state);
  }
}

function revertAll(commands) {
  for (let index = commands.length - 1; index >= 0; index -= 1) {
    commands[index].revert();
  }
}

function labelOf(steps) {
  return steps.length > 0 ? steps[steps.length - 1].label : null;
}

function setProperty(target, key, value) {
  const before = target[key];
  return new Command(`set ${key}`, () => { target[key] = value; }, () => { target[key] = before; });
}

module.exports = { Command, History, setProperty, MERGE_WINDOW_MS };
