/** The programs of an object: put together from functions, with what the loader must fill in listed beside the code. */

import { type Assembled, Assembler, type Part, type SectionCode, setSource } from "./assemble.ts";
import { RECORD_COST } from "./budget.ts";
import type { Elf, ElfSection } from "./elf.ts";
import { ObjectError } from "./errors.ts";
import { exceptionCallbacks } from "./exceptions.ts";
import type { ExtInfo } from "./ext-info.ts";
import type { Externs } from "./externs.ts";
import type { Functions, ObjectFunction } from "./functions.ts";
import { readJumpTable } from "./jump-tables.ts";
import type { ObjectMaps } from "./maps.ts";
import { OPCODE_CALL, REFERENCE, readReferences, type Targets } from "./references.ts";
import { sectionMeaning } from "./sections.ts";
import {
  CORE_KINDS,
  type CoreRelocation,
  type ExternReference,
  type ExternSpec,
  type FunctionInfo,
  type LineInfo,
  type MapSpec,
  type ProgramSpec,
  type Relocation,
} from "./spec.ts";
import type { ObjectTypes } from "./types.ts";

const PSEUDO_MAP = 1;
const PSEUDO_MAP_VALUE = 2;
const PSEUDO_KFUNC_CALL = 2;
const PSEUDO_BTF_ID = 3;

export interface ObjectPrograms {
  readonly programs: readonly ProgramSpec[];
  /** Maps that programs brought along: their jump tables. */
  readonly maps: readonly MapSpec[];
  /** Externs without types that programs call: functions after all. */
  readonly called: ReadonlySet<ExternSpec>;
}

export interface ProgramSource {
  readonly elf: Elf;
  readonly types: ObjectTypes | null;
  readonly functions: Functions;
  readonly maps: ObjectMaps;
  readonly externs: Externs;
  readonly extInfo: ExtInfo;
  /** Strings of `.BTF`. */
  readonly string: (offset: number) => string;
  /** Those that are lines of source, without leading white space. */
  readonly sourceText: (offset: number) => string;
}

/** @throws ObjectError when a program's code or its references are malformed. */
export function readPrograms(source: ProgramSource): ObjectPrograms {
  return new ProgramReader(source).read();
}

class ProgramReader {
  readonly #source: ProgramSource;
  readonly #targets: Targets;
  readonly #sections = new Map<number, SectionCode>();
  /** By name. */
  readonly #tables = new Map<string, MapSpec>();
  readonly #called = new Set<ExternSpec>();

  constructor(source: ProgramSource) {
    this.#source = source;
    const { elf, functions, maps, externs } = source;
    const mapIndex = new Map(maps.specs.map((spec, index) => [spec, index]));
    const externIndex = new Map(externs.all.map((spec, index) => [spec, index]));
    this.#targets = { elf, functions, maps, externs, mapIndex, externIndex };
  }

