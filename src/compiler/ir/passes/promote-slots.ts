/**
 * Makes values of what lies in stack slots: bytes that are only ever loaded and stored in one piece, of a slot whose address goes
 * nowhere else, need no memory. Structs that are made, read and never passed on vanish; slots that are left without access do too.
 *
 * Other bytes of the same slot stay where they are. What is loaded before it was stored is 0.
 */

import type { BlockId, Instruction, IrFunction, Type, Value, Width } from "../ir.ts";
import { MemoryFacts } from "../memory.ts";
import { forEachOperand, forEachTerminatorOperand, mapOperands, mapTerminator } from "../operands.ts";
import { Reaching } from "../reaching.ts";

type Load = Extract<Instruction, { kind: "load" }>;
type Store = Extract<Instruction, { kind: "store" }>;

/** Bytes of a slot that are accessed in one piece. */
interface Cell {
  readonly slot: number;
  readonly offset: number;
  readonly width: Width;
  /** What holds them: an integer with the bytes above them clear. */
  type: Type;
}

/** True when something changed. */
export function promoteSlots(fn: IrFunction): boolean {
  if (fn.slots.length === 0) return false;
  const facts = new MemoryFacts(fn);
  const cells = findCells(fn, facts);
  let changed = false;
  for (const cell of cells) {
    promote(fn, facts, cell);
    changed = true;
  }
  return changed;
}

function findCells(fn: IrFunction, facts: MemoryFacts): Cell[] {
  const accesses: (Load | Store)[][] = fn.slots.map(() => []);
  const kept = fn.slots.map(() => false);
  const keep = (value: Value): void => {
    const origin = facts.origin(value);
    if (fn.values[value] === "ptr" && origin.kind === "slot") kept[origin.slot] = true;
  };
  for (const block of fn.blocks) {
    for (const instruction of block.instructions) {
      if (instruction.kind === "load" || instruction.kind === "store") {
        const { root } = facts.base(instruction.address);
        const definition = facts.definition(root);
        if (definition?.kind === "slot" && instruction.core === undefined) accesses[definition.slot]!.push(instruction);
        else keep(instruction.address);
        if (instruction.kind === "store") keep(instruction.value);
      } else if (instruction.kind !== "binary" || facts.definition(facts.base(instruction.result).root)?.kind !== "slot") {
        // Adding a constant makes an address of the same slot, which counts where it is used.
        forEachOperand(instruction, keep);
      }
    }
    forEachTerminatorOperand(block.terminator, keep);
  }
  return accesses.flatMap((list, slot) => (kept[slot] ? [] : cellsOf(fn, facts, list, slot)));
}

function cellsOf(fn: IrFunction, facts: MemoryFacts, accesses: readonly (Load | Store)[], slot: number): Cell[] {
  const cells = new Map<string, Cell>();
  const split = new Set<string>();
  for (const access of accesses) {
    const offset = facts.base(access.address).offset + access.offset;
    const { width } = access;
    const type = fn.values[access.kind === "load" ? access.result : access.value]!;
    const key = `${offset} ${width}`;
    const wanted: Type = type === "ptr" ? "ptr" : width === 8 ? "i64" : "i32";
    const known = cells.get(key);
    if (known === undefined) cells.set(key, { slot, offset, width, type: wanted });
    else if (known.type !== wanted) split.add(key);
  }
  const list = [...cells];
  return list
    .filter(([key, a]) => {
      if (split.has(key) || (a.type === "ptr" && a.width !== 8)) return false;
      return list.every(([, b]) => a === b || b.offset >= a.offset + a.width || a.offset >= b.offset + b.width);
    })
    .map(([, cell]) => cell);
}

/** Replaces the cell's loads and stores by values, which meet in block parameters. */
function promote(fn: IrFunction, facts: MemoryFacts, cell: Cell): void {
  const isOf = (instruction: Instruction): instruction is Load | Store => {
    if (instruction.kind !== "load" && instruction.kind !== "store") return false;
    const { root, offset } = facts.base(instruction.address);
    const definition = facts.definition(root);
    return (
      definition?.kind === "slot" &&
      definition.slot === cell.slot &&
      offset + instruction.offset === cell.offset &&
      instruction.width === cell.width
    );
  };
  const define = (type: Type): Value => fn.values.push(type) - 1;
  const replacement = new Map<Value, Value>();
  const resolve = (value: Value): Value => {
    let end = value;
    for (let next = replacement.get(end); next !== undefined; next = replacement.get(end)) end = next;
    return end;
  };

  // First within blocks: what each leaves, and which of its loads come before any store.
  const leaves = new Map<BlockId, Value>();
  const early: { block: BlockId; load: Load }[] = [];
  for (const [id, block] of fn.blocks.entries()) {
    let current: Value | null = null;
    block.instructions = block.instructions.flatMap((instruction): Instruction[] => {
      if (!isOf(instruction)) return [instruction];
      if (instruction.kind === "store") {
        const kept = truncated(fn, cell, instruction, define);
        current = kept === null ? instruction.value : kept.result;
        return kept === null ? [] : [kept];
      }
      if (current === null) {
        early.push({ block: id, load: instruction });
        return [instruction]; // replaced below
      }
      return loaded(fn, cell, instruction, current, replacement);
    });
    if (current !== null) leaves.set(id, current);
  }

  // Then between them.
  const reaching = new Reaching(fn, cell.type, leaves);
  for (const { block, load } of early) {
    const value = reaching.atEntry(block);
    fn.blocks[block]!.instructions = fn.blocks[block]!.instructions.flatMap((instruction) =>
      instruction === load ? loaded(fn, cell, load, value, replacement) : [instruction],
    );
  }
  reaching.complete();
  for (const block of fn.blocks) {
    block.instructions = block.instructions.map((instruction) => mapOperands(instruction, resolve));
    block.terminator = mapTerminator(block.terminator, resolve);
  }
}

/** What the store leaves in the bytes, where that is not the stored value itself. */
function truncated(
  fn: IrFunction,
  cell: Cell,
  { value, location }: Store,
  define: (type: Type) => Value,
): (Instruction & { result: Value }) | null {
  const type = fn.values[value]!;
  if (type === cell.type && cell.width === (type === "i32" ? 4 : 8)) return null;
  return {
    kind: "extend",
    result: define(cell.type),
    sign: false,
    from: (cell.width * 8) as 8 | 16 | 32,
    operand: value,
    location,
  };
}

/** What the load gives, of the value that the bytes hold. */
function loaded(fn: IrFunction, cell: Cell, load: Load, value: Value, replacement: Map<Value, Value>): Instruction[] {
  const type = fn.values[load.result]!;
  const whole = cell.width === (cell.type === "i32" ? 4 : 8);
  if (type === cell.type && (whole || !load.sign)) {
    replacement.set(load.result, value);
    return [];
  }
  const from = (cell.width * 8) as 8 | 16 | 32;
  return [{ kind: "extend", result: load.result, sign: load.sign, from, operand: value, location: load.location }];
}
