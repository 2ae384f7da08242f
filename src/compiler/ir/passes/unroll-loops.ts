/**
 * Writes out loops that run a known number of times: one copy of the body for each time. What counts is then a constant in each copy, so
 * arrays on the stack become values, offsets into packets constants, and neither counting nor testing is left.
 *
 * How often a loop runs is found by running it: what its tests compare is computed from the constants that it begins with, time after time,
 * until one of them leaves. That is exact, so in the copies these tests are decided.
 */

import { type Bits, evaluateBinary, evaluateCondition, evaluateExtend, evaluateToBig } from "../arithmetic.ts";
import { graphOf } from "../canonical.ts";
import { Dominance } from "../dominance.ts";
import type { BlockId, Instruction, IrFunction, Target, Value } from "../ir.ts";
import { type Loop, naturalLoops } from "../loops.ts";
import {
  forEachOperand,
  forEachTerminatorOperand,
  mapOperands,
  mapTargets,
  mapTerminator,
  resultOf,
  targets,
  withResult,
} from "../operands.ts";
import { replaceReads } from "../reaching.ts";

/** Instructions that all copies of a loop may have together: about as many as clang allows. */
const MOST_COPIED = 128;

/** True when something changed. The loop itself remains, unreachable. */
export function unrollLoops(fn: IrFunction): boolean {
  const dominance = new Dominance(graphOf(fn));
  const loops = naturalLoops(graphOf(fn), dominance);
  const headers = new Set(loops.map(({ header }) => header));
  for (const loop of loops) {
    // Outer loops when what is inside has been written out.
    if ([...loop.nodes].some((node) => node !== loop.header && headers.has(node))) continue;
    const plan = planOf(fn, loop, dominance);
    if (plan === null) continue;
    writeOut(fn, loop, plan);
    return true; // the graph has changed; the next round sees to other loops
  }
  return false;
}

interface Plan {
  readonly entry: BlockId;
  /** Of each time, the last one included, which leaves: how the tests that count end. */
  readonly outcomes: readonly ReadonlyMap<BlockId, boolean>[];
}

function planOf(fn: IrFunction, loop: Loop, dominance: Dominance): Plan | null {
  const size = sizeOf(fn, loop);
  const ways = fn.blocks.flatMap(({ terminator }, from) =>
    dominance.isReachable(from)
      ? targets(terminator).flatMap((target) => (target.block === loop.header ? [{ from, target }] : []))
      : [],
  );
  const [enter, ...others] = ways.filter(({ from }) => !loop.nodes.has(from));
  const [again, ...more] = ways.filter(({ from }) => loop.nodes.has(from));
  if (size === null || enter === undefined || again === undefined || others.length > 0 || more.length > 0) return null;

  // Tests that leave the loop, or not, each time.
  const tests = [...loop.nodes].filter(
    (node) =>
      dominance.dominates(node, again.from) &&
      targets(fn.blocks[node]!.terminator).some((target) => !loop.nodes.has(target.block)),
  );
  const outcomes: ReadonlyMap<BlockId, boolean>[] = [];
  let numbers = new Numbers(fn, loop);
  numbers.pass(fn.blocks[loop.header]!.parameters, enter.target, new Numbers(fn, loop));
  while ((outcomes.length + 1) * size <= MOST_COPIED) {
    const decided = new Map<BlockId, boolean>();
    let leaves = false;
    for (const test of tests) {
      const { terminator } = fn.blocks[test]!;
      const holds = terminator.kind === "branch" ? numbers.decide(terminator) : null;
      if (holds === null || terminator.kind !== "branch") continue;
      decided.set(test, holds);
      if (!loop.nodes.has((holds ? terminator.then : terminator.else).block)) leaves = true;
    }
    if (decided.size === 0) return null;
    outcomes.push(decided);
    if (leaves) return { entry: enter.from, outcomes };
    const next = new Numbers(fn, loop);
    next.pass(fn.blocks[loop.header]!.parameters, again.target, numbers);
    numbers = next;
  }
  return null;
}

/** How many instructions a copy has; null when it does what is not copied: verifiers track what each call made. */
function sizeOf(fn: IrFunction, { nodes }: Loop): number | null {
  let size = 0;
  for (const node of nodes) {
    const { instructions } = fn.blocks[node]!;
    if (instructions.some(({ kind }) => kind === "call" || kind === "atomic")) return null;
    size += instructions.filter(({ kind }) => kind !== "const").length + 1;
  }
  return size;
}

/** What is a number, one time around a loop. */
class Numbers {
  readonly #fn: IrFunction;
  readonly #definitions: ReadonlyMap<Value, Instruction>;
  readonly #known = new Map<Value, bigint | null>();

  constructor(fn: IrFunction, { nodes }: Loop) {
    this.#fn = fn;
    const definitions = new Map<Value, Instruction>();
    for (const [id, { instructions }] of fn.blocks.entries()) {
      for (const instruction of instructions) {
        const result = resultOf(instruction);
        if (result !== null && (instruction.kind === "const" || nodes.has(id))) definitions.set(result, instruction);
      }
    }
    this.#definitions = definitions;
  }

  pass(parameters: readonly Value[], target: Target, from: Numbers): void {
    for (const [index, parameter] of parameters.entries()) this.#known.set(parameter, from.of(target.arguments[index]!));
  }

