import { EventEmitter } from "events";

/** Minutes, hours, days of the month, months, days of the week: each a set, or everything. */
export interface Timetable {
  minutes: Set<number> | null;
  hours: Set<number> | null;
  days: Set<number> | null;
  months: Set<number> | null;
  weekdays: Set<number> | null;
}

const RANGES: ReadonlyArray<readonly [keyof Timetable, number, number]> = [
  ["minutes", 0, 59],
  ["hours", 0, 23],
  ["days", 1, 31],
  ["months", 1, 12],
  ["weekdays", 0, 6],
];

export class TimetableError extends Error {
  constructor(readonly field: string, text: string) {
    super(`${field}: cannot read "${text}"`);
  }
}

function parseField(name: string, text: string, low: number, high: number): Set<number> | null {
  if (text === "*") return null;
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(\d+|\*)(?:-(\d+))?(?:\/(\d+))?$/.exec(part);
    if (!match) throw new TimetableError(name, part);
    const from = match[1] === "*" ? low : Number(match[1]);
    const to = match[2] ? Number(match[2]) : match[3] || match[1] === "*" ? high : from;
    const step = match[3] ? Number(match[3]) : 1;
    if (from < low || to > high || step < 1) throw new TimetableError(name, part);
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return values;
}

export function parseTimetable(line: string): Timetable {
  const fields = line.trim().split(/\s+/);
  if (fields.length !== RANGES.length) throw new TimetableError("timetable", line);
  const parsed = RANGES.map(([name, low, high], index) => [name, parseField(name, fields[index], low, high)]);
  return Object.fromEntries(parsed) as Timetable;
}

export function isDue(timetable: Timetable, moment: Date): boolean {
  const allows = (set: Set<number> | null, value: number) => set === null || set.has(value);
  return (
    allows(timetable.minutes, moment.getMinutes()) &&
    allows(timetable.hours, moment.getHours()) &&
    allows(timetable.days, moment.getDate()) &&
    allows(timetable.months, moment.getMonth() + 1) &&
    allows(timetable.weekdays, moment.getDay())
  );
}

/** The next minute at which it is due, within four years. */
export function nextDue(timetable: Timetable, after: Date): Date | null {
  const moment = new Date(after);
  moment.setSeconds(0, 0);
  for (let tries = 0; tries < 4 * 366 * 24 * 60; tries += 1) {
    moment.setMinutes(moment.getMinutes() + 1);
    if (isDue(timetable, moment)) return moment;
  }
  return null;
}

type Task = () => Promise<void> | void;

interface Entry {
  name: string;
  timetable: Timetable;
  task: Task;
  running: boolean;
  skipped: number;
}

export class Scheduler extends EventEmitter {
  private readonly entries = new Map<string, Entry>();
  private timer: NodeJS.Timeout | null = null;

  register(name: string, line: string, task: Task): this {
    this.entries.set(name, { name, timetable: parseTimetable(line), task, running: false, skipped: 0 });
    return this;
  }

  unregister(name: string): boolean {
    return this.entries.delete(name);
  }

  async tick(moment: Date): Promise<void> {
    const due = [...this.entries.values()].filter((entry) => isDue(entry.timetable, moment));
    await Promise.all(due.map((entry) => this.runEntry(entry)));
  }

  private async runEntry(entry: Entry): Promise<void> {
    if (entry.running) {
      entry.skipped += 1;
      this.emit("skipped", entry.name, entry.skipped);
      return;
    }
    entry.running = true;
    try {
      await entry.task();
      this.emit("done", entry.name);
    } catch (reason) {
      this.emit("failed", entry.name, reason);
    } finally {
      entry.running = false;
    }
  }

  start(): void {
    this.timer ??= setInterval(() => void this.tick(new Date()), 60_000);
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }
}
