/** The data of an object: maps, variables, and what points where from the start. */

import { SHF, SHT, STB, STT } from "../elf.ts";
import type { GlobalSpec, MapSpec, Spec } from "../spec.ts";
import type { CodeWriter } from "./code.ts";
import { type ElfWriter, R_BPF, roundUp } from "./elf.ts";
import { WriteError } from "./errors.ts";
import { declareExterns } from "./externs.ts";
import { defineMaps } from "./maps.ts";
import type { Targets } from "./targets.ts";
import type { EditableTypes } from "./types.ts";
import { describeVariables, placeStructOps, roleOf, sectionOf } from "./variables.ts";

const ARENA_SECTION = ".addr_space.1";
const JUMP_TABLES = ".jumptables";
/** Sections of maps of the old kind. */
const LEGACY_MAPS = /^(.*\/)?maps(\/.*)?$/;
/** Of a value of an `insn_array`, and of an entry of a table. Bytes. */
const TABLE_VALUE_SIZE = 16;
const TABLE_ENTRY_SIZE = 8;

export class DataWriter {
  readonly #spec: Spec;
  readonly #elf: ElfWriter;
  readonly #types: EditableTypes;
  readonly #targets: Targets;
  readonly #code: CodeWriter;

  constructor(spec: Spec, elf: ElfWriter, types: EditableTypes, targets: Targets, code: CodeWriter) {
    this.#spec = spec;
    this.#elf = elf;
    this.#types = types;
    this.#targets = targets;
    this.#code = code;
  }

  /** Writes all sections of data, and completes the types of what is in them. */
  write(): void {
    const { license, kernelVersion, maps } = this.#spec;
    if (license !== "") this.#plainData("license", new TextEncoder().encode(`${license}\0`));
    if (kernelVersion !== undefined) this.#plainData("version", this.#u32(kernelVersion));
    const byRole = Map.groupBy(maps, roleOf);
    this.#declareExterns();
    this.#writeMaps(byRole.get("defined") ?? []);
    for (const map of byRole.get("variables") ?? []) this.#writeVariables(map);
    this.#writeStructOps(byRole.get("struct-ops") ?? []);
    this.#writeJumpTables(byRole.get("jump-table") ?? []);
    this.#writePointers();
    this.#writeSections();
    this.#completeSections();
  }

