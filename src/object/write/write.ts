/** From a Spec to an object file: what clang would have written, for libbpf, bpftool and every other loader. */

import { SHF, SHT, STB, STT } from "../elf.ts";
import { CORE_KINDS, type GlobalSpec, type MapSpec, type ProgramSpec, type Spec } from "../spec.ts";
import { byteSwapCode } from "./byte-order.ts";
import { ElfWriter, R_BPF, roundUp } from "./elf.ts";
import { WriteError } from "./errors.ts";
import { ExtInfoWriter } from "./ext-info.ts";
import { declareExterns } from "./externs.ts";
import { type PartFunction, type SplitPrograms, splitPrograms, within } from "./functions.ts";
import { defineMaps } from "./maps.ts";
import { EditableTypes } from "./types.ts";
import { describeVariables, placeStructOps, roleOf, sectionOf } from "./variables.ts";

const TEXT = ".text";
const ARENA_SECTION = ".addr_space.1";
/** Sections of maps of the old kind. */
const LEGACY_MAPS = /^(.*\/)?maps(\/.*)?$/;
const JUMP_TABLES = ".jumptables";
/** Names what handles a program's exceptions (`__exception_cb` of the kernel's bpf_experimental.h). */
const CALLBACK_TAG = "exception_callback:";
/** Of a value of an `insn_array`, and of an entry of a table. Bytes. */
const TABLE_VALUE_SIZE = 16;
const TABLE_ENTRY_SIZE = 8;
const CALL = 0x85;
const PSEUDO_CALL = 1;

/**
 * Writes an ELF64 relocatable object for BPF: program sections, `.text` with each subprogram once, `license`, `.maps`,
 * sections of variables, relocations, `.BTF` and `.BTF.ext`. In the Spec's byte order.
 *
 * Reading it again gives the same Spec, but for what the format has no room for: maps of the old kind become maps of
 * `.maps`, subprograms follow in the order of calls, a map of variables is named after the file.
 * @throws WriteError when the Spec contradicts itself or says what objects cannot. BtfError when its types are malformed.
 */
export function writeObject(spec: Spec): Uint8Array {
  return new ObjectWriter(spec).write();
}

/** A section of instructions being filled. */
interface CodeSection {
  readonly name: string;
  readonly functions: number[];
  /** Slots so far. */
  length: number;
}

/** What a name in the Spec refers to: a symbol, and how far from it. */
interface Target {
  readonly symbol: number;
  readonly addend: number;
}

class ObjectWriter {
  readonly #spec: Spec;
  readonly #elf: ElfWriter;
  readonly #types: EditableTypes;
  readonly #split: SplitPrograms;
  /** Function → where it is: section number and slots from its start. */
  readonly #places = new Map<number, { section: number; name: string; start: number }>();
  /** Function → its symbol. */
  readonly #functionSymbols = new Map<number, number>();
  readonly #programSymbols = new Map<string, number>();
  /** Map → its symbol, for `map`. */
  readonly #mapSymbols = new Map<string, number>();
  /** Map → where byte 0 of its value is, for `map-value`. */
  readonly #values = new Map<string, (offset: number) => Target>();
  readonly #externs = new Map<string, number>();
  /** Functions that a declaration tag names: that can only be done by global names. */
  readonly #callbacks: ReadonlySet<string>;
  /** Symbols and sections by name, for pointers in variables. */
  readonly #named = new Map<string, number>();

