/**
 * How long an object takes to become a Spec: `node bench/object.ts [FILE.o …]` prints a table; median of 15 rounds. Beside it,
 * how long it takes to write that Spec, and to link the object.
 *
 * Without files it reads one that is made up to be as large as the largest known: 13 MB, 434,000 instructions in 300
 * programs and 134 subprograms, each with types, source lines for three instructions of five, references to maps and
 * variables, calls, and CO-RE relocations. Every program reaches two subprograms, so that 1,034,000 instructions come out.
 */

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { BtfBuilder } from "../src/btf/builder.ts";
import { link } from "../src/object/link/link.ts";
import { readObject } from "../src/object/read.ts";
import { writeObject } from "../src/object/write/write.ts";
import { type BuiltRelocation, type BuiltSection, type BuiltSymbol, buildElf, CODE } from "../test/object/elf-builder.ts";
import { median, printTable } from "./measure.ts";

const ROUNDS = 15;
const PROGRAMS = 300;
const SUBPROGRAMS = 134;
const LENGTH = 1000;

const paths = process.argv.slice(2);
const files: [string, Uint8Array][] =
  paths.length === 0 ? [["made up", largeObject()]] : paths.map((path) => [basename(path), new Uint8Array(readFileSync(path))]);

const rows = files.map(([name, bytes]) => {
  const times: number[] = [];
  let spec = readTimed(bytes, name, times);
  for (let round = 1; round < ROUNDS; round++) spec = readTimed(bytes, name, times);
  const instructions = spec.programs.reduce((sum, { code }) => sum + code.length / 8, 0);
  const lines = spec.programs.reduce((sum, program) => sum + program.lines.length, 0);
  const counts = [spec.programs.length, instructions, lines].map(String);
  const write = timed(() => writeObject(spec));
  const linked = timed(() => link([{ name, bytes }]));
  const read = [times[0]!, median(times)].map((time) => time.toFixed(1));
  return [name, (bytes.length / 1e6).toFixed(2), ...counts, ...read, write, linked];
});
printTable(["object", "MB", "programs", "instructions", "lines", "first ms", "median ms", "write ms", "link ms"], rows);

/** Milliseconds of one go. */
function timed(what: () => unknown): string {
  const start = performance.now();
  what();
  return (performance.now() - start).toFixed(0);
}

function readTimed(bytes: Uint8Array, name: string, times: number[]): ReturnType<typeof readObject> {
  const start = performance.now();
  const spec = readObject(bytes, { name });
  times.push(performance.now() - start);
  return spec;
}

function largeObject(): Uint8Array {
  const btf = new BtfBuilder();
  const int = btf.int("int", 4, { signed: true });
  const prototype = btf.prototype(int, [{ name: "ctx", type: btf.pointer(0) }]);
  // As vmlinux.h leaves them behind: many structs, few of them used.
  const structs = Array.from({ length: 20_000 }, (_, index) =>
    btf.struct(
      `kernel_type_number_${index}`,
      64,
      Array.from({ length: 8 }, (_, at) => ({ name: `member_${at}`, type: int, bitOffset: at * 32 })),
    ),
  );
  const texts = Array.from({ length: 30_000 }, (_, index) =>
    btf.string(`  value += context->member_${index} * factor; /* line ${index} */`),
  );
  const file = btf.string("./src/programs.bpf.c");
  const access = btf.string("0:1:2");

  const sections: BuiltSection[] = [];
  const symbols: BuiltSymbol[] = [];
  const relocations: BuiltRelocation[] = [];
  const ext: { name: number; functions: number[]; lines: number[]; core: number[] }[] = [];
  const fill = (section: string, names: readonly string[], callees: (index: number) => readonly string[]): void => {
    const data = new Uint8Array(names.length * LENGTH * 8);
    const info = { name: btf.string(section), functions: [] as number[], lines: [] as number[], core: [] as number[] };
    ext.push(info);
    names.forEach((name, index) => {
      const start = index * LENGTH;
      symbols.push({ name, section, type: 2, value: start * 8, size: LENGTH * 8 });
      info.functions.push(start * 8, btf.function(name, prototype, "global"));
      const called = callees(index);
      for (let slot = start; slot < start + LENGTH; slot++) {
        const at = slot * 8;
        const place = slot - start;
        if (place % 50 === 10) {
          data.set([0x18, 1], at);
          data[at + 8] = 0;
          relocations.push({ section, offset: at, symbol: place % 100 === 10 ? "counters" : "settings" });
          slot++;
        } else if (place > 0 && place % 400 === 0 && called[place / 400 - 1] !== undefined) {
          data.set([0x85, 0x10, 0, 0, 0xff, 0xff, 0xff, 0xff], at);
          relocations.push({ section, offset: at, symbol: called[place / 400 - 1]!, type: 10 });
        } else data.set([0xb7, 0], at);
        if (slot % 5 < 3) info.lines.push(at, file, texts[(slot * 7) % texts.length]!, ((slot % 4000) << 10) | 7);
        if (slot % 20 === 0) info.core.push(at, structs[slot % structs.length]!, access, 0);
      }
      data.set([0x95], (start + LENGTH - 1) * 8);
    });
    sections.push({ name: section, flags: CODE, data });
  };
  fill(
    ".text",
    Array.from({ length: SUBPROGRAMS }, (_, index) => `subprogram_${index}`),
    () => [],
  );
  for (let section = 0; section < 10; section++) {
    const names = Array.from({ length: PROGRAMS / 10 }, (_, index) => `program_${section}_${index}`);
    fill(`kprobe/function_${section}`, names, (index) => [
      `subprogram_${(index * 7) % SUBPROGRAMS}`,
      `subprogram_${(index * 11 + section) % SUBPROGRAMS}`,
    ]);
  }
  const counters = btf.struct("counters_definition", 24, [
    { name: "type", type: btf.pointer(btf.array(int, 1)), bitOffset: 0 },
    { name: "key_size", type: btf.pointer(btf.array(int, 4)), bitOffset: 64 },
    { name: "value_size", type: btf.pointer(btf.array(int, 8)), bitOffset: 128 },
  ]);
  btf.section(".maps", 24, [{ type: btf.variable("counters", counters, "global"), offset: 0, size: 24 }]);
  btf.section(".data", 4, [{ type: btf.variable("settings", int, "global"), offset: 0, size: 4 }]);
  sections.push({ name: ".maps", flags: 3, data: new Uint8Array(24) }, { name: ".data", flags: 3, data: new Uint8Array(4) });
  symbols.push(
    { name: "counters", section: ".maps", type: 1, size: 24 },
    { name: "settings", section: ".data", type: 1, size: 4 },
  );
  sections.push({ name: ".BTF.ext", data: extInfo(ext) }, { name: ".BTF", data: btf.encode() });
  return buildElf({ sections, symbols, relocations });
}

function extInfo(sections: readonly { name: number; functions: number[]; lines: number[]; core: number[] }[]): Uint8Array {
  const part = (words: number, of: "functions" | "lines" | "core"): number[] => {
    const out = [words * 4];
    for (const section of sections) {
      out.push(section.name, section[of].length / words);
      for (const word of section[of]) out.push(word);
    }
    return out;
  };
  const parts = [part(2, "functions"), part(4, "lines"), part(4, "core")];
  const header: number[] = [0x0001eb9f, 32];
  let offset = 0;
  for (const words of parts) {
    header.push(offset, words.length * 4);
    offset += words.length * 4;
  }
  return new Uint8Array(Uint32Array.from([...header, ...parts.flat()]).buffer);
}
