/** The instructions of an object: where every function goes, and what refers to what. */

import { SHF, SHT, STB, STT } from "../elf.ts";
import { CORE_KINDS, type ProgramSpec } from "../spec.ts";
import { byteSwapCode } from "./byte-order.ts";
import { type ElfWriter, R_BPF } from "./elf.ts";
import { WriteError } from "./errors.ts";
import type { ExtInfoWriter } from "./ext-info.ts";
import { type PartFunction, type SplitPrograms, splitPrograms, within } from "./functions.ts";
import type { Targets } from "./targets.ts";
import type { EditableTypes } from "./types.ts";

const TEXT = ".text";
const CALL = 0x85;
const PSEUDO_CALL = 1;
/** Names what handles a program's exceptions (`__exception_cb` of the kernel's bpf_experimental.h). */
const CALLBACK_TAG = "exception_callback:";

/** A section of instructions being filled. */
interface CodeSection {
  readonly name: string;
  readonly functions: number[];
  /** Slots so far. */
  length: number;
}

/** Where a function is in the object. */
interface FunctionPlace {
  /** Number and name of its section. */
  readonly section: number;
  readonly name: string;
  /** Slots from the start of the section. */
  readonly start: number;
}

export class CodeWriter {
  readonly #elf: ElfWriter;
  readonly #types: EditableTypes;
  readonly #targets: Targets;
  readonly #split: SplitPrograms;
  readonly #sections: readonly CodeSection[];
  readonly #places = new Map<number, FunctionPlace>();
  /** Function → its symbol. */
  readonly #functionSymbols = new Map<number, number>();
  /** Functions that a declaration tag names: that can only be done by global names. */
  readonly #callbacks: ReadonlySet<string>;

