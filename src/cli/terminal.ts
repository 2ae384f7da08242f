/** How output looks: colours only on a terminal that wants them, numbers that can be read, tables that line up. */

import type { WriteStream } from "node:tty";

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

const paint = (open: number, close: number) => (text: string) => `\x1b[${open}m${text}\x1b[${close}m`;
const plain = (text: string) => text;

const COLOURED: Style = {
  bold: paint(1, 22),
  dim: paint(2, 22),
  red: paint(31, 39),
  green: paint(32, 39),
  yellow: paint(33, 39),
  cyan: paint(36, 39),
};
export const PLAIN: Style = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain };

/** Whether `stream` shows colours: a terminal, and neither NO_COLOR (no-color.org) nor TERM=dumb. FORCE_COLOR overrides. */
export function hasColours(stream: WriteStream | { isTTY?: boolean }, environment: NodeJS.ProcessEnv = process.env): boolean {
  if (environment["FORCE_COLOR"] !== undefined && environment["FORCE_COLOR"] !== "0") return true;
  if (environment["NO_COLOR"] !== undefined && environment["NO_COLOR"] !== "") return false;
  return stream.isTTY === true && environment["TERM"] !== "dumb";
}

export function styleFor(stream: WriteStream | { isTTY?: boolean }): Style {
  return hasColours(stream) ? COLOURED : PLAIN;
}

/** A line on stderr that changes while long work goes on; only on a terminal, only after a second, and gone at the end. */
export class Progress implements Disposable {
  readonly #began = performance.now();
  #shown = 0;

  show(text: string): void {
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.#began < 1000 || now - this.#shown < 100) return;
    this.#shown = now;
    process.stderr.write(`\r\x1b[2K${text}`);
  }

  [Symbol.dispose](): void {
    if (this.#shown > 0) process.stderr.write("\r\x1b[2K");
  }
}

/** `1234567` → `1,234,567`. */
export function count(value: number | bigint): string {
  return value.toLocaleString("en-US");
}

/** `1` → `1 packet`, `1234567` → `1,234,567 packets`. */
export function counted(value: number | bigint, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 || value === 1n ? one : many}`;
}

/** `1536` → `1.5 KiB`. */
export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let scaled = value;
  while (scaled >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return unit === 0 ? `${value} B` : `${scaled.toFixed(1)} ${units[unit]}`;
}

/** Nanoseconds → `850 ns`, `12.3 µs`, `4.56 ms`, `1.20 s`. */
export function duration(nanoseconds: number): string {
  if (nanoseconds < 1e3) return `${nanoseconds.toFixed(0)} ns`;
  if (nanoseconds < 1e6) return `${(nanoseconds / 1e3).toFixed(1)} µs`;
  if (nanoseconds < 1e9) return `${(nanoseconds / 1e6).toFixed(2)} ms`;
  return `${(nanoseconds / 1e9).toFixed(2)} s`;
}

export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

/** Lines of a table: a dim header, columns two spaces apart, numbers to the right. Cells must be without colours. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], style: Style, indent = "  "): string[] {
  const widths = columns.map((column, at) => Math.max(width(column.title), ...rows.map((row) => width(row[at] ?? ""))));
  const line = (cells: readonly string[]) =>
    columns
      .map((column, at) => {
        const cell = cells[at] ?? "";
        const gap = " ".repeat((widths[at] ?? 0) - width(cell));
        return column.align === "right" ? gap + cell : cell + gap;
      })
      .join("  ")
      .trimEnd();
  return [indent + style.dim(line(columns.map((column) => column.title))), ...rows.map((row) => indent + line(row))];
}

/** Columns of a terminal that the text takes: code points, which is right for everything we print in tables. */
function width(text: string): number {
  return [...text].length;
}
