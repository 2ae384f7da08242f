/**
 * Where the symbols of a stripped file are: in a file of its own, by the number of the build (`.note.gnu.build-id`) or by name (`.gnu_debuglink`),
 * where debuggers look, too. https://sourceware.org/gdb/current/onlinedocs/gdb.html/Separate-Debug-Files.html
 */

import { existsSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { crc32 } from "node:zlib";
import { ElfFileError, type ElfSymbols } from "./elf-symbols.ts";
import { withElf } from "./open-elf.ts";

const FOLDER = "/usr/lib/debug";

/** What `use` makes of the symbols for a file; undefined when there are none. @param path as the process's that opens it, not yet resolved. */
export function withDebugFile<Result>(elf: ElfSymbols, path: string, use: (symbols: ElfSymbols) => Result): Result | undefined {
  const build = buildOf(elf);
  const link = debugLink(elf);
  const candidates = [
    ...(build === null ? [] : [`${FOLDER}/.build-id/${build.slice(0, 2)}/${build.slice(2)}.debug`]),
    ...(link === null
      ? []
      : [`${dirname(path)}/${link.name}`, `${dirname(path)}/.debug/${link.name}`, `${FOLDER}${dirname(path)}/${link.name}`]),
  ];
  for (const candidate of candidates) {
    // A file may name itself.
    if (candidate === path) continue;
    const found = withFile(candidate, (symbols) => {
      const own = buildOf(symbols);
      const same = build !== null && own !== null ? own === build : link !== null && isOf(candidate, link.checksum);
      return same ? { result: use(symbols) } : null;
    });
    if (found !== null) return found.result;
  }
  return undefined;
}

/** Null when there is no such file, or it is none that has symbols. */
function withFile<Result>(path: string, use: (symbols: ElfSymbols) => Result | null): Result | null {
  if (!existsSync(path)) return null;
  try {
    return withElf(path, use);
  } catch (error) {
    if (error instanceof ElfFileError) return null;
    throw error;
  }
}

/** The digest in the note: sizes of name (4) and digest, type 3, `GNU`, the digest. In hexadecimal. */
function buildOf(elf: ElfSymbols): string | null {
  const note = elf.section(".note.gnu.build-id");
  if (note === undefined || note.length < 16) return null;
  const size = new DataView(note.buffer, note.byteOffset).getUint32(4, elf.littleEndian);
  return Buffer.from(note.subarray(16, 16 + size)).toString("hex");
}

/** A name, ended by 0, and at the next multiple of 4 a CRC-32 of the file. */
function debugLink(elf: ElfSymbols): { readonly name: string; readonly checksum: number } | null {
  const section = elf.section(".gnu_debuglink");
  const end = section?.indexOf(0) ?? -1;
  if (section === undefined || end <= 0) return null;
  const at = (end + 4) & ~3;
  if (at + 4 > section.length) return null;
  const name = basename(new TextDecoder().decode(section.subarray(0, end)));
  return { name, checksum: new DataView(section.buffer, section.byteOffset).getUint32(at, elf.littleEndian) };
}

/** Of files without a build's number, which are old and small. */
const isOf = (path: string, checksum: number): boolean => crc32(readFileSync(path)) === checksum;
