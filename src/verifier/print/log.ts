/**
 * The kernel's log of level 2, written as a program is walked.
 *
 * A walk calls, for every instruction: {@link KernelLog.from} when it comes from another path, {@link KernelLog.state} when
 * something was touched since the last state, then {@link KernelLog.instruction}. A state that directly follows its
 * instruction is put behind it on the same line, as the kernel does.
 */

import { lineAt } from "../../object/lines.ts";
import type { LineInfo } from "../../object/spec.ts";
import type { Program } from "../program.ts";
import type { Frame } from "../state/frame.ts";
import type { State } from "../state/state.ts";
import { printFrame, type Touched } from "./frame.ts";
import { printInstruction } from "./instruction.ts";

// A state begins 40 columns after its instruction did, or at the next multiple of 8 that leaves room (log.c).
const COLUMN = 40;
const COLUMN_STEP = 8;

/** What the last line of the log counts. */
export interface Statistics {
  readonly processed: number;
  readonly maxStatesPerInstruction: number;
  readonly totalStates: number;
  readonly peakStates: number;
  /** Length of the longest walk for liveness; 0 since 6.18. */
  readonly markRead: number;
}

export class KernelLog {
  readonly lines: string[] = [];
  readonly #program: Program;
  readonly #era: number;
  /** Whether the last line is an instruction that no state stands behind. */
  #open = false;
  #lastLine: LineInfo | null = null;

  constructor(program: Program) {
    this.#program = program;
    this.#era = program.era;
  }

  /** Whole lines, without the last newline. */
  text(text: string): void {
    this.#open = false;
    for (const line of text.split("\n")) this.lines.push(line);
  }

  /** `from 3 to 7: R0=…`, all of the state, after an empty line. */
  from(previous: number, slot: number, state: State): void {
    this.text(`\nfrom ${previous} to ${slot}:${printFrame(state, state.frame, null, this.#era)}`);
  }

  /** `from 3 to 7: safe` when a path that comes from elsewhere was seen before, else `7: safe`. */
  safe(previous: number, slot: number, fromElsewhere: boolean): void {
    this.text(fromElsewhere ? `\nfrom ${previous} to ${slot}: safe` : `${slot}: safe`);
  }

  /**
   * What was touched, behind the instruction that wrote it, or after `slot:` when something else was logged since; then it is
   * forgotten.
   * @param slot the next instruction.
   */
  state(slot: number, state: State, touched: Touched, frame: Frame = state.frame): void {
    const text = printFrame(state, frame, touched, this.#era);
    touched.nothing();
    const last = this.lines.length - 1;
    if (this.#open) this.lines[last] = `${aligned(this.lines[last]!)};${text}`;
    else this.lines.push(`${slot}:${text}`);
    this.#open = false;
  }

  /** The source line when it is another one than the last, and the instruction. */
  instruction(slot: number): void {
    const { code, referents } = this.#program;
    this.source(slot, "; ");
    this.lines.push(`${slot}: ${printInstruction(code, slot, referents)}`);
    this.#open = true;
  }

  /** `; a += 1; @ file.c:12`, unless it was the last that was printed. */
  source(slot: number, prefix: string): void {
    const line = lineAt(this.#program.lines, slot);
    const last = this.#lastLine;
    if (line === null || line === last) return;
    // Since 6.9 two places in one line count as the same line.
    if (this.#era >= 609 && last !== null && line.file === last.file && line.line === last.line) return;
    const text = line.text.trimStart();
    this.text(`${prefix}${text}${this.#era >= 609 ? ` @ ${line.file.slice(line.file.lastIndexOf("/") + 1)}:${line.line}` : ""}`);
    this.#lastLine = line;
  }

  /** The last line. */
  statistics({ processed, maxStatesPerInstruction, totalStates, peakStates, markRead }: Statistics): void {
    this.text(
      `processed ${processed} insns (limit 1000000) max_states_per_insn ${maxStatesPerInstruction} total_states ${totalStates} peak_states ${peakStates} mark_read ${markRead}`,
    );
  }
}

/** Filled up with spaces to where the state begins. The kernel counts the instruction's newline, which it takes away again. */
function aligned(line: string): string {
  const end = line.length + 1;
  const width = Math.ceil(Math.max(end + COLUMN_STEP / 2, COLUMN) / COLUMN_STEP) * COLUMN_STEP - end - 1;
  return line + " ".repeat(width);
}
