/** What lowering a function keeps: the builder, where locals live, where jumps go, and the frame's shared slots. */

import { FunctionBuilder, type Variable } from "../../ir/builder.ts";
import type { BlockId, Type, Value } from "../../ir/ir.ts";
import type { DataSections } from "../data.ts";
import type { PacketPointers } from "../library/contexts.ts";
import type { Span } from "../report.ts";
import type { Expression, JumpTarget, Local } from "../tree.ts";
import type { KernelRead, Memory, ScalarType, ValueType } from "../types.ts";
import { irType } from "./memory.ts";
import type { Session } from "./session.ts";

/** Where a value of any type lives: a nullable number is two variables, everything else one. */
export interface Cell {
  readonly value: Variable;
  /** 1 or 0. */
  readonly present: Variable | null;
}

export interface Jumps {
  readonly breakTo: BlockId;
  readonly continueTo: BlockId | null;
  /** What is open inside of the target (`Lowering.open`), the target's own included. */
  readonly depth: number;
}

/** A function while it is inlined: `return` writes the result and goes to the end. */
export interface Frame {
  readonly result: Cell | null;
  /** Null in the program itself, whose returns return. */
  readonly end: BlockId | null;
  /** What is open around the function where it is inlined. */
  readonly depth: number;
}

/** A local whose declaration has just split the path: it is set at the end of `present`, null at the end of `absent`. */
export interface Fork {
  readonly local: Local;
  readonly present: BlockId;
  readonly absent: BlockId;
}

export class Lowering {
  readonly session: Session;
  readonly ir: FunctionBuilder;
  readonly cells = new Map<Local, Cell>();
  /** How the kernel pointers are read that parameters of inlined functions hold. */
  readonly reads = new Map<Local, Exclude<KernelRead, "any">>();
  readonly jumps = new Map<JumpTarget, Jumps>();
  frame: Frame = { result: null, end: null, depth: 0 };
  /** What must be closed on the way out of the statements around this place, outermost first. */
  readonly open: (() => void)[] = [];
  fork: Fork | null = null;
  readonly #body: BlockId;
  readonly #scratch = new Map<string, Value>();
  readonly #at: Span;
  #context: Value | null = null;
  #packet: { readonly data: Value; readonly end: Value } | null = null;
  #moving: { readonly data: Variable; readonly end: Variable } | null = null;

