/**
 * What accesses to memory have to do with each other: which may touch the same bytes, and what a call may change.
 *
 * Every pointer is followed to where it came from: a stack slot, the context, the packet, a map's value, a record of a ring
 * buffer, or something unknown. Different origins share no bytes, but for the unknown, which may be all but a slot whose address
 * never went anywhere.
 */

import { effectsOf, GIVES_MAP_VALUE } from "./effects.ts";
import type { Instruction, IrFunction, Target, Value } from "./ir.ts";
import { forEachTerminatorOperand, resultOf, targets } from "./operands.ts";

export type Origin =
  | { readonly kind: "slot"; readonly slot: number }
  | { readonly kind: "context" | "packet" | "map" | "record" | "unknown" };

/** Bytes: `width` of them at `offset` from what `root` points at. An offset that is not known is null, and then so is nothing of the width. */
export interface Place {
  readonly root: Value;
  readonly offset: number | null;
  readonly width: number;
}

const CONTEXT: Origin = { kind: "context" };
const PACKET: Origin = { kind: "packet" };
const MAP: Origin = { kind: "map" };
const RECORD: Origin = { kind: "record" };
const UNKNOWN: Origin = { kind: "unknown" };

export class MemoryFacts {
  readonly #fn: IrFunction;
  readonly #definitions: (Instruction | null)[];
  readonly #constants = new Map<Value, bigint>();
  /** Null: nothing but null, so far. */
  readonly #origins: (Origin | null)[];
  /** By slot: whether its address may be known to who is not named here. */
  readonly #escaped: boolean[];

  /** `isProgram`: the first parameter is a context; else parameters may point at anything. */
  constructor(fn: IrFunction, isProgram = false) {
    this.#fn = fn;
    this.#definitions = fn.values.map(() => null);
    this.#origins = fn.values.map(() => null);
    this.#escaped = fn.slots.map(() => false);
    for (const parameter of fn.parameters) this.#origins[parameter] = UNKNOWN;
    if (isProgram && fn.parameters[0] !== undefined) this.#origins[fn.parameters[0]] = CONTEXT;
    for (const block of fn.blocks) {
      for (const instruction of block.instructions) {
        const result = resultOf(instruction);
        if (result !== null) this.#definitions[result] = instruction;
        if (instruction.kind === "const") this.#constants.set(instruction.result, instruction.value);
      }
    }
    this.#findOrigins();
    this.#findEscapes();
  }

  definition(value: Value): Instruction | null {
    return this.#definitions[value] ?? null;
  }

  origin(pointer: Value): Origin {
    return this.#origins[pointer] ?? UNKNOWN;
  }

  isNull(value: Value): boolean {
    return this.#fn.values[value] === "ptr" && this.#constants.get(value) === 0n;
  }