  read(): ObjectPrograms {
    const { elf, functions } = this.#source;
    const assembler = new Assembler(functions.all, (section) => this.#codeOf(section), elf.budget);
    const callbacks = exceptionCallbacks(elf, this.#source.types, functions);
    const names = new Set<string>();
    const programs: ProgramSpec[] = [];
    for (const main of functions.all) {
      if (!main.isProgram) continue;
      if (names.has(main.name)) {
        throw new ObjectError("function", "expected programs of different names, found two of this name", {
          section: main.section.name,
          symbol: main.name,
        });
      }
      names.add(main.name);
      programs.push(this.#program(main, assembler.assemble(main, callbacks.get(main.name))));
    }
    return { programs, maps: [...this.#tables.values()], called: this.#called };
  }

  #codeOf(index: number): SectionCode {
    const known = this.#sections.get(index);
    if (known !== undefined) return known;
    const section = this.#source.elf.sections[index]!;
    const code = this.#source.elf.littleEndian ? section.bytes : littleEndianCode(section);
    const made = { code, references: readReferences(section, code, this.#targets) };
    this.#sections.set(index, made);
    return made;
  }

  #program(main: ObjectFunction, { code, parts }: Assembled): ProgramSpec {
    const relocations: Relocation[] = [];
    const externs: ExternReference[] = [];
    const functions: FunctionInfo[] = [];
    const lines: LineInfo[] = [];
    const core: CoreRelocation[] = [];
    for (const part of parts) {
      functions.push({ slot: part.start, name: part.function.name, type: this.#functionType(part.function) });
      this.#fillReferences(code, main, part, relocations, externs);
      this.#addLines(part, lines);
      this.#addCore(part, core);
    }
    const meaning = sectionMeaning(main.section.name);
    return {
      name: main.name,
      section: meaning.section,
      type: meaning.type,
      attachType: meaning.attachType,
      code,
      relocations,
      functions,
      lines,
      ...(meaning.target === null ? {} : { target: meaning.target }),
      ...(meaning.flags === 0 ? {} : { flags: meaning.flags }),
      ...(meaning.autoload ? {} : { autoload: false }),
      ...(externs.length === 0 ? {} : { externs }),
      ...(core.length === 0 ? {} : { core }),
    };
  }

  #fillReferences(
    code: Uint8Array,
    main: ObjectFunction,
    part: Part,
    relocations: Relocation[],
    externs: ExternReference[],
  ): void {
    const { references } = this.#codeOf(part.function.section.index);
    this.#source.elf.budget.spend((part.endReference - part.firstReference) * RECORD_COST, "relocations");
    for (let at = part.firstReference; at < part.endReference; at++) {
      const slot = part.start + references.slot[at]! - part.function.start;
      const target = references.target[at]!;
      switch (references.kind[at]) {
        case REFERENCE.MAP:
          clearLoad(code, slot, PSEUDO_MAP);
          relocations.push({ slot, kind: "map", map: this.#source.maps.specs[target]!.name, offset: 0 });
          break;
        case REFERENCE.VALUE:
          clearLoad(code, slot, PSEUDO_MAP_VALUE);
          relocations.push({
            slot,
            kind: "map-value",
            map: this.#source.maps.specs[target]!.name,
            offset: references.offset[at]!,
          });
          break;
        case REFERENCE.TABLE:
          clearLoad(code, slot, PSEUDO_MAP_VALUE);
          relocations.push({ slot, kind: "map-value", map: this.#jumpTable(main, part, target), offset: 0 });
          break;
        case REFERENCE.EXTERN: {
          const extern = this.#source.externs.all[target]!;
          const isCall = code[slot * 8] === OPCODE_CALL;
          if (isCall) {
            this.#called.add(extern);
            setSource(code, slot, PSEUDO_KFUNC_CALL);
            code.fill(0, slot * 8 + 2, slot * 8 + 8);
          } else {
            clearLoad(code, slot, extern.kind === "ksym" && extern.type !== 0 ? PSEUDO_BTF_ID : 0);
          }
          externs.push({ slot, kind: isCall ? "call" : "address", name: extern.name });
          break;
        }
        default:
      }
    }
  }

  #functionType({ section, start }: ObjectFunction): number {
    const records = this.#source.extInfo.functions.get(section.index);
    if (records === undefined) return 0;
    const index = records.from(start * 8);
    return index < records.count && records.offset(index) === start * 8 ? records.word(index, 1) : 0;
  }

  /** Hot: large objects have half a million lines. */
  #addLines({ function: { section, start, length }, start: base }: Part, lines: LineInfo[]): void {
    const records = this.#source.extInfo.lines.get(section.index);
    if (records === undefined) return;
    const { string, sourceText, elf } = this.#source;
    const end = records.from((start + length) * 8);
    const first = records.from(start * 8);
    elf.budget.spend((end - first) * RECORD_COST, "line information");
    let fileAt = -1;
    let file = "";
    for (let index = first; index < end; index++) {
      // Neighbours are nearly always of one file.
      const newFile = records.word(index, 1);
      if (newFile !== fileAt) file = string((fileAt = newFile));
      const place = records.word(index, 3);
      const slot = base + records.offset(index) / 8 - start;
      lines.push({ slot, file, line: place >>> 10, column: place & 0x3ff, text: sourceText(records.word(index, 2)) });
    }
  }

  #addCore({ function: { section, start, length }, start: base }: Part, core: CoreRelocation[]): void {
    const records = this.#source.extInfo.core.get(section.index);
    if (records === undefined) return;
    const { string, elf } = this.#source;
    const end = records.from((start + length) * 8);
    const first = records.from(start * 8);
    elf.budget.spend((end - first) * RECORD_COST, "CO-RE relocations");
    for (let index = first; index < end; index++) {
      const number = records.word(index, 3);
      const kind = CORE_KINDS[number];
      if (kind === undefined) {
        const message = `expected a kind of CO-RE relocation from 0 to ${CORE_KINDS.length - 1}, found ${number}`;
        throw new ObjectError("ext-info", message, { section: section.name, offset: records.offset(index) });
      }
      const slot = base + records.offset(index) / 8 - start;
      core.push({ slot, kind, type: records.word(index, 1), access: string(records.word(index, 2)) });
    }
  }

  #jumpTable(main: ObjectFunction, part: Part, symbol: number): string {
    const { elf, maps } = this.#source;
    const name = `.jumptables.${main.name}.${elf.symbols.value[symbol]}`;
    if (!this.#tables.has(name)) this.#tables.set(name, readJumpTable(elf, maps.jumpTables!, symbol, part, name));
    return name;
  }
}

/** Leaves a wide load of zero with that pseudo source. */
function clearLoad(code: Uint8Array, slot: number, source: number): void {
  setSource(code, slot, source);
  code.fill(0, slot * 8 + 4, slot * 8 + 8);
  code.fill(0, slot * 8 + 12, slot * 8 + 16);
}

/** Turns big-endian instructions around: the registers' halves of a byte, the offset, the immediate (RFC 9669 §3). */
function littleEndianCode(section: ElfSection): Uint8Array {
  const code = section.bytes.slice();
  for (let at = 0; at < code.length; at += 8) {
    const registers = code[at + 1]!;
    code[at + 1] = ((registers & 0x0f) << 4) | (registers >>> 4);
    const [b2, b3, b4, b5, b6, b7] = [code[at + 2]!, code[at + 3]!, code[at + 4]!, code[at + 5]!, code[at + 6]!, code[at + 7]!];
    code[at + 2] = b3;
    code[at + 3] = b2;
    code[at + 4] = b7;
    code[at + 5] = b6;
    code[at + 6] = b5;
    code[at + 7] = b4;
  }
  return code;
}
