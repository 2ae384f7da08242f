/**
 * Builds a function of the IR, turning mutable source variables into SSA on the fly.
 *
 * The algorithm is Braun et al., "Simple and Efficient Construction of Static Single Assignment Form", 2013: reading a
 * variable walks up the predecessors to its definition and makes a block parameter where several meet. A block is
 * *sealed* when all its predecessors are known; parameters made before that are completed by `seal`. It is written without
 * recursion, so a long chain of joins cannot overflow the stack.
 *
 * A method called at the wrong time (emitting after a terminator, jumping to a sealed block, operands whose types do not
 * fit) throws IrError: the front end has a fault.
 */

import type { CoreKind } from "../../object/spec.ts";
import { HELPER, type HelperName } from "../../uapi/helpers.ts";
import { canonical } from "./canonical.ts";
import { IrError } from "./errors.ts";
import type {
  AtomicOp,
  BinaryOp,
  Block,
  BlockId,
  Callee,
  Condition,
  CoreAccess,
  Instruction,
  IrFunction,
  Location,
  StackSlot,
  Target,
  Terminator,
  Type,
  Value,
  Width,
} from "./ir.ts";
import { binaryType, branchOf } from "./operands.ts";
import { removeTrivialParameters } from "./passes/trivial-parameters.ts";

/** A mutable variable of the source. Opaque: made by `FunctionBuilder.variable`. */
export interface Variable {
  readonly type: Type;
  /** For messages. */
  readonly name: string;
}

interface BlockState {
  readonly parameters: Value[];
  /** The variable that each parameter stands for. */
  readonly variables: Variable[];
  readonly instructions: Instruction[];
  terminator: Terminator | null;
  sealed: boolean;
  readonly incoming: { readonly from: BlockId; readonly target: Target }[];
  /** What each variable holds at the end of what is emitted so far. */
  readonly holds: Map<Variable, Value>;
}

export class FunctionBuilder {
  readonly name: string;
  readonly result: Type | null;
  /** Values of the parameters, in order. */
  readonly parameters: readonly Value[];
  /** Stamped on what is emitted next. */
  location: Location | null = null;
  readonly #parameters: Value[];
  readonly #values: Type[] = [];
  readonly #slots: StackSlot[] = [];
  readonly #blocks: BlockState[] = [];
  #current: BlockId = 0;

  constructor(name: string, parameters: readonly Type[], result: Type | null) {
    this.name = name;
    this.result = result;
    this.#parameters = parameters.map((type) => this.#define(type));
    this.parameters = this.#parameters;
    this.seal(this.block());
  }

