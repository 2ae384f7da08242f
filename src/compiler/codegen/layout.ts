/**
 * Puts blocks in order and connects them by jumps.
 *
 * A block is followed by the successor that probably runs next, so that the common path falls through: the one in the deeper
 * loop, then the one that does not leave the function at once, then the one that does more than set what is assumed otherwise.
 * The kernel's verifier walks what falls through first, and prunes other ways that come with less: a constant after a number
 * that was read, but not the other way round. A short block that ends the function is copied instead of jumped to, but falling into it is better still.
 */

import type { Instruction } from "../../isa/instruction.ts";
import { slots } from "../../isa/instruction.ts";
import * as make from "../../isa/make.ts";
import type { CpuVersion, JumpCondition } from "../../isa/opcodes.ts";
import { Dominance } from "../ir/dominance.ts";
import { type Loop, loopDepths, naturalLoops } from "../ir/loops.ts";
import { type Emitted, type EmittedBlock, jumpIf } from "./emit.ts";
import { CodegenError } from "./errors.ts";
import type { Test } from "./machine.ts";

/** A block that ends the function and has at most so many instructions before its `exit` is copied to where it would be jumped to. */
const COPIED_EXIT = 2;

/** Blocks of at most so many instructions are compared with each other. */
const SHARED_EDGE = 4;

const MOV32_IMM = make.movImm(32, 0, 0).opcode;
const MOV64_IMM = make.movImm(64, 0, 0).opcode;

/** A loop whose test has at most so many instructions before its branch gets a copy of it in front. */
const COPIED_TEST = 8;

export function connect(name: string, given: readonly EmittedBlock[], cpu: CpuVersion): Emitted[] {
  const blocks = invertLoops(shareEdges(skipEmpty(given)));
  const order = withoutCopied(blocks, orderBlocks(blocks, cpu));
  return assemble(name, blocks, order, cpu);
}

/** Jumps go past blocks that do nothing but jump; branches whose sides became one are jumps. */
function skipEmpty(blocks: readonly EmittedBlock[]): EmittedBlock[] {
  const destination = (block: number): number => {
    let at = block;
    for (const seen = new Set<number>(); !seen.has(at); ) {
      seen.add(at);
      const { code, end } = blocks[at]!;
      if (code.length > 0 || end.kind !== "jump") return at;
      at = end.target;
    }
    return at; // an empty endless loop
  };
  return blocks.map(({ code, end }) => {
    const { location } = end;
    if (end.kind === "jump") return { code, end: { kind: "jump", target: destination(end.target), location } };
    if (end.kind === "exit") return { code, end };
    const taken = destination(end.taken);
    const other = destination(end.other);
    return taken === other ? { code, end: { kind: "jump", target: taken, location } } : { code, end: { ...end, taken, other } };
  });
}

/** Short blocks that do the same and go on to the same block become one: the moves of edges that pass the same values. */
function shareEdges(blocks: readonly EmittedBlock[]): EmittedBlock[] {
  const first = new Map<string, number>();
  const same = blocks.map(({ code, end }, id) => {
    if (id === 0 || end.kind !== "jump" || code.length > SHARED_EDGE) return id;
    const text = code.map(({ instruction: { opcode, dst, src, offset, imm, high }, reference }) =>
      [opcode, dst, src, offset, imm, high, JSON.stringify(reference)].join(" "),
    );
    const key = `${text.join("; ")} goto ${end.target}`;
    const known = first.get(key);
    if (known === undefined) first.set(key, id);
    return known ?? id;
  });
  return blocks.map(({ code, end }) => {
    if (end.kind === "jump") return { code, end: { ...end, target: same[end.target]! } };
    if (end.kind === "exit") return { code, end };
    const [taken, other] = [same[end.taken]!, same[end.other]!];
    return { code, end: taken === other ? { kind: "jump", target: taken, location: end.location } : { ...end, taken, other } };
  });
}

/** Whether a jump to the block is better made by a copy of it. */
function isCopied({ code, end }: EmittedBlock): boolean {
  return end.kind === "exit" && code.length <= COPIED_EXIT;
}

/** The order without blocks that every jump copies, and that no branch nor the block before goes to: verifiers refuse code that is not reached. */
function withoutCopied(blocks: readonly EmittedBlock[], given: readonly number[]): number[] {
  for (let order = [...given]; ; ) {
    const needed = new Set<number>([0]);
    for (const [index, id] of order.entries()) {
      const { end } = blocks[id]!;
      if (end.kind === "branch") needed.add(end.taken).add(end.other);
      else if (end.kind === "jump" && (end.target === order[index + 1] || !isCopied(blocks[end.target]!))) needed.add(end.target);
    }
    const kept = order.filter((id) => needed.has(id));
    if (kept.length === order.length) return order;
    order = kept;
  }
}