  constructor(spec: Spec) {
    this.#spec = spec;
    this.#elf = new ElfWriter(spec.byteOrder !== "big");
    this.#types = new EditableTypes(spec.types);
    this.#split = splitPrograms(spec.programs);
    this.#callbacks = new Set(
      this.#types.tags().flatMap((tag) => (tag.startsWith(CALLBACK_TAG) ? [tag.slice(CALLBACK_TAG.length)] : [])),
    );
  }

  write(): Uint8Array {
    const spec = this.#spec;
    this.#checkNames();
    const code = this.#layOutCode();
    if (spec.license !== "") this.#plainData("license", new TextEncoder().encode(`${spec.license}\0`));
    if (spec.kernelVersion !== undefined) this.#plainData("version", this.#u32(spec.kernelVersion));
    const byRole = Map.groupBy(spec.maps, roleOf);
    this.#declareExterns();
    this.#writeMaps(byRole.get("defined") ?? []);
    for (const map of byRole.get("variables") ?? []) this.#writeVariables(map);
    this.#writeStructOps(byRole.get("struct-ops") ?? []);
    this.#writeJumpTables(byRole.get("jump-table") ?? []);
    this.#writePointers();
    this.#writeOtherSections();
    const extInfo = new ExtInfoWriter();
    for (const section of code) this.#writeCode(section, extInfo);
    this.#writeTypes(extInfo);
    return this.#elf.encode();
  }

  #checkNames(): void {
    for (const [what, names] of [
      ["program", this.#spec.programs.map(({ name }) => name)],
      ["map", this.#spec.maps.map(({ name }) => name)],
    ] as const) {
      const seen = new Set<string>();
      for (const name of names) {
        if (seen.has(name))
          throw new WriteError(`expected ${what}s of different names, found two of this name`, { [what]: name });
        seen.add(name);
      }
    }
  }

  // ── code ──────────────────────────────────────────────────────────────────────────────────────────────────────────

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
      (type?.kind === "function" && type.linkage === "global" && !this.#named.has(each.info.name));
    const symbol = this.#elf.symbol({
      name: each.isMain ? each.program.name : each.info.name,
      section,
      value: place.start * 8,
      size: (each.end - each.start) * 8,
      type: STT.FUNC,
      binding: isGlobal ? STB.GLOBAL : STB.LOCAL,
    });
    this.#functionSymbols.set(index, symbol);
    this.#named.set(each.info.name, symbol);
    if (each.isMain) this.#programSymbols.set(each.program.name, symbol);
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
        const symbol = this.#mapSymbols.get(map);
        if (symbol === undefined) throw new WriteError("expected a map that programs can name, found none of that name", at);
        refer(slot, symbol, 0);
      } else {
        const target = this.#values.get(map)?.(offset);
        if (target === undefined) throw new WriteError("expected a map of variables, whose value a program can point into", at);
        refer(slot, target.symbol, target.addend);
      }
    }
    for (const { slot, name, kind } of within(program.externs ?? [], each.start, each.end)) {
      const symbol = this.#externs.get(name);
      if (symbol === undefined)
        throw new WriteError(`expected an extern ${JSON.stringify(name)}, found none`, { program: program.name, slot });
      refer(slot, symbol, kind === "call" ? -1 : 0);
    }
  }

  // ── data ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  #data(name: string, bytes: Uint8Array, flags: number, size = bytes.length, type: number = SHT.PROGBITS): number {
    const section = this.#elf.section({ name, type, flags, align: 8, bytes: new Uint8Array(bytes), size });
    this.#named.set(name, this.#elf.sectionSymbol(section));
    return section;
  }

  /**
   * Sections of variables that the types know and no map holds (`features`, `xdp_metadata` and others that tools read):
   * a Spec has their types, not their contents.
   */
  #writeOtherSections(): void {
    for (let id = 1; id < this.#types.count; id++) {
      const section = this.#types.type(id);
      if (section.kind !== "section" || section.variables.length === 0 || this.#named.has(section.name)) continue;
      if (section.name === ".kconfig" || section.name === ".ksyms" || section.name === ".extern") continue;
      if (LEGACY_MAPS.test(section.name)) {
        // Its maps are in `.maps` now, and libbpf refuses even the name.
        this.#types.replace({ ...section, variables: [] });
        continue;
      }
      this.#plainData(section.name, new Uint8Array(), section.size, SHT.NOBITS);
    }
  }

  /** A section that no map holds. libbpf wants a symbol for every variable that the types have in it. */
  #plainData(name: string, bytes: Uint8Array, size = bytes.length, kind: number = SHT.PROGBITS): void {
    const section = this.#data(name, bytes, SHF.ALLOC | SHF.WRITE, size, kind);
    for (const { type: id, offset, size } of this.#types.find(name, "section")?.variables ?? []) {
      const type = this.#types.type(id);
      if (type.kind !== "variable" || type.linkage === "extern") continue;
      this.#nameVariables(section, [{ name: type.name, map: name, offset, size, type: type.type, linkage: type.linkage }]);
    }
  }

  #declareExterns(): void {
    const externs = this.#spec.externs ?? [];
    declareExterns(this.#types, externs);
    const values = new Map<string, Map<number, number>>();
    for (const extern of externs) {
      const symbol = this.#elf.symbol({
        name: extern.name,
        section: 0,
        value: 0,
        size: 0,
        type: STT.NOTYPE,
        binding: extern.weak ? STB.WEAK : STB.GLOBAL,
      });
      this.#externs.set(extern.name, symbol);
      if (extern.kind !== "kconfig") continue;
      let offsets = values.get(extern.map);
      if (offsets === undefined) values.set(extern.map, (offsets = new Map()));
      offsets.set(extern.offset, symbol);
    }
    for (const [map, offsets] of values) {
      this.#values.set(map, (offset) => {
        const symbol = offsets.get(offset);
        if (symbol === undefined)
          throw new WriteError(`expected the start of a configuration value, found byte ${offset}`, { map });
        return { symbol, addend: 0 };
      });
    }
  }

  #writeMaps(maps: readonly MapSpec[]): void {
    const written = defineMaps(this.#types, maps);
    const last = written.at(-1);
    if (last === undefined) return;
    const section = this.#data(".maps", new Uint8Array(last.offset + last.size), SHF.ALLOC | SHF.WRITE);
    for (const { spec, offset, size, isGlobal } of written) {
      const binding = isGlobal ? STB.GLOBAL : STB.LOCAL;
      const symbol = this.#elf.symbol({ name: spec.name, section, value: offset, size, type: STT.OBJECT, binding });
      this.#mapSymbols.set(spec.name, symbol);
      this.#named.set(spec.name, symbol);
    }
    for (const { spec, valuesAt } of written) {
      const { contents } = spec;
      if (contents === undefined) continue;
      if (contents.kind === "bytes") {
        this.#writeArena(spec, contents.bytes, contents.offset ?? 0);
        continue;
      }
      const targets =
        contents.kind === "maps"
          ? contents.entries.map(({ key, map }) => ({ key, symbol: this.#mapSymbols.get(map), name: map }))
          : contents.entries.map(({ key, program }) => ({ key, symbol: this.#programSymbols.get(program), name: program }));
      for (const { key, symbol, name } of targets) {
        if (symbol === undefined || valuesAt === null)
          throw new WriteError(`expected a ${contents.kind === "maps" ? "map" : "program"} ${JSON.stringify(name)}, found none`, {
            map: spec.name,
          });
        this.#elf.relocation(section, { offset: valuesAt + key * 8, symbol, type: R_BPF.ABS64 });
      }
    }
  }

  #writeArena(spec: MapSpec, bytes: Uint8Array, base: number): void {
    if (spec.type !== "arena")
      throw new WriteError("expected a map of .maps to be empty at first, found contents", { map: spec.name });
    const section = this.#data(ARENA_SECTION, bytes, SHF.ALLOC | SHF.WRITE);
    const globals = this.#globalsOf(spec.name).map((each) => ({ ...each, offset: each.offset - base }));
    describeVariables(this.#types, ARENA_SECTION, bytes.length, globals);
    this.#nameVariables(section, globals);
    const symbol = this.#elf.sectionSymbol(section);
    this.#values.set(spec.name, (offset) => ({ symbol, addend: offset - base }));
  }

  #writeVariables(map: MapSpec): void {
    const name = sectionOf(map);
    const size = map.valueSize;
    const isConstant = name.startsWith(".rodata");
    const flags = isConstant ? SHF.ALLOC : SHF.ALLOC | SHF.WRITE;
    const { contents } = map;
    if (contents !== undefined && (contents.kind !== "bytes" || contents.bytes.length > size)) {
      throw new WriteError(`expected at most ${size} bytes of variables, found something else`, { map: map.name });
    }
    let bytes = new Uint8Array(contents === undefined && name.startsWith(".bss") ? 0 : size);
    if (contents?.kind === "bytes") {
      bytes = new Uint8Array(size);
      bytes.set(contents.bytes);
    }
    const section = this.#data(name, bytes, flags, size, bytes.length === size ? SHT.PROGBITS : SHT.NOBITS);
    const globals = this.#globalsOf(map.name);
    describeVariables(this.#types, name, size, globals);
    this.#nameVariables(section, globals);
    const symbol = this.#elf.sectionSymbol(section);
    this.#values.set(map.name, (offset) => ({ symbol, addend: offset }));
  }

  #globalsOf(map: string): readonly GlobalSpec[] {
    return (this.#spec.globals ?? []).filter((each) => each.map === map);
  }

  #nameVariables(section: number, globals: readonly GlobalSpec[]): void {
    for (const { name, offset, size, linkage } of globals) {
      const binding = linkage === "global" ? STB.GLOBAL : STB.LOCAL;
      const symbol = this.#elf.symbol({ name, section, value: offset, size, type: STT.OBJECT, binding });
      if (!this.#named.has(name)) this.#named.set(name, symbol);
    }
  }

  #writeStructOps(maps: readonly MapSpec[]): void {
    for (const [name, own] of Map.groupBy(maps, structOpsSection)) {
      const { placed, size } = placeStructOps(this.#types, name, own);
      const bytes = new Uint8Array(size);
      for (const { map, offset } of placed) if (map.contents?.kind === "bytes") bytes.set(map.contents.bytes, offset);
      const section = this.#data(name, bytes, SHF.ALLOC | SHF.WRITE);
      for (const { map, offset } of placed) {
        const symbol = this.#elf.symbol({
          name: map.name,
          section,
          value: offset,
          size: map.valueSize,
          type: STT.OBJECT,
          binding: STB.GLOBAL,
        });
        this.#mapSymbols.set(map.name, symbol);
        for (const { offset: at, program } of map.structOps!.functions) {
          const target = this.#programSymbols.get(program);
          if (target === undefined)
            throw new WriteError(`expected a program ${JSON.stringify(program)}, found none`, { map: map.name });
          this.#elf.relocation(section, { offset: offset + at, symbol: target, type: R_BPF.ABS64 });
        }
      }
    }
  }

  /** Tables hold places in the program; in an object, bytes from the start of the section that their function is in. */
  #writeJumpTables(maps: readonly MapSpec[]): void {
    if (maps.length === 0) return;
    let end = 0;
    const places = maps.map((map) => {
      const named = /^\.jumptables\..*\.(\d+)$/.exec(map.name);
      const offset = named === null ? end : Number(named[1]);
      const size = map.maxEntries * TABLE_ENTRY_SIZE;
      end = Math.max(end, offset + size);
      return { map, offset, size };
    });
    const bytes = new Uint8Array(roundUp(end, TABLE_ENTRY_SIZE));
    const entries = new DataView(bytes.buffer);
    for (const { map, offset } of places) {
      const { contents } = map;
      const user = this.#split.functions.findIndex(({ program, start, end: last }) =>
        within(program.relocations, start, last).some((relocation) => relocation.map === map.name),
      );
      const place = user < 0 ? undefined : this.#places.get(this.#split.same[user]!);
      if (contents?.kind !== "bytes" || place === undefined || contents.bytes.length !== map.maxEntries * TABLE_VALUE_SIZE) {
        throw new WriteError("expected a table of instructions that a function uses, found another map of this type", {
          map: map.name,
        });
      }
      const values = new DataView(contents.bytes.buffer, contents.bytes.byteOffset, contents.bytes.byteLength);
      for (let index = 0; index < map.maxEntries; index++) {
        const slot = values.getUint32(index * TABLE_VALUE_SIZE, true) - this.#split.functions[user]!.start + place.start;
        entries.setBigUint64(offset + index * TABLE_ENTRY_SIZE, BigInt(slot * 8), this.#elf.littleEndian);
      }
    }
    const section = this.#data(JUMP_TABLES, bytes, SHF.ALLOC);
    const known = new Map<number, number>();
    places.forEach(({ map, offset, size }, index) => {
      let symbol = known.get(offset);
      if (symbol === undefined) {
        symbol = this.#elf.symbol({
          name: `BPF.JT.0.${index}`,
          section,
          value: offset,
          size,
          type: STT.OBJECT,
          binding: STB.LOCAL,
        });
        known.set(offset, symbol);
      }
      const target = { symbol, addend: 0 };
      this.#values.set(map.name, () => target);
    });
  }

  #writePointers(): void {
    for (const map of this.#spec.maps) {
      for (const { offset, symbol } of map.pointers ?? []) {
        const target = this.#named.get(symbol);
        const section = this.#named.get(sectionOf(map));
        if (target === undefined || section === undefined) {
          throw new WriteError(`expected something named ${JSON.stringify(symbol)} to point to, found nothing`, {
            map: map.name,
          });
        }
        this.#elf.relocation(this.#elf.sectionOf(section), { offset, symbol: target, type: R_BPF.ABS64 });
      }
    }
  }

  // ── types ─────────────────────────────────────────────────────────────────────────────────────────────────────────

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

  #writeTypes(extInfo: ExtInfoWriter): void {
    const types = this.#types.build(this.#elf.littleEndian);
    if (types.nextId === 1) return;
    const ext = extInfo.isEmpty
      ? null
      : extInfo.encode(
          this.#elf.littleEndian,
          extInfo.texts.map((text) => types.string(text)),
        );
    this.#elf.section({ name: ".BTF", type: SHT.PROGBITS, flags: 0, align: 4, bytes: types.encode() });
    if (ext !== null) this.#elf.section({ name: ".BTF.ext", type: SHT.PROGBITS, flags: 0, align: 4, bytes: ext });
  }

  #u32(value: number): Uint8Array {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, this.#elf.littleEndian);
    return bytes;
  }
}

function elfSection({ section, autoload, name }: ProgramSpec): string {
  if (section === "" || section === TEXT)
    throw new WriteError(`expected a section that says what the program is for, found ${JSON.stringify(section)}`, {
      program: name,
    });
  return autoload === false ? `?${section}` : section;
}

function structOpsSection({ section, structOps, autocreate }: MapSpec): string {
  return section ?? `${autocreate === false ? "?" : ""}.struct_ops${structOps?.link === true ? ".link" : ""}`;
}