  // ── blocks ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A new block: unsealed, and unreachable until something jumps to it. */
  block(): BlockId {
    this.#blocks.push({
      parameters: [],
      variables: [],
      instructions: [],
      terminator: null,
      sealed: false,
      incoming: [],
      holds: new Map(),
    });
    return this.#blocks.length - 1;
  }

  /** What is emitted next goes to the end of `block`. */
  switchTo(block: BlockId): void {
    this.#state(block);
    this.#current = block;
  }

  get current(): BlockId {
    return this.#current;
  }

  /** True after a terminator, until `switchTo` a block that has none. */
  get terminated(): boolean {
    return this.#state(this.#current).terminator !== null;
  }

  /** True when nothing jumps to the block so far (and it is not the entry). */
  isUnreached(block: BlockId): boolean {
    return block !== 0 && this.#state(block).incoming.length === 0;
  }

  /** Declares that all predecessors of the block exist. Sealing twice does nothing. */
  seal(block: BlockId): void {
    const state = this.#state(block);
    if (state.sealed) return;
    state.sealed = true;
    this.#complete(state.parameters.map((_, index) => ({ block, index })));
  }

  // ── variables ─────────────────────────────────────────────────────────────────────────────────────────────────────

  variable(type: Type, name = "variable"): Variable {
    return { type, name };
  }

  write(variable: Variable, value: Value): void {
    if (this.typeOf(value) !== variable.type) {
      this.#fail(`${variable.name} is ${variable.type} and cannot hold v${value}, which is ${this.typeOf(value)}`);
    }
    this.#state(this.#current).holds.set(variable, value);
  }

  /**
   * What the variable holds here.
   * @throws IrError when a path from the entry leads here without a write.
   */
  read(variable: Variable): Value {
    const open: { block: BlockId; index: number }[] = [];
    const value = this.#lookUp(variable, this.#current, open);
    this.#complete(open);
    return value;
  }

  typeOf(value: Value): Type {
    return this.#values[value] ?? this.#fail(`v${value} does not exist`);
  }

  // ── instructions ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** An integer, wrapped to its width; of type `ptr` only 0, the null pointer. */
  constant(type: Type, value: bigint | number): Value {
    const wrapped = BigInt.asUintN(type === "i32" ? 32 : 64, BigInt(value));
    if (type === "ptr" && wrapped !== 0n) this.#fail(`a constant pointer can only be null, not ${wrapped}`);
    return this.#emit(type, (result, location) => ({ kind: "const", result, value: wrapped, location }));
  }

  binary(op: BinaryOp, left: Value, right: Value): Value {
    const type = binaryType(op, this.typeOf(left), this.typeOf(right));
    if (type === null) this.#fail(`${op} does not take ${this.typeOf(left)} and ${this.typeOf(right)}`);
    return this.#emit(type, (result, location) => ({ kind: "binary", result, op, left, right, location }));
  }

  /** 1 or 0, as i32. */
  compare(condition: Condition, left: Value, right: Value): Value {
    this.#sameType(condition, left, right);
    return this.#emit("i32", (result, location) => ({ kind: "compare", result, condition, left, right, location }));
  }

  /** Sign- or zero-extends the low `from` bits; also truncates i64 to i32 (`false`, 32, …, "i32"). */
  extend(sign: boolean, from: 8 | 16 | 32, operand: Value, to: "i32" | "i64"): Value {
    this.#integer("extend", operand);
    return this.#emit(to, (result, location) => ({ kind: "extend", result, sign, from, operand, location }));
  }

  /** Between the machine's byte order and the network's. 64 bits take and give i64; 16 and 32 keep the operand's type. */
  toBig(bits: 16 | 32 | 64, operand: Value): Value {
    const type = this.#integer("to-big", operand);
    if (bits === 64 && type !== "i64") this.#fail("to-big of 64 bits takes an i64");
    return this.#emit(type, (result, location) => ({ kind: "to-big", result, bits, operand, location }));
  }

  /** With `core`, the offset is relocated to the kernel's layout; `offset` is the local one's. */
  load(type: Type, width: Width, sign: boolean, address: Value, offset: number, core?: CoreAccess): Value {
    this.#pointer("load", address);
    return this.#emit(type, (result, location) => ({
      kind: "load",
      result,
      width,
      sign,
      address,
      offset,
      ...(core === undefined ? {} : { core }),
      location,
    }));
  }

  store(width: Width, address: Value, offset: number, value: Value, core?: CoreAccess): void {
    this.#pointer("store", address);
    const { location } = this;
    this.#append({ kind: "store", width, address, offset, value, ...(core === undefined ? {} : { core }), location });
  }

  /** The address of a field of a kernel type: `address` plus an offset that is relocated. */
  fieldAddress(address: Value, core: CoreAccess, offset: number): Value {
    this.#pointer("field-address", address);
    return this.#emit("ptr", (result, location) => ({ kind: "field-address", result, address, offset, core, location }));
  }

  /** A number that whoever loads the program puts in, as its kernel's types say; `value` is what the local types say. */
  coreValue(what: CoreKind, core: CoreAccess, type: "i32" | "i64", value: bigint | number): Value {
    const wrapped = BigInt.asUintN(type === "i32" ? 32 : 64, BigInt(value));
    return this.#emit(type, (result, location) => ({ kind: "core-value", result, what, core, value: wrapped, location }));
  }

  /** With `fetch`, gives the old value, in the type of `value`. `compare-exchange` takes what is expected, and always fetches. */
  atomic(op: "compare-exchange", width: 4 | 8, address: Value, offset: number, value: Value, fetch: true, expected: Value): Value;
  atomic(
    op: Exclude<AtomicOp, "compare-exchange">,
    width: 4 | 8,
    address: Value,
    offset: number,
    value: Value,
    fetch: boolean,
  ): Value | null;
  atomic(
    op: AtomicOp,
    width: 4 | 8,
    address: Value,
    offset: number,
    value: Value,
    fetch: boolean,
    expected?: Value,
  ): Value | null {
    this.#pointer("atomic", address);
    const swaps = (op === "exchange" || op === "compare-exchange") && width === 8;
    const wanted = swaps && this.typeOf(value) === "ptr" ? "ptr" : width === 4 ? "i32" : "i64";
    for (const operand of expected === undefined ? [value] : [value, expected]) {
      const type = swaps ? this.typeOf(operand) : this.#integer("atomic", operand);
      if (type !== wanted) this.#fail(`an atomic operation of ${width} bytes does not take an ${type}`);
    }
    const result = fetch ? this.#define(wanted) : null;
    const { location } = this;
    const given = expected === undefined ? {} : { expected };
    this.#append({ kind: "atomic", op, result, width, address, offset, value, ...given, location });
    return result;
  }

  /** The address of new bytes in the frame. Their contents are undefined until stored. */
  slot(size: number, align: 1 | 2 | 4 | 8, name: string): Value {
    this.#slots.push({ size, align, name, location: this.location });
    const slot = this.#slots.length - 1;
    return this.#emit("ptr", (result, location) => ({ kind: "slot", result, slot, location }));
  }

  map(name: string): Value {
    return this.#emit("ptr", (result, location) => ({ kind: "map", result, map: name, location }));
  }

  mapValue(name: string, offset: number): Value {
    return this.#emit("ptr", (result, location) => ({ kind: "map-value", result, map: name, offset, location }));
  }

  /** Calls a helper. An i32 result is the low half of what the helper returns. */
  call(helper: HelperName, args: readonly Value[], result: Type): Value;
  call(helper: HelperName, args: readonly Value[], result: null): null;
  call(helper: HelperName, args: readonly Value[], result: Type | null): Value | null;
  call(helper: HelperName, args: readonly Value[], result: Type | null): Value | null {
    return this.#call({ kind: "helper", helper: HELPER[helper], name: helper }, args, result);
  }

  /** Calls a function of the kernel, or of an application, that whoever loads the program knows by its name. */
  callKfunc(name: string, args: readonly Value[], result: Type): Value;
  callKfunc(name: string, args: readonly Value[], result: null): null;
  callKfunc(name: string, args: readonly Value[], result: Type | null): Value | null;
  callKfunc(name: string, args: readonly Value[], result: Type | null): Value | null {
    return this.#call({ kind: "kfunc", name }, args, result);
  }

  /** Calls another function of the same program. `result` is as it declares. */
  callFunction(name: string, args: readonly Value[], result: Type): Value;
  callFunction(name: string, args: readonly Value[], result: null): null;
  callFunction(name: string, args: readonly Value[], result: Type | null): Value | null;
  callFunction(name: string, args: readonly Value[], result: Type | null): Value | null {
    return this.#call({ kind: "function", name }, args, result);
  }

  #call(callee: Callee, args: readonly Value[], result: Type | null): Value | null {
    if (args.length > 5) this.#fail(`${callee.name} takes at most five arguments, not ${args.length}`);
    const value = result === null ? null : this.#define(result);
    this.#append({ kind: "call", callee, result: value, arguments: [...args], location: this.location });
    return value;
  }

  /** The address of another function of the same program, for helpers that call back. */
  functionAddress(name: string): Value {
    return this.#emit("ptr", (result, location) => ({ kind: "function-address", result, function: name, location }));
  }

  /** The address of a variable of the kernel: `typed` by its kernel's BTF, which per-CPU ones are, or a bare number from its symbols. */
  ksym(name: string, typed = true): Value {
    return this.#emit("ptr", (result, location) => ({ kind: "ksym", result, name, typed, location }));
  }

  /** An address within an arena, as a pointer that the kernel (or user space) can use. Linux 6.9. */
  addressSpaceCast(operand: Value, to: "kernel" | "user"): Value {
    return this.#emit("ptr", (result, location) => ({ kind: "address-space-cast", result, to, operand, location }));
  }

  /** Whether the program may go on looping: 1 or 0. Linux 6.9. */
  loopBudget(): Value {
    return this.#emit("i32", (result, location) => ({ kind: "loop-budget", result, location }));
  }

  // ── terminators ───────────────────────────────────────────────────────────────────────────────────────────────────

  jump(to: BlockId): void {
    this.#terminate({ kind: "jump", target: this.#edge(to), location: this.location });
  }

  /** Goes to `then` when the condition holds. */
  branch(condition: Condition, left: Value, right: Value, then: BlockId, otherwise: BlockId): void {
    this.#sameType(condition, left, right);
    this.#terminate(branchOf(condition, left, right, this.#edge(then), this.#edge(otherwise), this.location));
  }

  return(value: Value | null): void {
    const type = value === null ? null : this.typeOf(value);
    if (type !== this.result) this.#fail(`returns ${type ?? "nothing"} where ${this.result ?? "nothing"} is declared`);
    this.#terminate({ kind: "return", value, location: this.location });
  }

  /**
   * The function: without unreachable blocks and needless parameters, canonically numbered. The builder is used up.
   * @throws IrError when a reachable block is unsealed or has no terminator.
   */
  finish(): IrFunction {
    for (const id of this.#reachable()) {
      if (!this.#state(id).sealed) this.#fail(`b${id} was never sealed`);
      if (this.#state(id).terminator === null) this.#fail(`b${id} has no terminator`);
    }
    const blocks = this.#blocks.map(
      (state): Block => ({
        parameters: state.parameters,
        instructions: state.instructions,
        // Of an unreachable block, `canonical` drops whatever stands here.
        terminator: state.terminator ?? { kind: "return", value: null, location: null },
      }),
    );
    const fn: IrFunction = {
      name: this.name,
      parameters: this.#parameters,
      result: this.result,
      blocks,
      values: this.#values,
      slots: this.#slots,
    };
    const trimmed = canonical(fn);
    return removeTrivialParameters(trimmed) ? canonical(trimmed) : trimmed;
  }

  // ── the algorithm ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** The variable's value at the end of `block`; parameters made on the way are put on `open`, their arguments unknown. */
  #lookUp(variable: Variable, block: BlockId, open: { block: BlockId; index: number }[]): Value {
    const passed: BlockState[] = [];
    let value: Value | undefined;
    for (let id = block; value === undefined; ) {
      const state = this.#state(id);
      value = state.holds.get(variable);
      if (value !== undefined) break;
      const single = state.sealed && state.incoming.length === 1 ? state.incoming[0]! : null;
      if (single !== null) {
        passed.push(state);
        id = single.from;
        continue;
      }
      if (id === 0) this.#fail(`${variable.name} is read before it is written`);
      value = this.#define(variable.type);
      state.holds.set(variable, value);
      // A sealed block that nothing leads to is dropped in the end: any value will do.
      if (state.sealed && state.incoming.length === 0) break;
      const index = state.parameters.push(value) - 1;
      state.variables.push(variable);
      if (state.sealed) open.push({ block: id, index });
    }
    for (const state of passed) state.holds.set(variable, value);
    return value;
  }

  /** Finds the arguments of parameters; finding them may make further parameters. */
  #complete(open: { block: BlockId; index: number }[]): void {
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const state = this.#state(next.block);
      const variable = state.variables[next.index]!;
      for (const edge of state.incoming) edge.target.arguments[next.index] = this.#lookUp(variable, edge.from, open);
    }
  }

  #edge(to: BlockId): Target {
    const state = this.#state(to);
    if (state.sealed) this.#fail(`jump to b${to}, which is sealed`);
    const target: Target = { block: to, arguments: [] };
    if (!this.terminated) state.incoming.push({ from: this.#current, target });
    return target;
  }

  #reachable(): Set<BlockId> {
    const reached = new Set<BlockId>([0]);
    for (const id of reached) {
      const terminator = this.#state(id).terminator;
      if (terminator?.kind === "jump") reached.add(terminator.target.block);
      else if (terminator?.kind === "branch") reached.add(terminator.then.block).add(terminator.else.block);
    }
    return reached;
  }

  #state(block: BlockId): BlockState {
    return this.#blocks[block] ?? this.#fail(`b${block} does not exist`);
  }

  #define(type: Type): Value {
    this.#values.push(type);
    return this.#values.length - 1;
  }

  #emit(type: Type, make: (result: Value, location: Location | null) => Instruction): Value {
    const result = this.#define(type);
    this.#append(make(result, this.location));
    return result;
  }

  #append(instruction: Instruction): void {
    const state = this.#state(this.#current);
    if (state.terminator !== null) this.#fail(`${instruction.kind} after the terminator of b${this.#current}`);
    state.instructions.push(instruction);
  }

  #terminate(terminator: Terminator): void {
    const state = this.#state(this.#current);
    if (state.terminator !== null) this.#fail(`${terminator.kind} after the terminator of b${this.#current}`);
    state.terminator = terminator;
  }

  #sameType(what: string, left: Value, right: Value): void {
    if (this.typeOf(left) !== this.typeOf(right)) {
      this.#fail(`${what} does not compare ${this.typeOf(left)} with ${this.typeOf(right)}`);
    }
  }

  #integer(what: string, value: Value): "i32" | "i64" {
    const type = this.typeOf(value);
    return type === "ptr" ? this.#fail(`${what} does not take a pointer`) : type;
  }

  #pointer(what: string, value: Value): void {
    if (this.typeOf(value) !== "ptr") this.#fail(`${what} needs a pointer, not ${this.typeOf(value)}`);
  }

  #fail(problem: string): never {
    throw new IrError(this.name, [problem]);
  }
}
