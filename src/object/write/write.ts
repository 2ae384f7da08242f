/** From a Spec to an object file: what clang would have written, for libbpf, bpftool and every other loader. */

import { SHT } from "../elf.ts";
import type { Spec } from "../spec.ts";
import { CodeWriter } from "./code.ts";
import { DataWriter } from "./data.ts";
import { ElfWriter } from "./elf.ts";
import { WriteError } from "./errors.ts";
import { ExtInfoWriter } from "./ext-info.ts";
import { Targets } from "./targets.ts";
import { EditableTypes } from "./types.ts";

/**
 * Writes an ELF64 relocatable object for BPF: program sections, `.text` with each subprogram once, `license`, `.maps`,
 * sections of variables, relocations, `.BTF` and `.BTF.ext`. In the Spec's byte order.
 *
 * Reading it again gives the same Spec, but for what the format has no room for: maps of the old kind become maps of
 * `.maps`, subprograms follow in the order of calls, a map of variables is named after the file. What a Spec does not hold,
 * functions that nobody calls, is not written.
 * @throws WriteError when the Spec contradicts itself or says what objects cannot. BtfError when its types are malformed.
 */
export function writeObject(spec: Spec): Uint8Array {
  checkNames(spec);
  const elf = new ElfWriter(spec.byteOrder !== "big");
  const types = new EditableTypes(spec.types);
  const targets = new Targets();
  const code = new CodeWriter(spec.programs, elf, types, targets);
  new DataWriter(spec, elf, types, targets, code).write();
  const extInfo = new ExtInfoWriter();
  code.write(extInfo);
  writeTypes(elf, types, extInfo);
  return elf.encode();
}

/** Names are symbols: one each. */
function checkNames(spec: Spec): void {
  for (const [what, names] of [
    ["program", spec.programs.map(({ name }) => name)],
    ["map", spec.maps.map(({ name }) => name)],
  ] as const) {
    const seen = new Set<string>();
    for (const name of names) {
      if (seen.has(name)) throw new WriteError(`expected ${what}s of different names, found two of this name`, { [what]: name });
      seen.add(name);
    }
  }
}

function writeTypes(elf: ElfWriter, completed: EditableTypes, extInfo: ExtInfoWriter): void {
  // Line information needs a BTF for its strings, and kernels refuse one without types.
  if (completed.count === 1 && !extInfo.isEmpty) completed.int();
  const types = completed.build(elf.littleEndian);
  if (types.nextId === 1) return;
  const ext = extInfo.isEmpty
    ? null
    : extInfo.encode(
        elf.littleEndian,
        extInfo.texts.map((text) => types.string(text)),
      );
  elf.section({ name: ".BTF", type: SHT.PROGBITS, flags: 0, align: 4, bytes: types.encode() });
  if (ext !== null) elf.section({ name: ".BTF.ext", type: SHT.PROGBITS, flags: 0, align: 4, bytes: ext });
}
