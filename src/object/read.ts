/** From an object file to a Spec. */

import { type Elf, openElf } from "./elf.ts";
import { ObjectError } from "./errors.ts";
import { readExtInfo } from "./ext-info.ts";
import { readExterns } from "./externs.ts";
import { readFunctions } from "./functions.ts";
import { readMaps } from "./maps.ts";
import { readOtherSections } from "./other-sections.ts";
import { readPrograms } from "./programs.ts";
import type { ExternSpec, Spec } from "./spec.ts";
import { readTypes } from "./types.ts";

export interface ReadOptions {
  /** The file's name or path: gives the Spec its name, and the maps of variables theirs. Default `object`. */
  readonly name?: string;
}

/** Bytes of a kernel object's name, without the NUL: libbpf cuts an object's name there before the first dot is looked for. */
const NAME_LENGTH = 15;

/**
 * Reads a 64-bit BPF object file: what clang, gcc, rustc and static linkers write, of either byte order.
 *
 * Deterministic, and without a kernel: CO-RE relocations, externs and everything else that depends on one are carried as
 * data. The bytes are not kept.
 * @throws ObjectError when the file is malformed or says what no loader could do; BtfError when its types are malformed.
 */
export function readObject(bytes: Uint8Array, options: ReadOptions = {}): Spec {
  const name = baseName(options.name ?? "object");
  const elf = openElf(bytes);
  const functions = readFunctions(elf);
  const types = readTypes(elf);
  const externs = readExterns(elf, types, name.slice(0, NAME_LENGTH));
  const maps = readMaps(elf, types, functions, externs, name.slice(0, NAME_LENGTH));
  const string = stringReader(elf, (offset) => {
    if (types === null)
      throw new ObjectError("ext-info", "expected the strings in .BTF, found no such section", { section: ".BTF.ext" });
    return types.btf.string(offset);
  });
  const sourceText = stringReader(elf, (offset) => string(offset).trimStart());
  const extInfo = types === null ? { functions: new Map(), lines: new Map(), core: new Map() } : readExtInfo(elf, string);
  const read = readPrograms({ elf, types, functions, maps, externs, extInfo, string, sourceText });
  const sections = readOtherSections(elf, types);
  const kernelVersion = readVersion(elf);
  return {
    name,
    license: readLicense(elf),
    types: types === null ? null : types.bytes,
    maps: [...maps.specs, ...read.maps],
    programs: read.programs,
    ...(maps.globals.length === 0 ? {} : { globals: maps.globals }),
    ...(externs.all.length === 0 ? {} : { externs: externs.all.map((extern) => asUsed(extern, read.called)) }),
    ...(kernelVersion === null ? {} : { kernelVersion }),
    ...(elf.littleEndian ? {} : { byteOrder: "big" }),
    ...(sections.length === 0 ? {} : { sections }),
    ...(elf.notes.length === 0 ? {} : { notes: elf.notes }),
  };
}

/** Without types only a program's use of an extern tells a function from a variable. */
function asUsed(extern: ExternSpec, called: ReadonlySet<ExternSpec>): ExternSpec {
  return extern.kind === "ksym" && called.has(extern) ? { ...extern, kind: "kfunc" } : extern;
}

/** `dir/firewall.bpf.o` is `firewall`. */
function baseName(path: string): string {
  const file = path.slice(path.lastIndexOf("/") + 1);
  const dot = file.indexOf(".");
  return dot < 0 ? file : file.slice(0, dot);
}

/** Strings are shared by many records: each is decoded once. */
function stringReader(elf: Elf, read: (offset: number) => string): (offset: number) => string {
  const known = new Map<number, string>();
  return (offset) => {
    let text = known.get(offset);
    if (text === undefined) {
      text = read(offset);
      elf.budget.spend(text.length, "strings of .BTF");
      known.set(offset, text);
    }
    return text;
  };
}

function readLicense(elf: Elf): string {
  const bytes = elf.find("license")?.bytes;
  if (bytes === undefined) return "";
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function readVersion(elf: Elf): number | null {
  const section = elf.find("version");
  if (section === undefined || section.bytes.length === 0) return null;
  if (section.bytes.length !== 4) {
    throw new ObjectError("bounds", `expected a kernel version of 4 bytes, found ${section.bytes.length}`, {
      section: "version",
    });
  }
  return new DataView(section.bytes.buffer, section.bytes.byteOffset, 4).getUint32(0, elf.littleEndian);
}
