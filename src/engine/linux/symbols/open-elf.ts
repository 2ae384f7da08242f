/** Reading a file of this machine as ELF: parts of it, when they are asked for. */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { ElfSymbols } from "./elf-symbols.ts";

/**
 * What `use` makes of a file; it is closed afterwards.
 * @throws ElfFileError; an error of the file system
 */
export function withElf<Result>(path: string, use: (elf: ElfSymbols) => Result): Result {
  const fd = openSync(path, "r");
  try {
    const { size } = fstatSync(fd);
    const elf = new ElfSymbols((offset, length) => {
      // A damaged file speaks of more than there is.
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
      return bytes.subarray(0, bytes.length === 0 ? 0 : readSync(fd, bytes, 0, bytes.length, offset));
    });
    return use(elf);
  } finally {
    closeSync(fd);
  }
}