/**
 * Copies the test of a `while` before its loop, so that the loop itself is a `do … while`: an iteration takes one jump, the test's,
 * instead of two. (To enter the loop by a jump to its test at the bottom would need no copy, but Linux 6.1 refuses a loop
 * that is closed by falling through: "back-edge from insn".)
 */
function invertLoops(given: readonly EmittedBlock[]): EmittedBlock[] {
  const blocks = [...given];
  // A test is copied once, whatever loop it then begins: else nested loops could go on for ever.
  const copied = new Set<EmittedBlock["code"]>();
  for (;;) {
    // Each inversion changes the graph.
    const graph = blocks.map(successors);
    const loop = naturalLoops(graph, new Dominance(graph)).find(
      (candidate) => isWhile(candidate, blocks) && !copied.has(blocks[candidate.header]!.code),
    );
    if (loop === undefined) return blocks;
    const { header, nodes } = loop;
    const test = blocks[header]!;
    copied.add(test.code);
    const copy = blocks.push(test) - 1;
    const enter = (block: number): number => (block === header ? copy : block);
    for (const [id, successors] of graph.entries()) {
      if (nodes.has(id) || !successors.includes(header)) continue;
      const { code, end } = blocks[id]!;
      if (end.kind === "jump") blocks[id] = { code, end: { ...end, target: enter(end.target) } };
      else if (end.kind === "branch") blocks[id] = { code, end: { ...end, taken: enter(end.taken), other: enter(end.other) } };
    }
  }
}

/** A loop that is left at its top, by a test short enough to copy, and closed by a jump. */
function isWhile({ header, nodes }: Loop, blocks: readonly EmittedBlock[]): boolean {
  const { code, end } = blocks[header]!;
  if (header === 0 || code.length > COPIED_TEST || end.kind !== "branch" || nodes.has(end.taken) === nodes.has(end.other))
    return false;
  if (nodes.has(end.taken) ? end.taken === header : end.other === header) return false;
  return [...nodes].some((node) => {
    const back = blocks[node]!.end;
    return back.kind === "jump" && back.target === header;
  });
}

function successors({ end }: EmittedBlock): number[] {
  return end.kind === "jump" ? [end.target] : end.kind === "branch" ? [end.taken, end.other] : [];
}

/**
 * The reachable blocks as chains: each block is followed by its best successor whose other predecessors, backward jumps aside,
 * stand already. So code reads from top to bottom, and loops are contiguous.
 */
function orderBlocks(blocks: readonly EmittedBlock[], cpu: CpuVersion): number[] {
  const graph = blocks.map(successors);
  const dominance = new Dominance(graph);
  const depths = loopDepths(graph, naturalLoops(graph, dominance));
  const position = new Map(dominance.order.map((block, index) => [block, index]));
  const waiting = new Uint32Array(blocks.length);
  const isForward = (from: number, to: number): boolean => position.get(from)! < position.get(to)!;
  for (const from of dominance.order) {
    for (const to of new Set(graph[from])) if (isForward(from, to)) waiting[to]!++;
  }
  const leaves = (block: number): number => {
    const { code, end } = blocks[block]!;
    return end.kind === "exit" ? 2 : end.kind === "jump" && code.every(({ instruction }) => setsConstant(instruction)) ? 1 : 0;
  };
  // The best comes last: it is taken from the end.
  const worstFirst = (a: number, b: number): number =>
    depths[a]! - depths[b]! || leaves(b) - leaves(a) || position.get(b)! - position.get(a)!;

  const order: number[] = [];
  const ready: number[] = [0];
  for (let block = ready.pop(); block !== undefined; block = ready.pop()) {
    order.push(block);
    const open = [...new Set(graph[block])].filter((to) => isForward(block!, to) && --waiting[to]! === 0);
    open.sort(worstFirst);
    const { end } = blocks[block]!;
    // A test without an inverse falls through to its other side, or costs a jump more.
    if (end.kind === "branch" && open.at(-1) === end.taken && open.length > 1 && invert(end.test, cpu) === null) open.reverse();
    ready.push(...open);
  }
  return order;
}

/** `r1 = 0`, `w1 = 0`: what `?? 0` does. */
function setsConstant({ opcode }: Instruction): boolean {
  return opcode === MOV32_IMM || opcode === MOV64_IMM;
}

/** A block's code with the jumps that end it; `target` is the block that a jump goes to. */
interface Placed {
  readonly emitted: Emitted;
  readonly jump: { readonly from: number; readonly target: number; readonly long: boolean; readonly test: Test | null } | null;
}

