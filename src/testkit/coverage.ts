/**
 * Which lines and branches of a program tests ran: the interpreter, one instruction after the other, with a count for each. Functions
 * that helpers call back (of `bpf_loop`) run within one instruction and are not counted.
 */

import type { Cpu } from "../engine/embedded/cpu.ts";
import type { Debuggee } from "../engine/embedded/debug/debuggee.ts";
import { faultAt } from "../engine/embedded/fault.ts";
import { Interpreter, POSITION } from "../engine/embedded/interpreter.ts";
import { type Instruction, slots } from "../isa/instruction.ts";
import { targetOf } from "../isa/jumps.ts";
import type { ProgramSpec } from "../object/spec.ts";

export interface LineCoverage {
  /** As the program's source says it. */
  readonly file: string;
  readonly line: number;
  /** How often its first instruction ran. */
  readonly hits: number;
  /** Conditional jumps of the line, in their order: how often they went on, and how often they jumped. */
  readonly branches: readonly { readonly passed: number; readonly taken: number }[];
}

export interface Coverage {
  readonly lines: readonly LineCoverage[];
  /** Lines that ran, of those that have instructions. */
  readonly covered: number;
  readonly total: number;
  /** As `genhtml` and editors read it (lcov's tracefile format). */
  readonly lcov: string;
}

/** Counts of one program, over all runs and CPUs. */
export class Counts {
  readonly spec: ProgramSpec;
  /** By slot. */
  readonly hits: Float64Array;
  /** By slot of a conditional jump: how often it jumped. */
  readonly taken: Float64Array;
  readonly instructions: readonly Instruction[];

  constructor(spec: ProgramSpec, instructions: readonly Instruction[]) {
    const size = instructions.reduce((sum, instruction) => sum + slots(instruction), 0);
    this.spec = spec;
    this.instructions = instructions;
    this.hits = new Float64Array(size);
    this.taken = new Float64Array(size);
  }
}

/** The interpreter, stepping. What a tail call goes on with is run by the other program's own executor, and counted there if it counts. */
export class CountingInterpreter extends Interpreter {
  readonly #counts: Counts;

  constructor({ resolved, helpers }: Debuggee, cpu: Cpu, counts: Counts) {
    super(resolved.code, cpu, helpers, resolved.maps);
    this.#counts = counts;
  }

  override call(context: number, fuel: number): number {
    const { position, registers } = this;
    const { hits, taken } = this.#counts;
    this.reset();
    registers[2] = context;
    this.begin();
    for (let left = fuel; ; left--) {
      const slot = position[POSITION.pc]!;
      if (left === 0) throw faultAt(this.program, slot, `stopped after ${fuel} instructions`);
      hits[slot]!++;
      if (!this.step()) return registers[0]!;
      if (position[POSITION.pc] !== slot + 1) taken[slot]!++;
    }
  }
}

export function coverageOf(programs: readonly Counts[]): Coverage {
  const lines = new Map<string, { file: string; line: number; hits: number; branches: { passed: number; taken: number }[] }>();
  for (const { spec, instructions, hits, taken } of programs) {
    const seen = new Set<string>();
    let slot = 0;
    for (const instruction of instructions) {
      const at = slot;
      slot += slots(instruction);
      const place = spec.lines.findLast((line) => line.slot <= at);
      if (place === undefined) continue;
      const key = `${place.file}:${place.line}`;
      let line = lines.get(key);
      if (line === undefined) lines.set(key, (line = { file: place.file, line: place.line, hits: 0, branches: [] }));
      // A line's instructions may be in several places; the one that ran most says how often.
      if (!seen.has(key)) line.hits = Math.max(line.hits, hits[at]!);
      if (hits[at]! > line.hits) line.hits = hits[at]!;
      seen.add(key);
      if (isBranch(instruction, at)) line.branches.push({ passed: hits[at]! - taken[at]!, taken: taken[at]! });
    }
  }
  const all = [...lines.values()].sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
  const covered = all.filter(({ hits }) => hits > 0).length;
  return { lines: all, covered, total: all.length, lcov: lcovOf(all) };
}

function isBranch(instruction: Instruction, slot: number): boolean {
  const kind = instruction.opcode & 7;
  return (
    (kind === 5 || kind === 6) &&
    targetOf(instruction, slot) !== null &&
    (instruction.opcode & 0xf0) !== 0 &&
    (instruction.opcode & 0xf0) !== 0x80
  );
}

function lcovOf(lines: readonly LineCoverage[]): string {
  const files = [...new Set(lines.map(({ file }) => file))];
  const records = files.map((file) => {
    const own = lines.filter((line) => line.file === file);
    const branches = own.flatMap(({ line, hits, branches }) =>
      branches.flatMap(({ passed, taken }, block) =>
        [passed, taken].map((count, branch) => `BRDA:${line},${block},${branch},${hits === 0 ? "-" : count}`),
      ),
    );
    const taken = branches.filter((line) => !/,[-0]$/.test(line)).length;
    return [
      "TN:",
      `SF:${file}`,
      ...branches,
      `BRF:${branches.length}`,
      `BRH:${taken}`,
      ...own.map(({ line, hits }) => `DA:${line},${hits}`),
      `LF:${own.length}`,
      `LH:${own.filter(({ hits }) => hits > 0).length}`,
      "end_of_record",
    ].join("\n");
  });
  return records.map((record) => `${record}\n`).join("");
}