  of(value: Value): bigint | null {
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    this.#known.set(value, null);
    const computed = this.#compute(value);
    this.#known.set(value, computed);
    return computed;
  }

  decide({
    condition,
    left,
    right,
  }: Pick<Extract<Instruction, { kind: "compare" }>, "condition" | "left" | "right">): boolean | null {
    const [a, b] = [this.of(left), this.of(right)];
    return a === null || b === null ? null : evaluateCondition(condition, this.#bits(left), a, b);
  }

  #bits(value: Value): Bits {
    return this.#fn.values[value] === "i32" ? 32 : 64;
  }

  #compute(value: Value): bigint | null {
    const instruction = this.#definitions.get(value);
    switch (instruction?.kind) {
      case "const":
        return this.#fn.values[value] === "ptr" ? null : instruction.value;
      case "binary": {
        const [left, right] = [this.of(instruction.left), this.of(instruction.right)];
        return left === null || right === null ? null : evaluateBinary(instruction.op, this.#bits(value), left, right);
      }
      case "compare": {
        const holds = this.decide(instruction);
        return holds === null ? null : BigInt(holds);
      }
      case "extend": {
        const operand = this.of(instruction.operand);
        return operand === null ? null : evaluateExtend(instruction.sign, instruction.from, this.#bits(value), operand);
      }
      case "to-big": {
        const operand = this.of(instruction.operand);
        return operand === null ? null : evaluateToBig(instruction.bits, operand);
      }
      default:
        return null;
    }
  }
}

function writeOut(fn: IrFunction, loop: Loop, { entry, outcomes }: Plan): void {
  const nodes = [...loop.nodes];
  const read = readOutside(fn, loop);
  /** Where each value that is read behind the loop is defined, and what it is there. */
  const defined = new Map<Value, Map<BlockId, Value>>();
  const first = fn.blocks.length;
  const placeOf = new Map(nodes.map((node, index) => [node, index]));
  const copyOf = (time: number, node: BlockId): BlockId => first + time * nodes.length + placeOf.get(node)!;

  for (const [time, decided] of outcomes.entries()) {
    const copies = new Map<Value, Value>();
    const define = (value: Value, node: BlockId): Value => {
      const fresh = fn.values.push(fn.values[value]!) - 1;
      copies.set(value, fresh);
      if (read.has(value)) {
        const places = defined.get(value) ?? new Map([[node, value]]);
        defined.set(value, places.set(copyOf(time, node), fresh));
      }
      return fresh;
    };
    const copy = (value: Value): Value => copies.get(value) ?? value;
    // All definitions before all uses: nodes come in any order.
    const made = nodes.map((node) => ({
      node,
      parameters: fn.blocks[node]!.parameters.map((parameter) => define(parameter, node)),
      results: fn.blocks[node]!.instructions.map((instruction) => {
        const result = resultOf(instruction);
        return result === null ? null : define(result, node);
      }),
    }));
    for (const { node, parameters, results } of made) {
      const block = fn.blocks[node]!;
      const instructions = block.instructions.map((instruction, index) => {
        const result = results[index];
        const mapped = mapOperands(instruction, copy);
        return result === null || result === undefined ? mapped : withResult(mapped, result);
      });
      const holds = decided.get(node);
      const { terminator } = block;
      const kept =
        holds === undefined || terminator.kind !== "branch"
          ? terminator
          : { kind: "jump" as const, target: holds ? terminator.then : terminator.else, location: terminator.location };
      const next = mapTargets(mapTerminator(kept, copy), (target) => ({
        block: follow(target.block, time),
        arguments: [...target.arguments],
      }));
      fn.blocks.push({ parameters, instructions, terminator: next });
    }
  }
  function follow(block: BlockId, time: number): BlockId {
    if (!loop.nodes.has(block)) return block;
    if (block !== loop.header) return copyOf(time, block);
    // Behind the last time nobody comes around.
    return time + 1 < outcomes.length ? copyOf(time + 1, block) : block;
  }

  const before = fn.blocks[entry]!;
  before.terminator = mapTargets(before.terminator, (target) =>
    target.block === loop.header ? { ...target, block: copyOf(0, loop.header) } : target,
  );
  const copied = new Set(fn.blocks.flatMap((_, id) => (id >= first || loop.nodes.has(id) ? [id] : [])));
  for (const [value, places] of defined) replaceReads(fn, value, places, copied);
}

/** What the loop defines and somebody behind it reads. */
function readOutside(fn: IrFunction, { nodes }: Loop): ReadonlySet<Value> {
  const inside = new Set<Value>();
  for (const node of nodes) {
    const { parameters, instructions } = fn.blocks[node]!;
    for (const parameter of parameters) inside.add(parameter);
    for (const instruction of instructions) {
      const result = resultOf(instruction);
      if (result !== null) inside.add(result);
    }
  }
  const read = new Set<Value>();
  const see = (value: Value): void => {
    if (inside.has(value)) read.add(value);
  };
  for (const [id, { instructions, terminator }] of fn.blocks.entries()) {
    if (nodes.has(id)) continue;
    for (const instruction of instructions) forEachOperand(instruction, see);
    forEachTerminatorOperand(terminator, see);
  }
  return read;
}
