// Colours for charts: conversions, contrast, and a palette that colour-blind readers can tell apart.

export type Rgb = readonly [red: number, green: number, blue: number];

export enum Vision {
  Normal = "normal",
  Protanopia = "protanopia",
  Deuteranopia = "deuteranopia",
}

const SIMULATION: Record<Vision, readonly number[]> = {
  [Vision.Normal]: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  [Vision.Protanopia]: [0.152, 1.053, -0.205, 0.115, 0.786, 0.099, -0.004, -0.048, 1.052],
  [Vision.Deuteranopia]: [0.367, 0.861, -0.228, 0.28, 0.673, 0.047, -0.012, 0.043, 0.969],
};

export function parseHex(text: string): Rgb {
  const match = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/i.exec(text.trim());
  if (match === null) throw new SyntaxError(`not a colour: ${text}`);
  const digits = match[1].length === 3 ? [...match[1]].map((digit) => digit + digit) : match[1].match(/../g)!;
  const [red, green, blue] = digits.map((pair) => parseInt(pair, 16));
  return [red, green, blue];
}

export function toHex(colour: Rgb): string {
  return "#" + colour.map((part) => clampByte(part).toString(16).padStart(2, "0")).join("");
}

function clampByte(value: number): number {
  return Math.round(Math.min(255, Math.max(0, value)));
}

function toLinear(part: number): number {
  const share = part / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

export function luminance([red, green, blue]: Rgb): number {
  return 0.2126 * toLinear(red) + 0.7152 * toLinear(green) + 0.0722 * toLinear(blue);
}

/** From 1, the same, to 21, black on white. */
export function contrast(one: Rgb, other: Rgb): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

export function readableOn(background: Rgb): Rgb {
  const white: Rgb = [255, 255, 255];
  const black: Rgb = [0, 0, 0];
  return contrast(background, white) >= contrast(background, black) ? white : black;
}

export function asSeenWith(vision: Vision, colour: Rgb): Rgb {
  const matrix = SIMULATION[vision];
  const row = (start: number) => colour.reduce((sum, part, index) => sum + part * matrix[start + index], 0);
  return [row(0), row(3), row(6)];
}

export function distance(one: Rgb, other: Rgb): number {
  const mean = (one[0] + other[0]) / 2;
  const [red, green, blue] = one.map((part, index) => (part - other[index]) ** 2);
  return Math.sqrt((2 + mean / 256) * red + 4 * green + (2 + (255 - mean) / 256) * blue);
}

function worstDistance(colour: Rgb, chosen: readonly Rgb[]): number {
  const visions = Object.values(Vision);
  const distances = chosen.flatMap((other) =>
    visions.map((vision) => distance(asSeenWith(vision, colour), asSeenWith(vision, other))),
  );
  return Math.min(...distances);
}

/** Takes, one after the other, the candidate that is farthest from all that were taken. */
export function pickPalette(candidates: readonly Rgb[], size: number): Rgb[] {
  const left = [...candidates];
  const chosen: Rgb[] = left.splice(0, 1);
  while (chosen.length < size && left.length > 0) {
    let best = 0;
    for (let index = 1; index < left.length; index += 1) {
      if (worstDistance(left[index], chosen) > worstDistance(left[best], chosen)) best = index;
    }
    chosen.push(...left.splice(best, 1));
  }
  return chosen;
}