  /** A pointer that cannot be null: of something that exists, or one that was added to, which only a checked pointer may be. */
  isAddress(value: Value): boolean {
    if (this.#fn.values[value] !== "ptr") return false;
    const kind = this.#definitions[value]?.kind;
    return kind === "binary" || kind === "slot" || kind === "map" || kind === "map-value";
  }

  hasEscaped(slot: number): boolean {
    return this.#escaped[slot] ?? true;
  }

  /** The bytes of a load, store or atomic operation. */
  place(access: Extract<Instruction, { kind: "load" | "store" | "atomic" }>): Place {
    const { root, offset } = this.base(access.address);
    if (access.kind !== "atomic" && access.core !== undefined) return { root, offset: null, width: access.width };
    return { root, offset: offset + access.offset, width: access.width };
  }

  /** The pointer without constants that were added. */
  base(pointer: Value): { root: Value; offset: number } {
    let root = pointer;
    let offset = 0;
    for (;;) {
      const definition = this.#definitions[root];
      if (definition?.kind !== "binary" || this.#fn.values[root] !== "ptr") return { root, offset };
      const amount = this.#constants.get(definition.right);
      if (amount === undefined) return { root, offset };
      const signed = BigInt.asIntN(64, amount);
      const total = BigInt(offset) + (definition.op === "sub" ? -signed : signed);
      if (total <= -(1n << 29n) || total >= 1n << 29n) return { root, offset };
      offset = Number(total);
      root = definition.left;
    }
  }

  mayOverlap(a: Place, b: Place): boolean {
    if (a.root === b.root) {
      if (a.offset === null || b.offset === null) return true;
      return a.offset < b.offset + b.width && b.offset < a.offset + a.width;
    }
    return this.mayShare(this.origin(a.root), this.origin(b.root));
  }

  /** Whether memory of these origins may be the same. */
  mayShare(a: Origin, b: Origin): boolean {
    if (a.kind === "slot" && b.kind === "slot") return a.slot === b.slot;
    if (a.kind === "slot") return b.kind === "unknown" && this.hasEscaped(a.slot);
    if (b.kind === "slot") return a.kind === "unknown" && this.hasEscaped(b.slot);
    return a.kind === b.kind || a.kind === "unknown" || b.kind === "unknown";
  }

  /** Whether the instruction may change bytes of the place. */
  mayWrite(instruction: Instruction, place: Place): boolean {
    switch (instruction.kind) {
      case "store":
        return this.mayOverlap(this.place(instruction), place);
      case "atomic": {
        // Atomic operations order other accesses to what is shared.
        const origin = this.origin(place.root);
        return origin.kind !== "slot" || this.hasEscaped(origin.slot) || this.mayOverlap(this.place(instruction), place);
      }
      case "call":
        return this.#mayCallWrite(instruction, this.origin(place.root));
      default:
        return false;
    }
  }

  #mayCallWrite(call: Extract<Instruction, { kind: "call" }>, origin: Origin): boolean {
    const effects = effectsOf(call.callee);
    if (effects === null) return origin.kind !== "slot" || this.hasEscaped(origin.slot);
    if (effects.maps && this.mayShare(MAP, origin)) return true;
    if (effects.packet && (this.mayShare(PACKET, origin) || this.mayShare(CONTEXT, origin))) return true;
    return effects.writes.some((index) => {
      const argument = call.arguments[index];
      return argument !== undefined && this.mayShare(this.origin(argument), origin);
    });
  }

  /** Whether the call may look at bytes of the slot. */
  mayCallRead(call: Extract<Instruction, { kind: "call" }>, slot: number): boolean {
    // Its address may be in memory that the call looks at.
    if (this.hasEscaped(slot)) return true;
    return call.arguments.some(
      (argument) => this.#fn.values[argument] === "ptr" && this.mayShare(this.origin(argument), { kind: "slot", slot }),
    );
  }

  /** Origins of pointers through additions and blocks, until nothing changes: what meets other origins is unknown. */
  #findOrigins(): void {
    const fn = this.#fn;
    const set = (value: Value, origin: Origin | null): boolean => {
      const before = this.#origins[value] ?? null;
      const after = join(before, origin);
      this.#origins[value] = after;
      return before !== after;
    };
    for (let changed = true; changed; ) {
      changed = false;
      for (const block of fn.blocks) {
        for (const instruction of block.instructions) {
          const result = resultOf(instruction);
          if (result === null || fn.values[result] !== "ptr") continue;
          if (set(result, this.#ownOrigin(instruction))) changed = true;
        }
        for (const target of targets(block.terminator)) {
          for (const [index, parameter] of fn.blocks[target.block]!.parameters.entries()) {
            if (fn.values[parameter] !== "ptr") continue;
            if (set(parameter, this.#origins[target.arguments[index]!] ?? null)) changed = true;
          }
        }
      }
    }
  }

  #ownOrigin(instruction: Instruction): Origin | null {
    switch (instruction.kind) {
      case "const":
        return null; // null points at nothing
      case "slot":
        return { kind: "slot", slot: instruction.slot };
      case "map-value":
        return MAP;
      case "binary":
        return this.#origins[instruction.left] ?? null;
      case "field-address":
        return this.#origins[instruction.address] ?? null;
      case "load":
        return instruction.width === 4 ? PACKET : UNKNOWN;
      case "call":
        if (GIVES_MAP_VALUE.has(instruction.callee.name)) return MAP;
        return instruction.callee.name === "bpf_ringbuf_reserve" ? RECORD : UNKNOWN;
      default:
        return UNKNOWN;
    }
  }

  #findEscapes(): void {
    const fn = this.#fn;
    const leak = (value: Value): void => {
      const origin = this.#origins[value];
      if (origin?.kind === "slot") this.#escaped[origin.slot] = true;
    };
    const pass = (target: Target): void => {
      for (const [index, parameter] of fn.blocks[target.block]!.parameters.entries()) {
        if (this.#origins[parameter]?.kind !== "slot") leak(target.arguments[index]!);
      }
    };
    for (const block of fn.blocks) {
      for (const instruction of block.instructions) {
        if (instruction.kind === "store" || instruction.kind === "atomic") leak(instruction.value);
        else if (instruction.kind === "address-space-cast") leak(instruction.operand);
        else if (instruction.kind === "call" && effectsOf(instruction.callee) === null) instruction.arguments.forEach(leak);
      }
      for (const target of targets(block.terminator)) pass(target);
      if (block.terminator.kind === "return") forEachTerminatorOperand(block.terminator, leak);
    }
  }
}

function join(a: Origin | null, b: Origin | null): Origin | null {
  if (a === null) return b;
  if (b === null || a === b) return a;
  if (a.kind !== b.kind) return UNKNOWN;
  return a.kind === "slot" && b.kind === "slot" && a.slot !== b.slot ? UNKNOWN : a;
}
