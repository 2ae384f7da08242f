/**
 * Sections of data that mean nothing to a loader and something to somebody else: libxdp reads `xdp_metadata` and
 * `.xdp_run_config`, udev-hid-bpf `.hid_bpf_config`, xdp-filter `features`. They are carried as they are.
 */

import { isData, readGlobals } from "./data-maps.ts";
import { type Elf, type ElfSection, SHF, SHT } from "./elf.ts";
import { isLegacyMaps } from "./legacy-maps.ts";
import type { SectionSpec } from "./spec.ts";
import type { ObjectTypes } from "./types.ts";

/** What others in this room read, and tables of compilers about the code. */
const KNOWN = /^(license|version|\.maps|\??\.struct_ops(\.link)?|\.addr_space\.1|\.jumptables|\.eh_frame|\.BTF.*|\.debug.*)$/;

/** In order of the file. One that holds addresses is left out: they would mean nothing without the rest of the file. */
export function readOtherSections(elf: Elf, types: ObjectTypes | null): SectionSpec[] {
  const names = new Set<string>();
  const found: SectionSpec[] = [];
  for (const section of elf.sections) {
    if (!isOther(elf, section) || names.has(section.name)) continue;
    names.add(section.name);
    elf.budget.spend(section.size, "sections", { section: section.name });
    const variables = readGlobals(elf, types, section, "").map(({ map, ...variable }) => variable);
    found.push({ name: section.name, bytes: section.bytes.slice(), variables });
  }
  return found;
}

function isOther(elf: Elf, section: ElfSection): boolean {
  if (section.type !== SHT.PROGBITS || section.size === 0 || section.name === "") return false;
  if ((section.flags & SHF.ALLOC) === 0 || (section.flags & SHF.EXECINSTR) !== 0) return false;
  return !KNOWN.test(section.name) && !isData(section) && !isLegacyMaps(section) && !elf.isRelocated(section);
}
