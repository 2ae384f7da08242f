/**
 * The `.BTF` section of an object, completed: compilers leave sizes and offsets of sections of variables for the loader
 * to fill in from the symbol table, and the kernel refuses what is not filled in.
 *
 * What is completed, as libbpf does it: sizes and offsets of DATASECs, their variables in order of offset, and linkage
 * `static` for functions and variables that are hidden from other objects (the verifier then checks such a function
 * where it is called, not by itself).
 */

import type { Btf } from "../btf/btf.ts";
import { openBtf } from "../btf/btf.ts";
import { KIND } from "../btf/format.ts";
import type { Elf } from "./elf.ts";
import { STB, STT, STV } from "./elf.ts";
import { ObjectError } from "./errors.ts";

const MAGIC = 0xeb9f;
const SECTION_VARIABLE_SIZE = 12;
const TYPE_SIZE = 12;
const VARIABLE_SIZE = 16;
const LINKAGE_STATIC = 0;
const LINKAGE_GLOBAL = 1;
const LINKAGE_EXTERN = 2;

/** Types of an object, in memory of their own, little-endian, and still open to corrections. */
export class ObjectTypes {
  #btf: Btf;
  #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#btf = openBtf(bytes);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The types as they are now; `addVariable` makes it another. */
  get btf(): Btf {
    return this.#btf;
  }

  get bytes(): Uint8Array {
    return this.btf.bytes;
  }

  /** Number of variables of a DATASEC. */
  variableCount(section: number): number {
    return this.#view.getUint32(this.btf.recordStart(section) + 4, true) & 0xffff;
  }

  variable(section: number, index: number): { type: number; offset: number; size: number } {
    const at = this.#variableAt(section, index);
    return {
      type: this.#view.getUint32(at, true),
      offset: this.#view.getUint32(at + 4, true),
      size: this.#view.getUint32(at + 8, true),
    };
  }

  setVariable(section: number, index: number, change: { type?: number; offset?: number; size?: number }): void {
    const at = this.#variableAt(section, index);
    if (change.type !== undefined) this.#view.setUint32(at, change.type, true);
    if (change.offset !== undefined) this.#view.setUint32(at + 4, change.offset, true);
    if (change.size !== undefined) this.#view.setUint32(at + 8, change.size, true);
  }

  /** Size of a struct or DATASEC; the type that a VAR or FUNC refers to. */
  setSizeOrType(id: number, value: number): void {
    this.#view.setUint32(this.btf.recordStart(id) + 8, value, true);
  }

  /** 0 static, 1 global, 2 extern. */
  variableLinkage(id: number): number {
    return this.#view.getUint32(this.btf.recordStart(id) + TYPE_SIZE, true);
  }

  setVariableLinkage(id: number, linkage: number): void {
    this.#view.setUint32(this.btf.recordStart(id) + TYPE_SIZE, linkage, true);
  }

  setFunctionLinkage(id: number, linkage: number): void {
    const at = this.btf.recordStart(id) + 4;
    this.#view.setUint32(at, (this.#view.getUint32(at, true) & 0xffff0000) | linkage, true);
  }

  /** Gives the nameless parameters of a function the name of another type: the kernel wants names. */
  nameParameters(func: number, namedLike: number): void {
    const type = this.btf.type(func);
    const prototype = type.kind === "function" ? this.btf.type(type.type) : undefined;
    if (prototype?.kind !== "prototype") return;
    const name = this.#view.getUint32(this.btf.recordStart(namedLike), true);
    prototype.parameters.forEach((parameter, index) => {
      if (parameter.name !== "" || parameter.type === 0) return;
      this.#view.setUint32(this.btf.recordStart(prototype.id) + TYPE_SIZE + index * 8, name, true);
    });
  }

  /** Adds a global variable behind all other types, and returns its id. */
  addVariable(name: string, type: number): number {
    const old = this.bytes;
    const headerSize = this.#view.getUint32(4, true);
    const [typesAt, typesLength, stringsAt, stringsLength] = [8, 12, 16, 20].map((at) => this.#view.getUint32(at, true)) as [
      number,
      number,
      number,
      number,
    ];
    const text = new TextEncoder().encode(`${name}\0`);
    const bytes = new Uint8Array(headerSize + typesLength + VARIABLE_SIZE + stringsLength + text.length);
    bytes.set(old.subarray(0, headerSize));
    bytes.set(old.subarray(headerSize + typesAt, headerSize + typesAt + typesLength), headerSize);
    const record = headerSize + typesLength;
    bytes.set(old.subarray(headerSize + stringsAt, headerSize + stringsAt + stringsLength), record + VARIABLE_SIZE);
    bytes.set(text, record + VARIABLE_SIZE + stringsLength);
    const view = new DataView(bytes.buffer);
    for (const [at, value] of [
      [8, 0],
      [12, typesLength + VARIABLE_SIZE],
      [16, typesLength + VARIABLE_SIZE],
      [20, stringsLength + text.length],
      [record, stringsLength],
      [record + 4, KIND.variable << 24],
      [record + 8, type],
      [record + 12, LINKAGE_GLOBAL],
    ] as const) {
      view.setUint32(at, value, true);
    }
    const id = this.btf.count;
    this.#btf = openBtf(bytes);
    this.#view = view;
    return id;
  }

