/** The program around where it stands: source lines, instructions, frames, and the state of the machine. */

import { printable } from "../../compiler/typescript/excerpt.ts";
import type { DebugSession } from "../../engine/embedded/debug/session.ts";
import { counted } from "../terminal.ts";
import { type Answer, CommandError, hex } from "./answer.ts";
import { valueText } from "./show-stop.ts";
import type { Sources } from "./source.ts";

/** Lines and instructions that are shown before and after. */
const AROUND = 5;

/** Source around the current line, or around another of its file. */
export function showSource(session: DebugSession, sources: Sources, wanted: number | undefined): Answer {
  const { line } = session.state;
  const file = line?.file ?? session.lines.files[0];
  if (file === undefined)
    throw new CommandError(`${session.program.name} carries no line information; disassemble shows instructions`);
  const center = wanted ?? line?.line ?? 1;
  const last = sources.end(file);
  if (center > last) throw new CommandError(`${file} has ${counted(last, "line")}, there is no line ${center}`);
  const rows: { readonly line: number; readonly text: string }[] = [];
  for (let number = Math.max(1, center - AROUND); number <= Math.min(last, center + AROUND); number++) {
    const text = sources.line(file, number);
    if (text !== undefined) rows.push({ line: number, text });
  }
  return {
    json: { type: "source", file, current: line?.line ?? null, column: line?.column ?? null, lines: rows },
    lines: (style) =>
      rows.flatMap(({ line: number, text }) => {
        const isCurrent = number === line?.line;
        const gutter = `${isCurrent ? "=>" : "  "} ${String(number).padStart(4)} |`;
        const row = `${isCurrent ? style.cyan(gutter) : style.dim(gutter)} ${printable(text)}`.trimEnd();
        if (!isCurrent || line.column < 1 || line.column > text.length) return [row];
        const indent = printable(text)
          .slice(0, line.column - 1)
          .replace(/[^\t]/g, " ");
        return [row, `        ${style.dim("|")} ${indent}${style.green("^")}`];
      }),
  };
}

/** Instructions around the current one, or all; source lines stand before theirs. */
export function showInstructions(session: DebugSession, sources: Sources, all: boolean): Answer {
  const { slot: current } = session.state;
  const slots = Array.from({ length: session.slots }, (_, slot) => slot).filter((slot) => session.text(slot) !== null);
  const index = slots.indexOf(current);
  const shown = all ? slots : slots.slice(Math.max(0, index - AROUND - 1), index + AROUND + 2);
  const rows = shown.map((slot) => ({ slot, text: session.text(slot) ?? "", line: session.lines.at(slot)?.line ?? null }));
  return {
    json: { type: "instructions", current, instructions: rows },
    lines(style) {
      const lines: string[] = [];
      for (const [at, { slot, text }] of rows.entries()) {
        const name = session.lines.functions.find((each) => each.slot === slot)?.name;
        if (name !== undefined) lines.push(style.bold(`${name}:`));
        const info = session.lines.at(slot);
        if (info !== null && (at === 0 || session.lines.begins(slot))) {
          const source = sources.line(info.file, info.line) ?? info.text;
          lines.push(style.dim(`  ; ${info.line}: ${printable(source.trim())}`));
        }
        const row = `${slot === current ? "=>" : "  "} ${String(slot).padStart(4)}: ${text}`;
        lines.push(slot === current ? style.cyan(row) : row);
      }
      return lines;
    },
  };
}

export function showFrames(session: DebugSession): Answer {
  const { frames } = session.state;
  return {
    json: {
      type: "frames",
      frames: frames.map(({ function: name, slot, line }) => ({ function: name, slot, line: line?.line ?? null })),
    },
    lines: (style) =>
      frames.map(({ function: name, slot, line }, index) => {
        const where = line === null ? "" : ` ${printable(line.file)}:${line.line}`;
        return `${style.dim(`#${index}`)} ${name}, slot ${slot}${where}`;
      }),
  };
}

export function showRegisters(session: DebugSession): Answer {
  const { registers, slot } = session.state;
  return {
    json: {
      type: "registers",
      slot,
      registers: Object.fromEntries(registers.map((value, index) => [`r${index}`, hex(value)])),
      places: Object.fromEntries(registers.map((value, index) => [`r${index}`, session.describe(value)])),
    },
    lines: () => registers.map((value, index) => `${`r${index}`.padStart(4)} = ${valueText(value, session)}`),
  };
}

/** The part of the current frame's stack that holds something, a row for each eight bytes, the top first. */
export function showStack(session: DebugSession): Answer {
  const end = session.state.registers[10]!;
  const bytes = session.bytes(end - 512n, 512);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rows: { readonly offset: number; readonly value: bigint }[] = [];
  for (let at = 504; at >= 0; at -= 8) {
    const value = view.getBigUint64(at, true);
    if (value !== 0n) rows.push({ offset: at - 512, value });
  }
  return {
    json: { type: "stack", words: rows.map(({ offset, value }) => ({ offset, value: hex(value) })) },
    lines: (style) =>
      rows.length === 0
        ? [style.dim("the stack is zero")]
        : rows.map(({ offset, value }) => `  r10${offset}: ${valueText(value, session)}`),
  };
}
