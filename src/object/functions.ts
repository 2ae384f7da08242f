/**
 * The functions of an object: what stretch of which section each is.
 *
 * A function in `.text` is a subprogram. A global one in any other section of instructions is a program. (libbpf refuses
 * static functions there; we take them as subprograms.)
 */

import { type Elf, type ElfSection, SHF, SHT, STB, STT, STV } from "./elf.ts";
import { ObjectError } from "./errors.ts";

export interface ObjectFunction {
  readonly index: number;
  readonly name: string;
  readonly section: ElfSection;
  /** Slots (8 bytes) from the start of the section. */
  readonly start: number;
  /** Slots. */
  readonly length: number;
  readonly isProgram: boolean;
  /** Seen by other objects: neither static nor hidden. */
  readonly isGlobal: boolean;
  readonly symbol: number;
}

/** All functions, in order of section and place, which is libbpf's order of programs. */
export interface Functions {
  readonly all: readonly ObjectFunction[];
  /** The function around a slot of a section, or undefined. */
  at(section: number, slot: number): ObjectFunction | undefined;
}

const TEXT = ".text";
/** `LBB0_3`, `.Ltmp7`: places within a function. */
const LABEL = /^$|^\.?L(BB|tmp|func)/;

export function isCode(section: ElfSection): boolean {
  return section.type === SHT.PROGBITS && (section.flags & SHF.EXECINSTR) !== 0 && section.size > 0;
}

/**
 * Collects the functions.
 * @throws ObjectError `function` when one does not lie within its section or overlaps another.
 */
export function readFunctions(elf: Elf): Functions {
  const all: ObjectFunction[] = [];
  const bySection = new Map<number, ObjectFunction[]>();
  for (const section of elf.sections) {
    if (!isCode(section)) continue;
    if (section.size % 8 !== 0) {
      throw new ObjectError("function", `expected instructions of 8 bytes each, found ${section.size} bytes`, {
        section: section.name,
      });
    }
    const own = functionsOf(elf, section, all.length);
    bySection.set(section.index, own);
    for (const each of own) all.push(each);
  }
  return { all, at: (section, slot) => around(bySection.get(section), slot) };
}

function functionsOf(elf: Elf, section: ElfSection, firstIndex: number): ObjectFunction[] {
  const { symbols } = elf;
  const candidates = elf.symbolsIn(section);
  let chosen = candidates.filter((symbol) => symbols.type[symbol] === STT.FUNC);
  // Compilers before LLVM 8 gave functions no type; nor labels, which they did name like labels.
  if (chosen.length === 0) {
    chosen = candidates.filter((symbol) => symbols.type[symbol] === STT.NOTYPE && !LABEL.test(symbols.name(symbol)));
  }
  chosen = chosen.filter((symbol) => symbols.value[symbol]! < section.size || symbols.type[symbol] === STT.FUNC);
  chosen.sort((a, b) => symbols.value[a]! - symbols.value[b]! || symbols.binding[b]! - symbols.binding[a]! || a - b);
  // Two names of one function: the first is it.
  chosen = chosen.filter((symbol, index) => index === 0 || symbols.value[symbol] !== symbols.value[chosen[index - 1]!]);
  // Rust and -ffunction-sections split `.text`.
  const isText = section.name === TEXT || section.name.startsWith(`${TEXT}.`);
  return chosen.map((symbol, index) => {
    const name = symbols.name(symbol);
    const start = symbols.value[symbol]!;
    const place = { section: section.name, symbol: name };
    const next = index + 1 < chosen.length ? symbols.value[chosen[index + 1]!]! : section.size;
    // Hand-written assembly often leaves out sizes: such a function ends where the next begins.
    const size = symbols.size[symbol]! === 0 ? next - start : symbols.size[symbol]!;
    if (start % 8 !== 0 || size % 8 !== 0 || !(size > 0)) {
      throw new ObjectError("function", `expected whole instructions of 8 bytes, found ${size} bytes from ${start}`, place);
    }
    if (!(start + size <= section.size)) {
      throw new ObjectError(
        "function",
        `expected a function within ${section.size} bytes, found ${size} bytes from ${start}`,
        place,
      );
    }
    if (start + size > next) {
      throw new ObjectError(
        "function",
        `expected functions that do not overlap, found the next at ${next} and this one up to ${start + size}`,
        place,
      );
    }
    const isLocal = symbols.binding[symbol] === STB.LOCAL;
    const visibility = symbols.visibility[symbol];
    return {
      index: firstIndex + index,
      name,
      section,
      start: start / 8,
      length: size / 8,
      isProgram: !isText && !isLocal,
      isGlobal: !isLocal && visibility !== STV.HIDDEN && visibility !== STV.INTERNAL,
      symbol,
    };
  });
}

function around(functions: readonly ObjectFunction[] | undefined, slot: number): ObjectFunction | undefined {
  if (functions === undefined) return undefined;
  let low = 0;
  let high = functions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (functions[middle]!.start <= slot) low = middle + 1;
    else high = middle;
  }
  const found = functions[low - 1];
  return found !== undefined && slot < found.start + found.length ? found : undefined;
}