  #data(name: string, bytes: Uint8Array, flags: number, size = bytes.length, type: number = SHT.PROGBITS): number {
    const section = this.#elf.section({ name, type, flags, align: 8, bytes: new Uint8Array(bytes), size });
    this.#targets.named.set(name, this.#elf.sectionSymbol(section));
    return section;
  }

  #writeSections(): void {
    for (const { name, bytes, variables } of this.#spec.sections ?? []) {
      if (this.#elf.has(name)) {
        const message = `expected a section that nothing else is in, found ${JSON.stringify(name)}, which maps or programs are in`;
        throw new WriteError(message);
      }
      const section = this.#data(name, bytes, SHF.ALLOC | SHF.WRITE);
      const globals = variables.map((variable): GlobalSpec => ({ ...variable, map: name }));
      describeVariables(this.#types, name, bytes.length, globals);
      this.#nameVariables(section, globals);
    }
  }

  /** Sections of variables that the types know and the Spec has not: libbpf wants them to be there. */
  #completeSections(): void {
    for (let id = 1; id < this.#types.count; id++) {
      const section = this.#types.type(id);
      if (section.kind !== "section" || section.variables.length === 0 || this.#elf.has(section.name)) continue;
      if (section.name === ".kconfig" || section.name === ".ksyms" || section.name === ".extern") continue;
      if (LEGACY_MAPS.test(section.name) || section.name === ".maps" || section.name === ARENA_SECTION) {
        // Old maps are in `.maps` now, and libbpf refuses even the name; as it does an arena's variables without an arena.
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
      this.#targets.externs.set(extern.name, symbol);
      if (extern.kind !== "kconfig") continue;
      let offsets = values.get(extern.map);
      if (offsets === undefined) values.set(extern.map, (offsets = new Map()));
      offsets.set(extern.offset, symbol);
    }
    for (const [map, offsets] of values) {
      this.#targets.values.set(map, (offset) => {
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
      this.#targets.maps.set(spec.name, symbol);
      this.#targets.named.set(spec.name, symbol);
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
          ? contents.entries.map(({ key, map }) => ({ key, symbol: this.#targets.maps.get(map), name: map }))
          : contents.entries.map(({ key, program }) => ({ key, symbol: this.#targets.programs.get(program), name: program }));
      for (const { key, symbol, name } of targets) {
        if (symbol === undefined || valuesAt === null)
          throw new WriteError(`expected a ${contents.kind === "maps" ? "map" : "program"} ${JSON.stringify(name)}, found none`, {
            map: spec.name,
          });
        this.#address(section, valuesAt + key * 8, symbol, spec);
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
    this.#targets.values.set(spec.name, (offset) => ({ symbol, addend: offset - base }));
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
    this.#targets.values.set(map.name, (offset) => ({ symbol, addend: offset }));
  }

  #globalsOf(map: string): readonly GlobalSpec[] {
    return (this.#spec.globals ?? []).filter((each) => each.map === map);
  }

  #nameVariables(section: number, globals: readonly GlobalSpec[]): void {
    for (const { name, offset, size, linkage } of globals) {
      const binding = linkage === "global" ? STB.GLOBAL : STB.LOCAL;
      const symbol = this.#elf.symbol({ name, section, value: offset, size, type: STT.OBJECT, binding });
      if (!this.#targets.named.has(name)) this.#targets.named.set(name, symbol);
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
        this.#targets.maps.set(map.name, symbol);
        for (const { offset: at, program } of map.structOps!.functions) {
          const target = this.#targets.programs.get(program);
          if (target === undefined)
            throw new WriteError(`expected a program ${JSON.stringify(program)}, found none`, { map: map.name });
          this.#address(section, offset + at, target, map);
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
      const moved = this.#code.movedBy(map.name);
      if (contents?.kind !== "bytes" || moved === null || contents.bytes.length !== map.maxEntries * TABLE_VALUE_SIZE) {
        throw new WriteError("expected a table of instructions that a function uses, found another map of this type", {
          map: map.name,
        });
      }
      const values = new DataView(contents.bytes.buffer, contents.bytes.byteOffset, contents.bytes.byteLength);
      for (let index = 0; index < map.maxEntries; index++) {
        const slot = values.getUint32(index * TABLE_VALUE_SIZE, true) + moved;
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
      this.#targets.values.set(map.name, () => target);
    });
  }

  #writePointers(): void {
    for (const map of this.#spec.maps) {
      for (const { offset, symbol } of map.pointers ?? []) {
        const target = this.#targets.named.get(symbol);
        const section = this.#targets.named.get(sectionOf(map));
        if (target === undefined || section === undefined) {
          throw new WriteError(`expected something named ${JSON.stringify(symbol)} to point to, found nothing`, {
            map: map.name,
          });
        }
        this.#address(this.#elf.sectionOf(section), offset, target, map);
      }
    }
  }

  /** The address of a symbol, eight bytes of a section. */
  #address(section: number, offset: number, symbol: number, { name: map }: MapSpec): void {
    const { length } = this.#elf.bytesOf(section);
    if (offset + 8 > length) {
      throw new WriteError(`expected addresses within the ${length} bytes of a section, found one at byte ${offset}`, { map });
    }
    this.#elf.relocation(section, { offset, symbol, type: R_BPF.ABS64 });
  }

  #u32(value: number): Uint8Array {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, this.#elf.littleEndian);
    return bytes;
  }
}

function structOpsSection({ section, structOps, autocreate }: MapSpec): string {
  return section ?? `${autocreate === false ? "?" : ""}.struct_ops${structOps?.link === true ? ".link" : ""}`;
}
