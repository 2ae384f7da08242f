/**
 * Functions of Go programs whose symbols were stripped: Go keeps a table of them all for its own stack traces, `.gopclntab`.
 *
 * Format: https://go.dev/s/go12symtab and the Go source, src/debug/gosym/pclntab.go and src/runtime/symtab.go (`pcHeader`, `functab`, `_func`).
 */

import type { ElfFunction, ElfSymbols } from "./elf-symbols.ts";

/** What Go's linkers call it: the second where the program may be loaded anywhere. */
const SECTIONS = [".gopclntab", ".data.rel.ro.gopclntab"] as const;
/** First word of the table: Go 1.2, 1.16, 1.18, 1.20 and later. */
const MAGIC: Readonly<Record<number, 2 | 16 | 18>> = {
  4294967291: 2,
  4294967290: 16,
  4294967280: 18,
  4294967281: 18,
};

/** Those whose name the test takes: `main.main`, `net/http.(*conn).serve`. None of what is no Go program. */
export function* goFunctions(elf: ElfSymbols, test: (name: string) => boolean): Generator<ElfFunction> {
  const bytes = SECTIONS.map((name) => elf.section(name)).find((section) => section !== undefined);
  if (bytes === undefined || bytes.length < 16) return;
  const table = layoutOf(bytes, elf);
  if (table === null) return;
  const { count, address, nameOf } = table;
  for (let index = 0; index < count; index++) {
    const name = nameOf(index);
    if (name === null || !test(name)) continue;
    const begin = address(index);
    const offset = elf.offsetOf(begin);
    if (offset !== undefined) yield { name, address: begin, offset, size: address(index + 1) - begin };
  }
}

interface GoTable {
  readonly count: number;
  /** Of the function at a place; at `count`: where the last ends. */
  readonly address: (index: number) => number;
  readonly nameOf: (index: number) => string | null;
}

/** Null for tables of a Go that is not known here. */
function layoutOf(bytes: Uint8Array, elf: ElfSymbols): GoTable | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = elf.littleEndian;
  const version = MAGIC[view.getUint32(0, little)];
  // Sizes of pointers: 64-bit files alone get here.
  if (version === undefined || view.getUint8(7) !== 8) return null;
  const word = (at: number): number => (at + 8 <= bytes.length ? Number(view.getBigUint64(at, little)) : 0);
  const half = (at: number): number => (at + 4 <= bytes.length ? view.getUint32(at, little) : 0);
  const text = (at: number): string | null => {
    if (at < 0 || at >= bytes.length) return null;
    const end = bytes.indexOf(0, at);
    return new TextDecoder().decode(bytes.subarray(at, end < 0 ? bytes.length : end));
  };
  const count = word(8);
  if (version === 18) {
    // Since Go 1.26 the table does not say where the code begins.
    const start = word(24) === 0 ? (elf.sectionAddress(".text") ?? 0) : word(24);
    const [names, functions] = [word(32), word(64)];
    return {
      count: Math.min(count, Math.floor((bytes.length - functions) / 8)),
      address: (index) => start + half(functions + index * 8),
      nameOf: (index) => text(names + half(functions + half(functions + index * 8 + 4) + 4)),
    };
  }
  const [names, functions, base] = version === 16 ? [word(24), word(56), word(56)] : [0, 16, 0];
  return {
    count: Math.min(count, Math.floor((bytes.length - functions) / 16)),
    address: (index) => word(functions + index * 16),
    nameOf: (index) => text(names + half(base + word(functions + index * 16 + 8) + 8)),
  };
}