  constructor(session: Session, at: Span, name: string, parameters: readonly Type[], result: Type | null) {
    this.session = session;
    this.#at = at;
    this.ir = new FunctionBuilder(name, parameters, result);
    // The entry block stays open until the end: what is needed everywhere is made there.
    this.#body = this.ir.block();
    this.ir.switchTo(this.#body);
  }

  /** Closes the entry block. */
  finish(): void {
    this.ir.switchTo(0);
    this.locate(this.#at);
    this.ir.jump(this.#body);
    this.ir.seal(this.#body);
  }

  locate(at: Span): void {
    const { line, column, file } = at;
    this.ir.location = file === undefined ? { line, column } : { line, column, file };
  }

  count(): void {
    this.session.count();
  }

  /** Closes what is open further in than `depth`, before a jump out of there. */
  leave(depth: number): void {
    for (const close of this.open.slice(depth).reverse()) close();
  }

  /** Emits where everything is dominated. */
  atEntry<T>(emit: () => T): T {
    const { current, location } = this.ir;
    this.ir.switchTo(0);
    this.locate(this.#at);
    const result = emit();
    this.ir.switchTo(current);
    this.ir.location = location;
    return result;
  }

  /** Variables and texts beside the code. */
  get data(): DataSections {
    return this.session.data;
  }

  /** The program's context, in those functions that get it. */
  get context(): Value {
    if (this.#context === null) throw new TypeError(`${this.ir.name} does not get the context`);
    return this.#context;
  }

  get hasContext(): boolean {
    return this.#context !== null;
  }

  set context(value: Value) {
    this.#context = value;
  }

  /** The packet's pointers. Most programs call nothing that moves the packet: they are read once. */
  get packet(): { readonly data: Value; readonly end: Value } {
    if (this.session.moves) {
      const { data, end } = this.#pointers;
      return { data: this.ir.read(data), end: this.ir.read(end) };
    }
    this.#packet ??= this.atEntry(() => this.#loadPacket());
    return this.#packet;
  }

  /** A helper was called that moves the packet: its pointers are read again. */
  movePacket(): void {
    if (this.#packetFields === null || !this.session.moves) return;
    const { data, end } = this.#pointers;
    const loaded = this.#loadPacket();
    this.ir.write(data, loaded.data);
    this.ir.write(end, loaded.end);
  }

  get #pointers(): { readonly data: Variable; readonly end: Variable } {
    this.#moving ??= this.atEntry(() => {
      const variables = { data: this.ir.variable("ptr", "data"), end: this.ir.variable("ptr", "data_end") };
      const loaded = this.#loadPacket();
      this.ir.write(variables.data, loaded.data);
      this.ir.write(variables.end, loaded.end);
      return variables;
    });
    return this.#moving;
  }

  get #packetFields(): PacketPointers | null {
    const { context } = this.session.program;
    return context.kind === "kernel" ? context.context.packet : null;
  }

  #loadPacket(): { readonly data: Value; readonly end: Value } {
    const fields = this.#packetFields;
    if (fields === null) throw new TypeError(`${this.session.program.hook.name} has no packet`);
    const { data, end, width } = fields;
    return {
      data: this.ir.load("ptr", width, false, this.context, data),
      end: this.ir.load("ptr", width, false, this.context, end),
    };
  }

  /** Bytes in the frame for one struct. */
  slot(size: number, name: string): Value {
    return this.atEntry(() => this.ir.slot(size, 8, name));
  }

  /**
   * Bytes in the frame that a helper's argument lies in while it is called. All calls share them: arguments are computed
   * before they are stored, and nobody reads them after the call.
   */
  scratch(size: number, role: string): Value {
    const key = `${role} of ${size} bytes`;
    let slot = this.#scratch.get(key);
    if (slot === undefined) this.#scratch.set(key, (slot = this.slot(size, key)));
    return slot;
  }

  // ── cells ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  cell(type: ValueType, name: string): Cell {
    if (type.kind === "nullable") {
      return { value: this.ir.variable(irType(type.of), name), present: this.ir.variable("i32", `${name} is there`) };
    }
    return { value: this.ir.variable(representationOf(type), name), present: null };
  }

  cellOf(local: Local): Cell {
    let cell = this.cells.get(local);
    if (cell === undefined) this.cells.set(local, (cell = this.cell(local.type, local.name)));
    return cell;
  }

  /** Null, into a cell of a nullable type. */
  writeNull(cell: Cell): void {
    this.ir.write(cell.value, this.ir.constant(cell.value.type, 0));
    if (cell.present !== null) this.ir.write(cell.present, this.ir.constant("i32", 0));
  }

  /** A value that is there. */
  writePresent(cell: Cell, value: Value): void {
    this.ir.write(cell.value, value);
    if (cell.present !== null) this.ir.write(cell.present, this.ir.constant("i32", 1));
  }

  /** New blocks, made by a branch that `emit` ends the current block with; sealed, so that code may go on in them. */
  branches<Names extends string>(
    names: readonly Names[],
    emit: (blocks: Record<Names, BlockId>) => void,
  ): Record<Names, BlockId> {
    const blocks = Object.fromEntries(names.map((name) => [name, this.ir.block()])) as Record<Names, BlockId>;
    emit(blocks);
    for (const name of names) this.ir.seal(blocks[name]);
    return blocks;
  }
}

function representationOf(type: ValueType): Type {
  if (type.kind === "int" || type.kind === "bool") return irType(type satisfies ScalarType);
  return "ptr";
}

/** The memory that a reference's type names. */
export function memoryOf(value: Expression): Memory | null {
  return value.type.kind === "reference" ? value.type.memory : null;
}
