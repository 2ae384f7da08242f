/** Times and references, as people write and read them. */

/** `12 s`, `5 min`, `3 h`, `2 d` ago; empty when not known. */
export function age(then: Date | null, now = Date.now()): string {
  if (then === null) return "";
  const seconds = Math.max(0, (now - Number(then)) / 1000);
  for (const [unit, size, below] of UNITS) if (seconds < below) return `${Math.floor(seconds / size)} ${unit} ago`;
  return `${Math.floor(seconds / DAY)} d ago`;
}

const DAY = 86_400;
const UNITS = [
  ["s", 1, 100],
  ["min", 60, 6000],
  ["h", 3600, 2 * DAY],
] as const;

/** `12` is a number; all else a name, or the path of a pin. */
export function referenceOf(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** `2026-11-29 07:32:55 (5 min ago)`, in this machine's time. */
export function when(then: Date | null, now = Date.now()): string {
  if (then === null) return "";
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())}`;
  return `${day} ${two(then.getHours())}:${two(then.getMinutes())}:${two(then.getSeconds())} (${age(then, now)})`;
}
