/** Functions of a file by name: from its own symbols, from Go's table, from the file that its symbols were moved to. */

import { withDebugFile } from "./debug-file.ts";
import type { ElfFunction, ElfSymbols } from "./elf-symbols.ts";
import { goFunctions } from "./go-functions.ts";

/** Undefined when nothing knows it. A version may stand behind the name: `memcpy@GLIBC_2.14`. */
export function findFunction(elf: ElfSymbols, path: string, name: string): ElfFunction | undefined {
  const own = elf.find(name);
  if (own !== undefined || elf.hasAllSymbols) return own;
  for (const found of goFunctions(elf, (candidate) => candidate === name)) return found;
  return withDebugFile(elf, path, (symbols) => {
    for (const { address, size } of symbols.symbols((candidate) => candidate === name)) {
      const offset = elf.offsetOf(address);
      if (offset !== undefined) return { name, address, offset, size };
    }
    return undefined;
  });
}

/** All whose name the test takes, each place once. */
export function allFunctions(elf: ElfSymbols, path: string, test: (name: string) => boolean): readonly ElfFunction[] {
  const found = new Map<number, ElfFunction>(elf.all(test).map((each) => [each.offset, each]));
  if (elf.hasAllSymbols) return [...found.values()];
  const add = (each: ElfFunction): void => {
    if (!found.has(each.offset)) found.set(each.offset, each);
  };
  for (const each of goFunctions(elf, test)) add(each);
  withDebugFile(elf, path, (symbols) => {
    for (const { name, address, size } of symbols.symbols(test)) {
      const offset = elf.offsetOf(address);
      if (offset !== undefined) add({ name, address, offset, size });
    }
  });
  return [...found.values()];
}