  /** Orders the variables of a DATASEC by offset, as the kernel demands. */
  sortVariables(section: number): void {
    const count = this.variableCount(section);
    const variables = Array.from({ length: count }, (_, index) => this.variable(section, index));
    variables.sort((a, b) => a.offset - b.offset);
    for (let index = 0; index < count; index++) this.setVariable(section, index, variables[index]!);
  }

  #variableAt(section: number, index: number): number {
    return this.btf.recordStart(section) + TYPE_SIZE + index * SECTION_VARIABLE_SIZE;
  }
}

/**
 * Reads and completes the types of an object; null when it has none.
 * @throws BtfError when they are malformed, ObjectError `too-large` when their names come to unreasonably much.
 */
export function readTypes(elf: Elf): ObjectTypes | null {
  const section = elf.find(".BTF");
  if (section === undefined || section.bytes.length === 0) return null;
  const bytes = section.bytes.slice();
  if (!elf.littleEndian) swapBtf(bytes);
  const types = new ObjectTypes(bytes);
  const symbols = new Map<string, number>();
  for (let index = 1; index < elf.symbols.count; index++) {
    const kind = elf.symbols.type[index]!;
    if (elf.symbols.binding[index] === STB.LOCAL || elf.symbols.section[index]! <= 0) continue;
    if (kind === STT.OBJECT || kind === STT.FUNC || kind === STT.NOTYPE) symbols.set(elf.symbols.name(index), index);
  }
  for (const id of types.btf.ids("section")) completeSection(elf, types, id, symbols);
  for (const id of types.btf.ids("function")) {
    const symbol = symbols.get(types.btf.name(id));
    if (symbol !== undefined && elf.symbols.type[symbol] === STT.FUNC && isHidden(elf, symbol)) {
      types.setFunctionLinkage(id, LINKAGE_STATIC);
    }
  }
  return types;
}

function completeSection(elf: Elf, types: ObjectTypes, id: number, symbols: ReadonlyMap<string, number>): void {
  const name = types.btf.name(id);
  // Sections of externs exist in types only; `externs.ts` lays them out.
  if (name === ".kconfig" || name === ".ksyms") return;
  const section = elf.find(name);
  const incomplete = types.btf.sizeOf(id) === 0;
  if (incomplete && section !== undefined) types.setSizeOrType(id, section.size);
  for (let index = 0; index < types.variableCount(id); index++) {
    const variable = types.variable(id, index).type;
    if (types.btf.kind(variable) !== "variable") continue;
    // Compilers do fill in offsets of static variables. Static linkers fill in all, but libbpf's leaves 0 with a variable that
    // one object declares and another defines: symbols tell.
    if (types.variableLinkage(variable) !== LINKAGE_GLOBAL) continue;
    const symbol = symbols.get(types.btf.name(variable));
    if (symbol === undefined) continue;
    if (elf.symbols.section[symbol] === section?.index) {
      types.setVariable(id, index, { offset: elf.symbols.value[symbol]! >>> 0 });
    }
    if (isHidden(elf, symbol)) types.setVariableLinkage(variable, LINKAGE_STATIC);
  }
  types.sortVariables(id);
}

function isHidden(elf: Elf, symbol: number): boolean {
  const visibility = elf.symbols.visibility[symbol];
  return visibility === STV.HIDDEN || visibility === STV.INTERNAL;
}

/** Is it a declaration alone: `extern`? */
export function isExtern(types: ObjectTypes, variable: number): boolean {
  return types.variableLinkage(variable) === LINKAGE_EXTERN;
}

/** Turns big-endian BTF into little-endian, in place. Past the header's first four bytes it is 32-bit words up to the strings. */
function swapBtf(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 24 || view.getUint16(0, false) !== MAGIC) return;
  const headerSize = view.getUint32(4, false);
  const start = headerSize + view.getUint32(8, false);
  const end = start + view.getUint32(12, false);
  if (headerSize < 24 || headerSize % 4 !== 0 || end > bytes.length) {
    throw new ObjectError("bounds", "expected types within the section", { section: ".BTF", offset: 8 });
  }
  view.setUint16(0, MAGIC, true);
  for (let at = 4; at + 4 <= headerSize; at += 4) view.setUint32(at, view.getUint32(at, false), true);
  for (let at = start; at + 4 <= end; at += 4) view.setUint32(at, view.getUint32(at, false), true);
}
