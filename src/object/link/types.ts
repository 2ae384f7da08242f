/**
 * Types of all inputs become one BTF: each global name keeps the type of its definition, sections of variables are put
 * together from the symbol table (which knows places; compilers leave them out of BTF), equal types are merged.
 */

import { openBtf } from "../../btf/btf.ts";
import { BtfBuilder } from "../../btf/builder.ts";
import { dedup } from "../../btf/dedup.ts";
import type { BtfType, SectionVariable } from "../../btf/types.ts";
import { type Input, isStatic } from "./input.ts";
import type { MergedSections } from "./sections.ts";
import type { GlobalSymbol } from "./symbols.ts";

export interface MergedTypes {
  readonly bytes: Uint8Array;
  /** Id in the output of a type of an input. */
  idOf(input: Input, id: number): number;
}

/** Null when no input has types. @throws BtfError when those of an input are malformed. */
export function mergeTypes(
  inputs: readonly Input[],
  sections: MergedSections,
  globals: ReadonlyMap<string, GlobalSymbol>,
  littleEndian: boolean,
): MergedTypes | null {
  if (inputs.every(({ btf }) => btf === null)) return null;
  const merger = new Merger(inputs, sections, globals);
  const { bytes, ids } = dedup(openBtf(merger.build(littleEndian)));
  return { bytes, idOf: (input, id) => ids[merger.idOf(input, id)]! };
}

/** A section of variables being put together. */
interface Variables {
  readonly name: string;
  readonly list: SectionVariable[];
  /** Names of globals that are in it. */
  readonly names: Set<string>;
}

class Merger {
  readonly #inputs: readonly Input[];
  readonly #sections: MergedSections;
  readonly #globals: ReadonlyMap<string, GlobalSymbol>;
  readonly #ids = new Map<Input, Uint32Array>();
  readonly #variables = new Map<string, Variables>();

  constructor(inputs: readonly Input[], sections: MergedSections, globals: ReadonlyMap<string, GlobalSymbol>) {
    this.#inputs = inputs;
    this.#sections = sections;
    this.#globals = globals;
    this.#number();
  }

  /** Id before equal types are merged. */
  idOf(input: Input, id: number): number {
    return this.#ids.get(input)?.[id] ?? 0;
  }

  build(littleEndian: boolean): Uint8Array {
    const builder = new BtfBuilder({ littleEndian });
    for (const input of this.#inputs) {
      for (const type of this.#typesOf(input)) {
        if (this.#isOwn(input, type)) builder.add(this.#settled(input, type), (id) => this.idOf(input, id));
      }
    }
    for (const input of this.#inputs) this.#collectVariables(input);
    for (const { name, list } of this.#variables.values()) {
      list.sort((a, b) => a.offset - b.offset);
      builder.section(name, this.#sections.find(name)?.size ?? 0, list);
    }
    return builder.encode();
  }

  /** Gives every type its id, in the order in which `build` adds them; then those of globals to all who mention them. */
  #number(): void {
    let next = 1;
    for (const input of this.#inputs) {
      const ids = new Uint32Array(input.btf?.count ?? 1);
      for (const type of this.#typesOf(input)) if (this.#isOwn(input, type)) ids[type.id] = next++;
      this.#ids.set(input, ids);
    }
    for (const input of this.#inputs) {
      const ids = this.#ids.get(input)!;
      for (const [name, { id }] of input.declarations) {
        const owner = this.#ownerOf(name);
        if (owner !== undefined && owner !== input) ids[id] = this.idOf(owner, owner.declarations.get(name)!.id);
      }
    }
  }

  *#typesOf({ btf }: Input): IterableIterator<BtfType> {
    if (btf !== null) for (const id of btf.ids()) yield btf.type(id);
  }

  /** Does the type come over under an id of its own? Sections are made anew; a global is its owner's. */
  #isOwn(input: Input, type: BtfType): boolean {
    if (type.kind === "section") return false;
    if ((type.kind !== "variable" && type.kind !== "function") || isStatic(type)) return true;
    // What no symbol mentions was declared and not used; nothing refers to it but its section.
    const owner = this.#ownerOf(type.name);
    return owner === undefined || owner === input;
  }

  /** Whose types say what a global is: who defines it, else the first who declares it. */
  #ownerOf(name: string): Input | undefined {
    const global = this.#globals.get(name);
    if (global === undefined) return undefined;
    const declares = ({ declarations }: Input): boolean => declarations.has(name);
    if (global.definition !== null && declares(global.definition.input)) return global.definition.input;
    return global.mentions.map(({ input }) => input).find(declares);
  }

  /** A declaration whose definition has no types of its own is a definition now. */
  #settled(input: Input, type: BtfType): BtfType {
    if ((type.kind !== "variable" && type.kind !== "function") || type.linkage !== "extern") return type;
    const global = this.#globals.get(type.name);
    return global !== undefined && global.definition !== null && this.#ownerOf(type.name) === input
      ? { ...type, linkage: "global" }
      : type;
  }

  #collectVariables(input: Input): void {
    const { btf, elf } = input;
    if (btf === null) return;
    for (const id of btf.ids("section")) {
      const section = btf.type(id);
      if (section.kind !== "section") continue;
      const place = elf.find(section.name);
      const part = place === undefined ? undefined : this.#sections.partOf(input, place.index);
      // Of a section that says the same in all objects (`license`), the first speaks.
      if (place !== undefined && this.#sections.isRepeated(input, place.index)) continue;
      for (const variable of section.variables) {
        const type = btf.type(variable.type);
        const target = { ...variable, type: this.idOf(input, variable.type) };
        if (isStatic(type)) this.#into(section.name).list.push({ ...target, offset: variable.offset + (part?.base ?? 0) });
        else this.#addGlobal(input, section.name, type.name, target);
      }
      // An empty one is kept: it gives constants without names their section.
      if (part !== undefined) this.#into(section.name);
    }
  }

  #addGlobal(input: Input, section: string, name: string, variable: SectionVariable): void {
    const global = this.#globals.get(name);
    if (global === undefined) return;
    const { definition } = global;
    if (definition !== null && (definition.input !== input || input.declarations.get(name)?.section !== section)) return;
    const into = this.#into(section);
    if (into.names.has(name)) return;
    into.names.add(name);
    if (definition === null) {
      into.list.push({ ...variable, offset: 0 });
      return;
    }
    const { symbols } = input.elf;
    const part = this.#sections.partOf(input, symbols.section[definition.symbol]!);
    into.list.push({ ...variable, offset: symbols.value[definition.symbol]! + (part?.base ?? 0) });
  }

  #into(name: string): Variables {
    let known = this.#variables.get(name);
    if (known === undefined) this.#variables.set(name, (known = { name, list: [], names: new Set() }));
    return known;
  }
}
