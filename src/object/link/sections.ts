/** Sections of one name become one, one input's bytes behind the other's. */

import { type ElfSection, SHF, SHT } from "../elf.ts";
import { roundUp } from "../write/elf.ts";
import { LinkError } from "./errors.ts";
import type { Input } from "./input.ts";

/** A section of an input, as a part of one of the output. */
export interface Part {
  readonly input: Input;
  readonly section: ElfSection;
  /** Bytes from the start of the output's section. */
  readonly base: number;
}

export interface MergedSection {
  readonly name: string;
  type: number;
  readonly flags: number;
  align: number;
  size: number;
  readonly parts: Part[];
}

export class MergedSections {
  readonly all: MergedSection[] = [];
  readonly #byName = new Map<string, MergedSection>();
  readonly #parts = new Map<Input, Map<number, Part & { readonly merged: MergedSection }>>();

  /** @throws LinkError `inputs` when sections of one name cannot be one; ObjectError `too-large` when one would grow out of proportion. */
  constructor(inputs: readonly Input[]) {
    for (const input of inputs) {
      const parts = new Map<number, Part & { readonly merged: MergedSection }>();
      this.#parts.set(input, parts);
      for (const section of input.carried) {
        const merged = this.#mergedOf(input, section);
        const part = this.#append(merged, input, section);
        parts.set(section.index, { ...part, merged });
      }
    }
    // Where zeroes that take no room in their file get room in ours.
    for (const { type, parts } of this.all) {
      for (const { input, section } of parts) {
        if (type !== section.type) input.elf.budget.spend(section.size, "zeroes", { section: section.name });
      }
    }
  }

  find(name: string): MergedSection | undefined {
    return this.#byName.get(name);
  }

  /** Where a section of an input went; undefined when it was left out. */
  partOf(input: Input, section: number): (Part & { readonly merged: MergedSection }) | undefined {
    return this.#parts.get(input)?.get(section);
  }

  /** Does the section say what another input's said before, and was left out for that? */
  isRepeated(input: Input, section: number): boolean {
    const part = this.partOf(input, section);
    return part !== undefined && !part.merged.parts.some((each) => each.input === input && each.section === part.section);
  }

  #mergedOf(input: Input, section: ElfSection): MergedSection {
    const { name, type, flags } = section;
    const known = this.#byName.get(name);
    if (known === undefined) {
      const merged: MergedSection = { name, type, flags, align: 1, size: 0, parts: [] };
      this.#byName.set(name, merged);
      this.all.push(merged);
      return merged;
    }
    if ((known.flags & MEANINGFUL) !== (flags & MEANINGFUL)) {
      throw new LinkError("inputs", `expected flags 0x${known.flags.toString(16)}, found 0x${flags.toString(16)}`, {
        section: name,
        files: [known.parts[0]!.input.name, input.name],
      });
    }
    // Zeroes take no room in a file until something else is in the section.
    if (type !== SHT.NOBITS) known.type = type;
    return known;
  }

  #append(merged: MergedSection, input: Input, section: ElfSection): Part {
    // Each says the same, once.
    if (UNIQUE.has(section.name) && merged.parts.length > 0) {
      const first = merged.parts[0]!;
      const isSame =
        first.section.bytes.length === section.bytes.length &&
        first.section.bytes.every((byte, at) => byte === section.bytes[at]);
      if (!isSame) {
        const [theirs, ours] = [first.section, section].map(({ bytes }) => describe(bytes));
        throw new LinkError("inputs", `expected one ${section.name} of all objects, found ${theirs} and ${ours}`, {
          section: section.name,
          files: [first.input.name, input.name],
        });
      }
      return { input, section, base: first.base };
    }
    const align = Math.max(section.align, 1);
    if (!Number.isInteger(Math.log2(align)) || align > MAX_ALIGN) {
      throw new LinkError("inputs", `expected an alignment of a power of two up to ${MAX_ALIGN}, found ${section.align}`, {
        section: section.name,
        files: [input.name],
      });
    }
    if (align > merged.align) merged.align = align;
    const base = roundUp(merged.size, merged.align);
    input.elf.budget.spend(base - merged.size, "padding", { section: section.name });
    merged.size = base + section.size;
    const part = { input, section, base };
    merged.parts.push(part);
    return part;
  }
}

const MEANINGFUL = SHF.WRITE | SHF.ALLOC | SHF.EXECINSTR;
const UNIQUE: ReadonlySet<string> = new Set(["license", "version"]);
/** No variable is aligned to more than a page. */
const MAX_ALIGN = 1 << 16;

/** The bytes of a merged section. */
export function join({ type, size, parts }: MergedSection): Uint8Array {
  if (type === SHT.NOBITS) return new Uint8Array();
  const bytes = new Uint8Array(size);
  for (const { section, base } of parts) bytes.set(section.bytes, base);
  return bytes;
}

function describe(bytes: Uint8Array): string {
  const nul = bytes.indexOf(0);
  return JSON.stringify(new TextDecoder().decode(bytes.subarray(0, nul < 0 ? bytes.length : nul)).slice(0, 60));
}
