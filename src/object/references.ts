/**
 * What the instructions of a section refer to: each relocation, and each call that needed none, classified once. The
 * instruction says what kind of reference it is, the symbol's section what it refers to (as libbpf decides; types of
 * relocations differ between compilers).
 *
 * Hot: objects have 100,000 of them, so they are kept as arrays of numbers.
 */

import { symbolName } from "./data-maps.ts";
import { type Elf, type ElfSection, STT } from "./elf.ts";
import { ObjectError, printable } from "./errors.ts";
import type { Externs } from "./externs.ts";
import { type Functions, isCode } from "./functions.ts";
import type { ObjectMaps } from "./maps.ts";
import type { ExternSpec, MapSpec } from "./spec.ts";

export const OPCODE_CALL = 0x85;
export const OPCODE_LOAD_WIDE = 0x18;
export const PSEUDO_CALL = 1;
export const PSEUDO_FUNCTION = 4;

export const REFERENCE = {
  /** A map itself: `maps[target]`. */
  MAP: 1,
  /** Byte `offset` of the value of `maps[target]`. */
  VALUE: 2,
  /** A call of, or the address of, `functions[target]`. */
  FUNCTION: 3,
  /** A call of, or the address of, `externs[target]`. */
  EXTERN: 4,
  /** The jump table of the symbol `target`. */
  TABLE: 5,
} as const;

/** The references of one section, in order of slot. */
export interface References {
  readonly count: number;
  readonly slot: Uint32Array;
  /** `REFERENCE.*`. */
  readonly kind: Uint8Array;
  readonly target: Uint32Array;
  /** Bytes, u32. */
  readonly offset: Uint32Array;
}

/** Everything that instructions can refer to. */
export interface Targets {
  readonly elf: Elf;
  readonly functions: Functions;
  readonly maps: ObjectMaps;
  readonly externs: Externs;
  readonly mapIndex: ReadonlyMap<MapSpec, number>;
  readonly externIndex: ReadonlyMap<ExternSpec, number>;
}

/**
 * Classifies the references of a section of instructions.
 * @param code its instructions, little-endian
 * @throws ObjectError `relocation` when an instruction refers to what it cannot.
 */
export function readReferences(section: ElfSection, code: Uint8Array, targets: Targets): References {
  const table = targets.elf.relocations(section);
  const slots = code.length >>> 3;
  let capacity = table?.count ?? 0;
  for (let slot = 0; slot < slots; slot++) if (isLocalCall(code, slot)) capacity++;
  const found = {
    slot: new Uint32Array(capacity),
    kind: new Uint8Array(capacity),
    target: new Uint32Array(capacity),
    offset: new Uint32Array(capacity),
  };
  const classifier = new Classifier(section, code, targets, found);
  let next = 0;
  for (let slot = 0; slot < slots; slot++) {
    const offset = slot * 8;
    if (table !== null && next < table.count && table.offset[next]! < offset + 8) {
      if (table.offset[next] !== offset) {
        throw new ObjectError("relocation", "expected a relocation at the start of an instruction, found one within", {
          section: section.name,
          offset: table.offset[next]!,
        });
      }
      classifier.relocation(slot, table.symbol[next]!);
      next++;
      if (next < table.count && table.offset[next]! < offset + 8) {
        throw new ObjectError("relocation", "expected one relocation of an instruction, found two", {
          section: section.name,
          offset,
        });
      }
    } else if (isLocalCall(code, slot)) {
      classifier.plainCall(slot);
    }
  }
  return { ...found, count: classifier.count };
}

function isLocalCall(code: Uint8Array, slot: number): boolean {
  return code[slot * 8] === OPCODE_CALL && code[slot * 8 + 1]! >>> 4 === PSEUDO_CALL;
}

class Classifier {
  count = 0;
  readonly #section: ElfSection;
  readonly #code: Uint8Array;
  readonly #view: DataView;
  readonly #targets: Targets;
  readonly #out: Omit<References, "count">;

  constructor(section: ElfSection, code: Uint8Array, targets: Targets, out: Omit<References, "count">) {
    this.#section = section;
    this.#code = code;
    this.#view = new DataView(code.buffer, code.byteOffset, code.byteLength);
    this.#targets = targets;
    this.#out = out;
  }

  /** A call of a function of the same section, whose distance the compiler knew. */
  plainCall(slot: number): void {
    const destination = slot + 1 + this.#view.getInt32(slot * 8 + 4, true);
    const target = this.#targets.functions.at(this.#section.index, destination);
    if (target !== undefined) this.#add(slot, REFERENCE.FUNCTION, target.index);
    // Code outside of any function is dead: it never becomes part of a program.
    else if (this.#targets.functions.at(this.#section.index, slot) !== undefined) {
      throw this.#wrong(slot, "", `expected a call of a function, found one to instruction ${destination}`);
    }
  }