  /** Lays out the functions and names them, so that data can refer to them. */
  constructor(programs: readonly ProgramSpec[], elf: ElfWriter, types: EditableTypes, targets: Targets) {
    this.#elf = elf;
    this.#types = types;
    this.#targets = targets;
    this.#split = splitPrograms(programs);
    this.#callbacks = new Set(
      types.tags().flatMap((tag) => (tag.startsWith(CALLBACK_TAG) ? [tag.slice(CALLBACK_TAG.length)] : [])),
    );
    this.#sections = this.#layOutCode();
  }

  /** Writes the instructions, their relocations and what `.BTF.ext` says about them; all targets must be known. */
  write(extInfo: ExtInfoWriter): void {
    for (const section of this.#sections) this.#writeCode(section, extInfo);
  }

  /** By how many slots the first function that uses a map moved: from its program to its section. Null when none does. */
  movedBy(map: string): number | null {
    const { functions, same } = this.#split;
    const user = functions.findIndex(({ program, start, end }) =>
      within(program.relocations, start, end).some((relocation) => relocation.map === map),
    );
    const place = user < 0 ? undefined : this.#places.get(same[user]!);
    return place === undefined ? null : place.start - functions[user]!.start;
  }

  /** Decides where every function goes, and names it. */
  #layOutCode(): CodeSection[] {
    const { functions, same } = this.#split;
    const sections = new Map<string, CodeSection>();
    const place = (name: string, index: number): void => {
      let section = sections.get(name);
      if (section === undefined) sections.set(name, (section = { name, functions: [], length: 0 }));
      this.#places.set(index, { section: 0, name, start: section.length });
      section.functions.push(index);
      section.length += functions[index]!.end - functions[index]!.start;
    };
    // `.text` first, as clang has it; it is left out when there are no subprograms.
    functions.forEach((each, index) => {
      if (!each.isMain && same[index] === index) place(TEXT, index);
    });
    functions.forEach((each, index) => {
      if (each.isMain) place(elfSection(each.program), index);
    });
    for (const section of sections.values()) {
      const number = this.#elf.section({
        name: section.name,
        type: SHT.PROGBITS,
        flags: SHF.ALLOC | SHF.EXECINSTR,
        align: 8,
        bytes: new Uint8Array(section.length * 8),
      });
      for (const index of section.functions) this.#nameFunction(index, number);
    }
    return [...sections.values()];
  }

  #nameFunction(index: number, section: number): void {
    const each = this.#split.functions[index]!;
    const place = this.#places.get(index)!;
    this.#places.set(index, { ...place, section });
    const type = each.info.type === 0 ? undefined : this.#types.type(each.info.type);
    // Two different functions of one name can only be static ones.
    const isGlobal =
      each.isMain ||
      this.#callbacks.has(each.info.name) ||
      (type?.kind === "function" && type.linkage === "global" && !this.#targets.named.has(each.info.name));
    const symbol = this.#elf.symbol({
      name: each.isMain ? each.program.name : each.info.name,
      section,
      value: place.start * 8,
      size: (each.end - each.start) * 8,
      type: STT.FUNC,
      binding: isGlobal ? STB.GLOBAL : STB.LOCAL,
    });
    this.#functionSymbols.set(index, symbol);
    this.#targets.named.set(each.info.name, symbol);
    if (each.isMain) this.#targets.programs.set(each.program.name, symbol);
  }

  #writeCode({ name, functions, length }: CodeSection, extInfo: ExtInfoWriter): void {
    const code = new Uint8Array(length * 8);
    const view = new DataView(code.buffer);
    let section = 0;
    for (const index of functions) {
      const each = this.#split.functions[index]!;
      const place = this.#places.get(index)!;
      section = place.section;
      code.set(each.program.code.subarray(each.start * 8, each.end * 8), place.start * 8);
      this.#writeReferences(each, place, view);
      if (each.info.type !== 0) extInfo.of("functions", name).push(place.start * 8, each.info.type);
      this.#describe(each, name, place.start, extInfo);
    }
    this.#elf.bytesOf(section).set(this.#elf.littleEndian ? code : byteSwapCode(code));
  }

  #writeReferences(each: PartFunction, place: { section: number; start: number }, view: DataView): void {
    const { program } = each;
    const shift = place.start - each.start;
    const refer = (slot: number, symbol: number, immediate: number): void => {
      const at = (slot + shift) * 8;
      const isCall = view.getUint8(at) === CALL;
      if (!isCall && at + 16 > view.byteLength)
        throw new WriteError("expected a wide load of two slots, found the end of the code", { program: program.name, slot });
      view.setUint8(at + 1, (view.getUint8(at + 1) & 0x0f) | (isCall ? PSEUDO_CALL << 4 : 0));
      view.setInt32(at + 4, immediate, true);
      if (!isCall) view.setInt32(at + 12, 0, true);
      this.#elf.relocation(place.section, { offset: at, symbol, type: isCall ? R_BPF.CALL : R_BPF.LOAD64 });
    };
    for (const { slot, callee } of each.calls) {
      const isCall = view.getUint8((slot + shift) * 8) === CALL;
      const target = this.#split.same[callee]!;
      const symbol = this.#functionSymbols.get(target)!;
      // The address of a static function is its place in its section: libbpf takes no other.
      if (isCall || this.#elf.isGlobal(symbol)) refer(slot, symbol, isCall ? -1 : 0);
      else refer(slot, this.#elf.sectionSymbol(this.#elf.sectionOf(symbol)), this.#places.get(target)!.start * 8);
    }
    for (const { slot, kind, map, offset } of within(program.relocations, each.start, each.end)) {
      const at = { program: program.name, slot, map };
      if (kind === "map") {
        const symbol = this.#targets.maps.get(map);
        if (symbol === undefined) throw new WriteError("expected a map that programs can name, found none of that name", at);
        refer(slot, symbol, 0);
      } else {
        const target = this.#targets.values.get(map)?.(offset);
        if (target === undefined) throw new WriteError("expected a map of variables, whose value a program can point into", at);
        refer(slot, target.symbol, target.addend);
      }
    }
    for (const { slot, name, kind } of within(program.externs ?? [], each.start, each.end)) {
      const symbol = this.#targets.externs.get(name);
      if (symbol === undefined)
        throw new WriteError(`expected an extern ${JSON.stringify(name)}, found none`, { program: program.name, slot });
      refer(slot, symbol, kind === "call" ? -1 : 0);
    }
  }

  #describe({ program, start, end }: PartFunction, section: string, place: number, extInfo: ExtInfoWriter): void {
    const at = (slot: number): number => (slot - start + place) * 8;
    const lines = extInfo.of("lines", section);
    for (const { slot, file, line, column, text } of within(program.lines, start, end)) {
      lines.push(at(slot), extInfo.text(file), extInfo.text(text), ((line << 10) | column) >>> 0);
    }
    const core = extInfo.of("core", section);
    for (const { slot, type, access, kind } of within(program.core ?? [], start, end)) {
      core.push(at(slot), type, extInfo.text(access), CORE_KINDS.indexOf(kind));
    }
  }
}

function elfSection({ section, autoload, name }: ProgramSpec): string {
  if (section === "" || section === TEXT)
    throw new WriteError(`expected a section that says what the program is for, found ${JSON.stringify(section)}`, {
      program: name,
    });
  return autoload === false ? `?${section}` : section;
}
