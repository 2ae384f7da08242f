/**
 * What lowering one program keeps beside its functions: which of them become sub-programs, and those that are lowered.
 *
 * A function is inlined unless it says `@noinline`, or inlining would copy much code: see `MANY`. Each sub-program is lowered
 * once, when the first call of it is.
 */

import type { IrFunction } from "../../ir/ir.ts";
import type { TypeWriter } from "../btf-types.ts";
import { calledHelper, movesPacket } from "../called-helpers.ts";
import type { DataSections } from "../data.ts";
import { registersOf } from "../subprograms.ts";
import type { Expression, FunctionDeclaration, Local, Place, ProgramDeclaration, Statement } from "../tree.ts";
import { walk } from "../tree-walk.ts";

/** A program that grew beyond all reason when its calls were inlined. */
export class TooLarge extends Error {}

/** Expressions that one program may become. The kernel takes a million instructions; no person writes this many. */
const MOST = 100_000;

/** Parts of the typed tree, about one instruction each: what a function must have to be a sub-program by itself … */
const LARGE = 200;
/** … and what copies of it, beyond the first, must add up to. */
const MANY = 1000;

/** A name that the kernel takes; longer ones are cut. */
const LONGEST_NAME = 60;

export interface LoweredFunction {
  readonly fn: IrFunction;
  /** BTF id of its FUNC. */
  readonly type: number;
}

export class Session {
  readonly program: ProgramDeclaration;
  readonly types: TypeWriter;
  /** Variables and texts beside the code. */
  readonly data: DataSections;
  /** In the order in which they were first called. */
  readonly functions: LoweredFunction[] = [];
  /** Names that sub-programs are called by. */
  readonly names = new Map<FunctionDeclaration, string>();
  /** Kernel pointers that are assigned after they were declared, and functions that assign those of which only callers know how they are read. */
  readonly reassigned = new Set<Local>();
  readonly reassigning = new Set<FunctionDeclaration>();
  readonly #taken: Set<string>;
  readonly #sizes = new Map<FunctionDeclaration, number>();
  readonly #calls = new Map<FunctionDeclaration, number>();
  readonly #moving = new Map<FunctionDeclaration, boolean>();
  /** Something that the program calls moves the packet. */
  moves = false;
  #expressions = 0;

  /** The kernel has iterators of numbers. */
  readonly iterators: boolean;

  constructor(program: ProgramDeclaration, types: TypeWriter, data: DataSections, iterators: boolean) {
    this.program = program;
    this.iterators = iterators;
    this.types = types;
    this.data = data;
    this.#taken = new Set([program.name]);
    this.#countCalls(program.body);
  }

  /** Called for each expression that is lowered. */
  count(): void {
    if (++this.#expressions > MOST) throw new TooLarge(this.program.name);
  }

  /** Whether calls of the function call it, rather than holding a copy of its body. */
  isSubprogram(fn: FunctionDeclaration): boolean {
    if (fn.inline !== "auto") return fn.inline === "never";
    const size = this.#sizeOf(fn);
    return size >= LARGE && size * ((this.#calls.get(fn) ?? 1) - 1) >= MANY && registersOf(fn).problem === null;
  }

  /** Whether the packet may lie elsewhere after a call of the function. */
  movesPacket(fn: FunctionDeclaration): boolean {
    const known = this.#moving.get(fn);
    if (known !== undefined || !this.moves) return known ?? false;
    let moves = false;
    walk(fn.body, (node) => {
      const helper = calledHelper(node as Expression);
      if (helper !== null && movesPacket(helper)) moves = true;
      else if (node.kind === "call") moves ||= this.movesPacket(node.function);
      else if (node.kind === "call-back") moves ||= this.movesPacket(node.callback.function);
    });
    this.#moving.set(fn, moves);
    return moves;
  }

  /** A name of its own, in C's letters. */
  nameFor(fn: FunctionDeclaration): string {
    const plain = fn.name.replace(/[^A-Za-z0-9_]/g, "_").slice(0, LONGEST_NAME) || "callback";
    let name = plain;
    for (let number = 2; this.#taken.has(name); number++) name = `${plain}_${number}`;
    this.#taken.add(name);
    this.names.set(fn, name);
    return name;
  }

  #countCalls(root: FunctionDeclaration): void {
    const open = [root];
    for (let fn = open.pop(); fn !== undefined; fn = open.pop()) {
      const caller = fn;
      walk(fn.body, (node) => {
        if (node.kind === "assign") this.#noteAssigned(node.target, caller);
        const helper = calledHelper(node as Expression);
        if (helper !== null && movesPacket(helper)) this.moves = true;
        for (const called of calledBy(node)) {
          const before = this.#calls.get(called) ?? 0;
          this.#calls.set(called, before + 1);
          if (before === 0) open.push(called);
        }
      });
    }
  }

  #noteAssigned(target: Place, within: FunctionDeclaration): void {
    if (target.kind !== "local" || target.local.type.kind !== "kernel") return;
    this.reassigned.add(target.local);
    if (target.local.type.read === "any") this.reassigning.add(within);
  }

  /** With what it inlines. */
  #sizeOf(fn: FunctionDeclaration): number {
    const known = this.#sizes.get(fn);
    if (known !== undefined) return known;
    let size = 0;
    walk(fn.body, (node) => {
      size++;
      if (node.kind === "call" && !this.isSubprogram(node.function)) size += this.#sizeOf(node.function);
    });
    this.#sizes.set(fn, size);
    return size;
  }
}

/** Functions that an expression calls, or has called. */
function calledBy(node: Expression | Statement): readonly FunctionDeclaration[] {
  switch (node.kind) {
    case "call":
      return [node.function];
    case "call-back":
      return [node.callback.function];
    case "special-call":
      return node.arguments.flatMap((argument) => (argument.kind === "callback" ? [argument.callback.function] : []));
    default:
      return [];
  }
}
