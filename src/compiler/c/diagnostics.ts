/** From what clang prints to diagnostics as those of the other front end: a place, what is wrong, and where it is known, a way out. */

import { DIAGNOSTICS, type Diagnostic } from "../typescript/diagnostics.ts";
import { printable } from "../typescript/excerpt.ts";

/** The text of a line of a source, from 1; empty when there is none. */
export type LineOf = (file: string, line: number) => string;

/** What clang said, by how much it matters. */
export interface ClangOutput {
  readonly errors: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
}

/** `file:line:column:{line:column-line:column}…: error: text`; clang's backend knows no place, or only part of one. */
const LINE = /^(?:(.+?):(\d+):(?:(\d+):)?((?:\{[\d:-]+\})*):? ?)?(fatal error|error|warning|note): (.*)$/;

/** More would help nobody. */
const MOST = 50;
/** Notes that are told with what they belong to. */
const MOST_NOTES = 3;

/** Reads what clang printed of `file`, with `-fno-caret-diagnostics -fdiagnostics-print-source-range-info`. */
export function readClangOutput(text: string, file: string, lineOf: LineOf): ClangOutput {
  const errors: Diagnostic[] = [];
  const warnings: Diagnostic[] = [];
  const seen = new Set<string>();
  let notes: string[] = [];
  // The backend tells the same fault of a function at each of its places.
  const functions = new Set<string>();
  // Notes come after what they explain: each diagnostic is made when the next one begins.
  let finish = () => {};
  for (const line of text.split(/\r?\n/)) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, where = file, row, column, ranges = "", kind = "", message = ""] = match;
    if (kind === "note") {
      // The same note again for each use of a macro in a macro, and one about clang's own difficulties.
      const told = row === undefined ? message : `${message} (${where}:${row})`;
      if (notes.length < MOST_NOTES && !message.startsWith("could not determine")) notes.push(told);
      continue;
    }
    finish();
    notes = [];
    const own = notes;
    const key = `${where}:${row}:${column}:${message}`;
    finish = () => {};
    const fault = WAYS_OUT.find((way) => way.message !== undefined && way.problem.test(message))?.message;
    if (seen.has(key) || (fault !== undefined && functions.has(`${where}:${row}:${fault}`))) continue;
    seen.add(key);
    if (fault !== undefined) functions.add(`${where}:${row}:${fault}`);
    const place = { file: where, line: Number(row ?? 0), column: Number(column ?? 1), ranges };
    finish = () => {
      const to = kind === "warning" ? warnings : errors;
      if (to.length < MOST) to.push(diagnostic(kind === "warning" ? "SK5002" : "SK5001", place, message, own, lineOf));
    };
  }
  finish();
  return { errors, warnings };
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly ranges: string;
}

function diagnostic(
  code: "SK5001" | "SK5002",
  place: Place,
  message: string,
  notes: readonly string[],
  lineOf: LineOf,
): Diagnostic {
  // The assembler knows no places.
  const text = place.line === 0 ? "" : lineOf(place.file, place.line);
  const end = endOf(place, text);
  const known = WAYS_OUT.find(({ problem }) => problem.test(message));
  const problem = [known?.message ?? message, ...notes].join("; ");
  const fill = (template: string) => printable(template.replace("{problem}", problem).replace("{instead}", known?.instead ?? ""));
  return {
    code,
    file: place.file,
    line: Math.max(1, place.line),
    column: characters(text, place.column - 1) + 1,
    endLine: Math.max(1, end.line),
    endColumn: end.column,
    message: fill(DIAGNOSTICS[code].message),
    hint: fill(DIAGNOSTICS[code].hint),
    text,
  };
}

/** The end of the range that begins at the place, else of the word that stands there. */
function endOf({ line, column, ranges }: Place, text: string): { line: number; column: number } {
  for (const [, fromLine, fromColumn, toLine, toColumn] of ranges.matchAll(/\{(\d+):(\d+)-(\d+):(\d+)\}/g)) {
    if (Number(fromLine) === line && Number(fromColumn) === column && Number(toLine) === line && Number(toColumn) > column)
      return { line, column: characters(text, Number(toColumn) - 1) + 1 };
  }
  const start = characters(text, column - 1);
  const word = /^[\w$]+/.exec(text.slice(start))?.[0].length ?? 1;
  return { line, column: start + Math.max(1, word) + 1 };
}

/** Clang counts bytes of UTF-8; the number of UTF-16 units that so many bytes are. */
function characters(text: string, bytes: number): number {
  let left = bytes;
  let at = 0;
  for (const character of text) {
    if (left <= 0) break;
    const code = character.codePointAt(0) ?? 0;
    left -= code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    at += character.length;
  }
  return at;
}

interface WayOut {
  readonly problem: RegExp;
  /** In place of clang's words, where those do not help. */
  readonly message?: string;
  readonly instead: string;
}

/** What people meet in programs for eBPF, and what to do about it. Clang's words since 14. */
const WAYS_OUT: readonly WayOut[] = [
  {
    problem: /^(\w+) changed binding to STB_GLOBAL|^symbol '(?:license|version)' is already defined/,
    message: "a variable has the name of a section",
    instead: 'call it otherwise: char _license[] SEC("license") = "GPL"',
  },
  {
    problem: /BPF stack limit/,
    message: "the variables of this function do not fit into the 512 bytes of a stack frame",
    instead: "keep large ones in a map: BPF_MAP_TYPE_PERCPU_ARRAY with one entry",
  },
  {
    problem: /too many arg|stack arguments are not supported|defined with too many args/,
    message: "a function takes five arguments at most",
    instead: "pass a pointer to a struct, or make it __always_inline",
  },
  {
    problem: /built-in function '__\w*(?:df|sf|tf)\w*' is not supported|only floating|floating point/,
    message: "there are no floating-point numbers in eBPF",
    instead: "count in smaller units: nanoseconds, thousandths",
  },
  {
    problem: /built-in function '(__\w*div\w*|__\w*mod\w*)' is not supported|[Uu]nsupport(?:ed)? signed division/,
    instead: "divide unsigned numbers, or compile for -mcpu=v4 (Linux 6.6)",
  },
  {
    problem: /built-in function 'mem\w+' is not supported|call to (?:global )?function '?mem\w+/i,
    instead: "copy a size that is known when compiling (__builtin_memcpy), or in a loop",
  },
  {
    problem: /aggregate returns are not supported|only small returns supported/,
    message: "a function cannot return a struct",
    instead: "pass a pointer to where the result goes, or make it __always_inline",
  },
  {
    problem: /variable-sized|dynamic alloca|variable length/i,
    instead: "give the array a size that is known when compiling",
  },
  {
    problem: /'(?:stdio|stdlib|unistd|pthread|iostream)\.h' file not found/,
    instead: "a program in the kernel has no C library: remove it, and use helpers (bpf_printk …)",
  },
  {
    problem: /^'(?:linux|asm|asm-generic|net|uapi|sys)\/[\w/.-]+' file not found/,
    instead: 'install the headers of the kernel (linux-libc-dev, kernel-headers, linux-headers), or #include "vmlinux.h" instead',
  },
  {
    problem: /use of undeclared identifier 'bool'|unknown type name '(?:bool|size_t)'/,
    instead: '#include "vmlinux.h", or <stdbool.h> and <stddef.h>',
  },
  {
    problem: /unknown type name '(?:__)?[us](?:8|16|32|64)'/,
    instead: '#include "vmlinux.h", or <linux/types.h> for __u8 … __u64',
  },
  {
    problem: /incomplete definition of type 'struct/,
    instead: '#include "vmlinux.h" for the types of the kernel',
  },
];
