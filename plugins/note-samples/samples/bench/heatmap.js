// A calendar of small squares, drawn as SVG from counts per day.

import { writeFile } from 'node:fs/promises';

const CELL = 12;
const GAP = 3;
const PALETTES = {
  green: ['#ebedf0', '#9be9a8', '#40c463', '#30a14e', '#216e39'],
  grey: ['#eeeeee', '#cccccc', '#999999', '#666666', '#333333'],
};
const DAY_MS = 86_400_000;

export function dayKey(date) {
  return date.toISOString().slice(0, 10);
}

/** Counts events per day; what cannot be read as a date is counted apart. */
export function tally(events) {
  const counts = new Map();
  let unreadable = 0;
  for (const event of events) {
    const date = new Date(event.at ?? event);
    if (Number.isNaN(date.getTime())) {
      unreadable += 1;
      continue;
    }
    const key = dayKey(date);
    counts.set(key, (counts.get(key) ?? 0) + (event.weight ?? 1));
  }
  return { counts, unreadable };
}

/** Thresholds at which the colour changes: quartiles of the days on which something happened. */
export function thresholds(counts) {
  const sorted = [...counts.values()].sort((a, b) => a - b);
  if (sorted.length === 0) return [1, 2, 3];
  return [0.25, 0.5, 0.75].map((share) => sorted[Math.floor(share * (sorted.length - 1))]);
}

function levelOf(count, limits) {
  if (!count) return 0;
  return 1 + limits.filter((limit) => count > limit).length;
}

function* daysBetween(first, last) {
  for (let time = first.getTime(); time <= last.getTime(); time += DAY_MS) {
    yield new Date(time);
  }
}

function startOfWeek(date) {
  const monday = new Date(date);
  monday.setUTCDate(monday.getUTCDate() - ((monday.getUTCDay() + 6) % 7));
  return monday;
}

function cell(date, count, origin, limits, palette) {
  const week = Math.floor((date - origin) / (7 * DAY_MS));
  const row = (date.getUTCDay() + 6) % 7;
  const x = week * (CELL + GAP);
  const y = row * (CELL + GAP);
  const fill = palette[levelOf(count, limits)];
  return `<rect x="${x}" y="${y}" width="${CELL}" height="${CELL}" fill="${fill}"><title>${dayKey(date)}: ${count}</title></rect>`;
}

export function renderHeatmap(events, { first, last, colours = 'green' }) {
  const palette = PALETTES[colours];
  if (!palette) throw new RangeError(`no palette ${colours}; there are ${Object.keys(PALETTES).join(', ')}`);
  const { counts, unreadable } = tally(events);
  const limits = thresholds(counts);
  const origin = startOfWeek(first);
  const cells = [];
  for (const date of daysBetween(first, last)) {
    cells.push(cell(date, counts.get(dayKey(date)) ?? 0, origin, limits, palette));
  }
  const weeks = Math.ceil((last - origin) / (7 * DAY_MS)) + 1;
  const size = `width="${weeks * (CELL + GAP)}" height="${7 * (CELL + GAP)}"`;
  return { svg: `<svg xmlns="http://www.w3.org/2000/svg" ${size}>${cells.join('')}</svg>`, unreadable };
}

export async function saveHeatmap(path, events, options) {
  const { svg, unreadable } = renderHeatmap(events, options);
  await writeFile(path, svg, 'utf8');
  return unreadable;
}