  relocation(slot: number, symbol: number): void {
    const { elf, functions } = this.#targets;
    // What a static linker replaced stays in the section, relocations and all, but belongs to no function.
    if (functions.at(this.#section.index, slot) === undefined) return;
    const opcode = this.#code[slot * 8]!;
    const name = symbolName(elf, symbol);
    if (opcode !== OPCODE_CALL && opcode !== OPCODE_LOAD_WIDE) {
      throw this.#wrong(slot, name, `expected a call or a wide load, found opcode 0x${opcode.toString(16)}`);
    }
    if (opcode === OPCODE_LOAD_WIDE && slot + 1 >= this.#code.length / 8) {
      throw this.#wrong(slot, name, "expected the second half of a wide load, found the end");
    }
    const section = elf.symbols.section[symbol]!;
    const target = section < 0 ? undefined : elf.sections[section];
    if (target === undefined) {
      throw this.#wrong(slot, name, "expected a symbol in a section, found a special one; is a global variable not initialised?");
    }
    const value = elf.symbols.value[symbol]!;
    const inPlace = this.#view.getInt32(slot * 8 + 4, true);
    const isCall = opcode === OPCODE_CALL;
    if (section === 0) this.#extern(slot, symbol, name, isCall);
    else if (isCode(target)) this.#function(slot, symbol, target, isCall ? value / 8 + inPlace + 1 : (value + inPlace) / 8);
    else if (!isCall) this.#data(slot, symbol, name, target, inPlace);
    else throw this.#wrong(slot, name, `expected a call of a function, found one into section ${printable(target.name)}`);
  }

  #extern(slot: number, symbol: number, name: string, isCall: boolean): void {
    const { externs, externIndex, mapIndex } = this.#targets;
    const extern = externs.bySymbol.get(symbol);
    if (extern === undefined)
      throw this.#wrong(slot, name, "expected a symbol that is defined, or an extern with types, found neither");
    if (extern.kind !== "kconfig") this.#add(slot, REFERENCE.EXTERN, externIndex.get(extern)!);
    else if (!isCall) this.#add(slot, REFERENCE.VALUE, mapIndex.get(externs.kconfig!)!, extern.offset);
    else throw this.#wrong(slot, name, "expected a call of a function, found one of a configuration value");
  }

  #data(slot: number, symbol: number, name: string, section: ElfSection, inPlace: number): void {
    const { elf, maps, mapIndex } = this.#targets;
    const value = elf.symbols.value[symbol]!;
    const map = maps.declared(section.index, elf.symbols.type[symbol] === STT.SECTION ? value + inPlace : value);
    const variables = maps.variables(section.index);
    if (map !== undefined) this.#add(slot, REFERENCE.MAP, mapIndex.get(map)!);
    else if (variables !== undefined) this.#add(slot, REFERENCE.VALUE, mapIndex.get(variables)!, value + inPlace);
    else if (section === maps.jumpTables) this.#add(slot, REFERENCE.TABLE, symbol);
    else {
      const message = `expected a map, a variable of .data, .rodata or .bss, or a function, found something in section ${printable(section.name)}`;
      throw this.#wrong(slot, name, message);
    }
  }

  #function(slot: number, symbol: number, section: ElfSection, destination: number): void {
    const { elf, functions } = this.#targets;
    let target = functions.at(section.index, destination);
    // The symbol alone says which function, where it is one's; binutils 2.40 left half of its offset in the instruction.
    if (target === undefined && elf.symbols.type[symbol] === STT.FUNC)
      target = functions.at(section.index, elf.symbols.value[symbol]! / 8);
    if (target === undefined || !Number.isInteger(destination)) {
      const message = `expected a function, found instruction ${destination} of section ${printable(section.name)}`;
      throw this.#wrong(slot, symbolName(elf, symbol), message);
    }
    this.#add(slot, REFERENCE.FUNCTION, target.index);
  }

  #add(slot: number, kind: number, target: number, offset = 0): void {
    this.#out.slot[this.count] = slot;
    this.#out.kind[this.count] = kind;
    this.#out.target[this.count] = target;
    this.#out.offset[this.count] = offset;
    this.count++;
  }

  #wrong(slot: number, symbol: string, message: string): ObjectError {
    return new ObjectError("relocation", message, {
      section: this.#section.name,
      offset: slot * 8,
      ...(symbol === "" ? {} : { symbol }),
    });
  }
}
