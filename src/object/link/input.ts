/** One of the objects to be linked, opened. */

import { type Btf, openBtf } from "../../btf/btf.ts";
import type { BtfType } from "../../btf/types.ts";
import { type Elf, type ElfSection, openElf, SHN, SHT, STB } from "../elf.ts";
import { type ExtInfo, readExtInfo } from "../ext-info.ts";
import { LinkError } from "./errors.ts";

export interface LinkInput {
  /** For messages, e.g. the path. */
  readonly name: string;
  /** An object file. */
  readonly bytes: Uint8Array;
}

/** Where BTF declares a symbol that other objects may see. */
export interface Declaration {
  /** VAR or FUNC. */
  readonly id: number;
  /** Name of the section of variables that it is listed in; null when in none. */
  readonly section: string | null;
}

export class Input {
  readonly name: string;
  readonly elf: Elf;
  readonly btf: Btf | null;
  readonly extInfo: ExtInfo;
  /** By name: variables and functions that are not static. */
  readonly declarations: ReadonlyMap<string, Declaration>;

  /** @throws ObjectError, BtfError when the object is malformed. */
  constructor({ name, bytes }: LinkInput) {
    this.name = name;
    this.elf = openElf(bytes);
    const types = this.elf.find(".BTF");
    this.btf = types === undefined || types.bytes.length === 0 ? null : openBtf(types.bytes);
    const { btf } = this;
    this.extInfo =
      btf === null
        ? { functions: new Map(), lines: new Map(), core: new Map() }
        : readExtInfo(this.elf, (offset) => btf.string(offset));
    this.declarations = btf === null ? new Map() : declarationsIn(btf);
  }

  /** Sections that become part of the output, in order. */
  get carried(): readonly ElfSection[] {
    return this.elf.sections.filter(isCarried);
  }

  /** Defined here, in a section: not undefined, absolute or common. */
  isDefined(symbol: number): boolean {
    return this.elf.symbols.section[symbol]! > 0;
  }

  isLocal(symbol: number): boolean {
    return this.elf.symbols.binding[symbol] === STB.LOCAL;
  }

  /**
   * The symbols that other objects can see: defined in a section, or undefined.
   * @throws LinkError `symbol` for those that are neither.
   */
  *globals(): IterableIterator<number> {
    const { symbols } = this.elf;
    for (let symbol = 1; symbol < symbols.count; symbol++) {
      if (this.isLocal(symbol)) continue;
      const binding = symbols.binding[symbol]!;
      if (symbols.section[symbol]! < 0 || (binding !== STB.GLOBAL && binding !== STB.WEAK)) {
        const message = `expected a symbol in a section, found one beside (common or absolute, numbers from 0x${SHN.LORESERVE.toString(16)}); give the variable a value`;
        throw new LinkError("symbol", message, { symbol: symbols.name(symbol), files: [this.name] });
      }
      yield symbol;
    }
  }
}

/** Code and data; not what describes them (types, debug information, symbols), which is merged otherwise or left out. */
function isCarried({ type, size, name, index }: ElfSection): boolean {
  if (index === 0 || (type !== SHT.PROGBITS && type !== SHT.NOBITS)) return false;
  if (name === ".BTF" || name === ".BTF.ext" || name === ".comment" || name === ".note.GNU-stack") return false;
  return !/^\.(z?debug|rel|llvm)[_.]/.test(name) && !(name === ".text" && size === 0);
}

export function isStatic(type: BtfType): boolean {
  return (type.kind === "variable" || type.kind === "function") && type.linkage === "static";
}

function declarationsIn(btf: Btf): Map<string, Declaration> {
  const found = new Map<string, Declaration>();
  for (const kind of ["variable", "function"] as const) {
    for (const id of btf.ids(kind)) {
      const type = btf.type(id);
      if (!isStatic(type)) found.set(type.name, { id, section: null });
    }
  }
  for (const section of btf.ids("section")) {
    const type = btf.type(section);
    if (type.kind !== "section") continue;
    for (const { type: id } of type.variables) {
      if (!isStatic(btf.type(id))) found.set(btf.name(id), { id, section: type.name });
    }
  }
  return found;
}
