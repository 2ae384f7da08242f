/**
 * Programs by their load: on a terminal one screen, drawn anew, which is as it was before once it ends; elsewhere a table for each look.
 *
 * On a terminal keys are read as they are pressed, so that q ends it; Ctrl-C is a key then, too.
 */

import type { ReadStream, WriteStream } from "node:tty";
import type { LoadSample, ProgramLoad } from "../../engine/linux/inspect/types.ts";
import { write } from "../sources.ts";
import { type Column, count, counted, duration, PLAIN, type Style, table } from "../terminal.ts";

const RIGHT = (title: string): Column => ({ title, align: "right" });
const LEFT = (title: string): Column => ({ title, align: "left" });
const COLUMNS = [
  RIGHT("id"),
  LEFT("name"),
  LEFT("type"),
  RIGHT("CPU"),
  RIGHT("runs/s"),
  RIGHT("each"),
  RIGHT("missed/s"),
  RIGHT("runs in all"),
  RIGHT("time in all"),
];

/** The terminal's second screen, and its cursor: what was on the first is there again afterwards (xterm's control sequences). */
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

/** q, Q, Ctrl-C, Ctrl-D. */
const ENDING_KEYS: ReadonlySet<number> = new Set([0x71, 0x51, 3, 4]);

/** Lines that are no programs: the head, an empty one, the table's titles. */
const HEAD = 3;

export class LoadScreen implements Disposable {
  readonly #out: WriteStream;
  readonly #style: Style;
  readonly #most: number | undefined;
  readonly #keys: ReadStream | null;
  readonly #onKey: (key: Buffer) => void;
  readonly #onExit: () => void;
  #first = true;

  /** @param stop called when q or Ctrl-C is pressed */
  constructor(out: WriteStream, style: Style, most: number | undefined, stop: () => void) {
    this.#out = out;
    this.#style = style;
    this.#most = most;
    this.#onKey = (key) => {
      if (ENDING_KEYS.has(key[0] ?? 0)) stop();
    };
    this.#onExit = () => out.write(LEAVE);
    this.#keys = out.isTTY && process.stdin.isTTY ? process.stdin : null;
    if (!out.isTTY) return;
    out.write(ENTER);
    process.once("exit", this.#onExit);
    this.#keys?.setRawMode(true).on("data", this.#onKey);
  }

  async show(sample: LoadSample): Promise<void> {
    if (this.#out.isTTY) this.#out.write(this.#frame(sample));
    else {
      const lines = this.#lines(sample, this.#most).map((line, at) => this.#styled(line, at));
      await write(`${this.#first ? "" : "\n"}${lines.join("\n")}\n`);
      this.#first = false;
    }
  }

  #frame(sample: LoadSample): string {
    const { rows, columns } = this.#out;
    const fit = Math.max(0, (rows || 24) - HEAD - 1);
    const lines = this.#lines(sample, Math.min(this.#most ?? fit, fit));
    const text = lines.map((line, at) => `${this.#styled([...line].slice(0, columns || 80).join(""), at)}${CLEAR_LINE}`);
    return `${HOME}${text.join("\r\n")}${CLEAR_BELOW}`;
  }

  /** Without colours, which would be in the way of cutting. */
  #lines({ time, programs }: LoadSample, most: number | undefined): string[] {
    const cpu = programs.reduce((sum, load) => sum + load.cpu, 0);
    const runs = programs.reduce((sum, load) => sum + perSecond(load, load.runCount), 0);
    const clock = time.toLocaleTimeString("en-GB");
    const head = `${clock}  ${counted(programs.length, "program")}, ${percent(cpu)} of a CPU, ${counted(Math.round(runs), "run/s", "runs/s")}`;
    const shown = most === undefined ? programs : programs.slice(0, most);
    if (shown.length === 0) return [head];
    return [head, "", ...table(COLUMNS, shown.map(rowOf), PLAIN, "")];
  }

  #styled(line: string, at: number): string {
    return at === 0 ? this.#style.bold(line) : at === HEAD - 1 ? this.#style.dim(line) : line;
  }

  [Symbol.dispose](): void {
    if (!this.#out.isTTY) return;
    process.off("exit", this.#onExit);
    this.#out.write(LEAVE);
    // Reading would keep the process alive.
    this.#keys?.off("data", this.#onKey).setRawMode(false).pause();
  }
}

function rowOf(load: ProgramLoad): string[] {
  const { program, runCount, runTime, recursionMisses } = load;
  const { statistics } = program;
  return [
    String(program.id),
    program.name || "-",
    program.type,
    percent(load.cpu),
    count(Math.round(perSecond(load, runCount))),
    runCount === 0 ? "" : duration(runTime / runCount),
    recursionMisses === 0 ? "" : count(Math.round(perSecond(load, recursionMisses))),
    count(statistics.runCount),
    duration(statistics.runTime),
  ];
}

const perSecond = ({ interval }: ProgramLoad, number: number): number => (interval > 0 ? number / (interval / 1e9) : 0);
const percent = (part: number): string => `${(part * 100).toFixed(part >= 0.1 ? 1 : 2)} %`;
