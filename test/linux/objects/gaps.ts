/**
 * The published list of gaps between Skep and libbpf 1.8 on the same kernel: what one of them loads and the other does not, on purpose. The
 * comparison leaves out nothing else; docs/linux.md repeats it.
 */

import { sectionMeaning } from "../../../src/object/sections.ts";
import type { Spec } from "../../../src/object/spec.ts";

/**
 * `old maps`: maps of the section `maps`, which libbpf refuses since 1.0 and many objects still have.
 * `record type`: a ring buffer whose declaration says what its records are (`__type(value, struct event)`); libbpf hands that to the kernel, which
 * refuses it.
 * `section name`: names of other tools, or of libbpf before 1.0 (`socket/filter`, `xdp_drop`), which say well enough what a program is.
 * `not linked`, `externs of others`: who names the programs to be loaded does not need what others use of other objects or of the kernel.
 * `newer name`: a section that the libbpf at hand does not know yet; 1.8 knows it.
 */
const REFUSALS = {
  "old maps": /legacy map definitions in 'maps' section are not supported/,
  "record type": /^libbpf: map '.*': failed to create: Invalid argument/,
  "section name": /missing BPF prog type/,
  "not linked": /unrecognized extern section|failed to find BTF for extern/,
  "externs of others": /^libbpf: extern /,
  "newer name": /missing BPF prog type/,
} as const;

export type Gap = keyof typeof REFUSALS;

/** The gaps that a program (empty: the whole object) may fall into. */
export function gapsOf(spec: Spec, program: string): readonly Gap[] {
  const programs = spec.programs.filter(({ name }) => program === "" || name === program);
  const used = new Set(programs.flatMap(({ externs = [] }) => externs.map(({ name }) => name)));
  const others = (spec.externs ?? []).filter(({ name }) => program !== "" && !used.has(name));
  const current = programs.map(({ section }) => sectionMeaning(section).current);
  const conditions: Readonly<Record<Gap, boolean>> = {
    "old maps": spec.maps.some(({ section }) => section === "maps" || section?.startsWith("maps/") === true),
    "record type": spec.maps.some(({ type, valueType }) => /ringbuf$/.test(type) && valueType !== 0),
    "section name": current.includes(false),
    "not linked": others.some(({ kind }) => kind === "unlinked"),
    "externs of others": others.some(({ kind, weak }) => (kind === "ksym" || kind === "kfunc") && !weak),
    "newer name": current.includes(true),
  };
  return (Object.keys(conditions) as Gap[]).filter((gap) => conditions[gap]);
}

/** Which gap libbpf's refusal is about; undefined: none of these. */
export const gapBehind = (gaps: readonly Gap[], refusal: string): Gap | undefined =>
  gaps.find((gap) => REFUSALS[gap].test(refusal));