function assemble(name: string, blocks: readonly EmittedBlock[], order: readonly number[], cpu: CpuVersion): Emitted[] {
  const far = new Set<string>();
  for (;;) {
    const starts = new Map<number, number>();
    const placed: Placed[] = [];
    let slot = 0;
    const put = (item: Placed): void => {
      placed.push(item);
      slot += slots(item.emitted.instruction);
    };
    for (const [index, id] of order.entries()) {
      starts.set(id, slot);
      const next = order[index + 1];
      const block = blocks[id]!;
      for (const emitted of block.code) put({ emitted, jump: null });
      let { end } = block;
      if (end.kind === "jump" && end.target !== next && isCopied(blocks[end.target]!)) {
        for (const emitted of blocks[end.target]!.code) put({ emitted, jump: null });
        end = blocks[end.target]!.end;
      }
      const place = (target: number, test: Test | null): void => {
        const long = far.has(`${id} ${target}`);
        if (long && test !== null) {
          // Conditional jumps reach 32767 slots: jump over a long one.
          put({ emitted: { instruction: jumpIf(test, 1), location: end.location, reference: null }, jump: null });
          put({ emitted: { instruction: make.jump(1), location: end.location, reference: null }, jump: null });
        }
        const instruction = test === null || long ? (long ? make.jumpLong(0) : make.jump(0)) : jumpIf(test, 0);
        put({
          emitted: { instruction, location: end.location, reference: null },
          jump: { from: id, target, long, test: long ? null : test },
        });
      };
      if (end.kind === "exit")
        put({ emitted: { instruction: make.exit(), location: end.location, reference: null }, jump: null });
      else if (end.kind === "jump") {
        if (end.target !== next) place(end.target, null);
      } else {
        const inverse = end.taken === next ? invert(end.test, cpu) : null;
        if (inverse !== null) place(end.other, inverse);
        else {
          place(end.taken, end.test);
          if (end.other !== next) place(end.other, null);
        }
      }
    }
    if (!markFar(name, placed, starts, far, cpu)) return resolve(placed, starts);
  }
}

/** Finds jumps that do not reach; true when there are new ones, which move everything after them. */
function markFar(
  name: string,
  placed: readonly Placed[],
  starts: ReadonlyMap<number, number>,
  far: Set<string>,
  cpu: CpuVersion,
): boolean {
  let found = false;
  let slot = 0;
  for (const { emitted, jump } of placed) {
    slot += slots(emitted.instruction);
    if (jump === null || jump.long) continue;
    const distance = starts.get(jump.target)! - slot;
    if (distance >= -32768 && distance <= 32767) continue;
    if (cpu < 4) {
      throw new CodegenError(name, `a jump of ${distance} slots needs cpu v4 (Linux 6.6); split the function into smaller ones`);
    }
    far.add(`${jump.from} ${jump.target}`);
    found = true;
  }
  return found;
}

function resolve(placed: readonly Placed[], starts: ReadonlyMap<number, number>): Emitted[] {
  let slot = 0;
  return placed.map(({ emitted, jump }) => {
    slot += slots(emitted.instruction);
    if (jump === null) return emitted;
    const distance = starts.get(jump.target)! - slot;
    const instruction: Instruction =
      jump.test !== null ? jumpIf(jump.test, distance) : jump.long ? make.jumpLong(distance) : make.jump(distance);
    return { ...emitted, instruction };
  });
}

const INVERSE: Readonly<Record<JumpCondition, JumpCondition | null>> = {
  eq: "ne",
  ne: "eq",
  gt: "le",
  le: "gt",
  ge: "lt",
  lt: "ge",
  sgt: "sle",
  sle: "sgt",
  sge: "slt",
  slt: "sge",
  set: null,
};

/** cpu v1 writes `a < b` as `b > a`, which needs both in registers. */
const MIRRORED: Partial<Record<JumpCondition, JumpCondition>> = { lt: "gt", le: "ge", slt: "sgt", sle: "sge" };

/** The test that holds exactly when this one does not, or null when there is no single instruction for it. */
function invert(test: Test, cpu: CpuVersion): Test | null {
  if (test.condition === "exhausted") return null;
  const condition = INVERSE[test.condition];
  if (condition === null) return null;
  const mirrored = cpu < 2 ? MIRRORED[condition] : undefined;
  if (mirrored === undefined) return { ...test, condition };
  if (test.right.kind !== "register") return null;
  return { ...test, condition: mirrored, left: test.right.register, right: { kind: "register", register: test.left } };
}
