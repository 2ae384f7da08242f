/** Which registers cannot be one: the graph that the allocator colours, with the moves it would like to remove. */

import { Dominance } from "../ir/dominance.ts";
import { loopDepths, naturalLoops } from "../ir/loops.ts";
import { registerLiveness, walkBackwards } from "./flow.ts";
import {
  forEachDefinition,
  forEachTerminatorUse,
  forEachUse,
  isSpill,
  type MachineFunction,
  type MachineInstruction,
  machineGraph,
  type Register,
} from "./machine.ts";

export class Interference {
  /** Number of registers, physical ones included. */
  readonly size: number;
  readonly neighbours: Register[][];
  /** Pairs of registers that moves connect, with how often they run. Never a register with itself. */
  readonly moves: { readonly to: Register; readonly from: Register; readonly weight: number }[] = [];
  /** How often each register is read or written, ten times for each loop around. */
  readonly weight: Float64Array;
  readonly #matrix: Uint32Array;

  constructor(fn: MachineFunction) {
    this.size = fn.registers;
    this.neighbours = Array.from({ length: this.size }, () => []);
    this.weight = new Float64Array(this.size);
    // Half a matrix of bits: a thousand registers are 62 KB.
    this.#matrix = new Uint32Array(((this.size * (this.size + 1)) >>> 6) + 1);

    const graph = machineGraph(fn);
    const depths = loopDepths(graph, naturalLoops(graph, new Dominance(graph)));
    const live = registerLiveness(fn);
    for (const [id, block] of fn.blocks.entries()) {
      const frequency = 10 ** Math.min(depths[id]!, 6);
      const count = (place: number): void => {
        if (!isSpill(place)) this.weight[place]! += frequency;
      };
      forEachTerminatorUse(block.end, count);
      walkBackwards(block, live.out[id]!.copy(), (instruction, _, after) => {
        forEachUse(instruction, count);
        forEachDefinition(instruction, count);
        this.#visit(instruction, frequency, (visit) => after.forEach(visit));
      });
    }
  }

  has(a: Register, b: Register): boolean {
    const bit = a > b ? (a * (a + 1)) / 2 + b : (b * (b + 1)) / 2 + a;
    return ((this.#matrix[bit >>> 5]! >>> (bit & 31)) & 1) !== 0;
  }

  /** True when the edge is new. */
  add(a: Register, b: Register): boolean {
    if (a === b) return false;
    const bit = a > b ? (a * (a + 1)) / 2 + b : (b * (b + 1)) / 2 + a;
    if (((this.#matrix[bit >>> 5]! >>> (bit & 31)) & 1) !== 0) return false;
    this.#matrix[bit >>> 5]! |= 1 << (bit & 31);
    this.neighbours[a]!.push(b);
    this.neighbours[b]!.push(a);
    return true;
  }

  #visit(instruction: MachineInstruction, weight: number, forEachLive: (visit: (register: Register) => void) => void): void {
    if (instruction.kind !== "move") {
      const defined: Register[] = [];
      forEachDefinition(instruction, (register) => defined.push(register));
      for (const register of defined) {
        forEachLive((other) => {
          this.add(register, other);
        });
        for (const other of defined) this.add(register, other);
      }
      // Not a copy, but one instruction less to read when both are one register.
      if (instruction.kind === "zero-extend") this.#affinity(instruction.to, instruction.from, weight / 16);
      return;
    }
    const written = new Set(instruction.moves.map(({ to }) => to));
    for (const { to, from } of instruction.moves) {
      if (isSpill(to)) continue;
      // A copy may share its register with the original, which holds the same, unless the same move overwrites that.
      const original = from.kind === "place" && !written.has(from.place) ? from.place : -1;
      forEachLive((other) => {
        if (other !== original) this.add(to, other);
      });
      for (const other of written) if (!isSpill(other)) this.add(to, other);
      if (from.kind === "place" && !isSpill(from.place)) this.#affinity(to, from.place, weight);
    }
  }

  #affinity(to: Register, from: Register, weight: number): void {
    if (to !== from) this.moves.push({ to, from, weight });
  }
}
