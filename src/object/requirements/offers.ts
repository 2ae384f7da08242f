/** What a kernel offers, as far as its types say: they contain the enumerations of linux/bpf.h, complete in every configuration. */

import type { Btf } from "../../btf/btf.ts";
import { ATTACH_TYPE } from "../../uapi/attach-types.ts";
import { HELPER } from "../../uapi/helpers.ts";
import { MAP_TYPE } from "../../uapi/map-types.ts";
import { PROGRAM_TYPE } from "../../uapi/program-types.ts";
import { ATTACH_TYPE_SINCE, helperSince, type KernelVersion, MAP_TYPE_SINCE, PROGRAM_TYPE_SINCE } from "../../uapi/since.ts";
import type { Requirement } from "./requirements.ts";
import { compareKernels } from "./version.ts";

/** Enumeration, and how it spells a name of ours. */
const ENUMERATIONS: Readonly<Partial<Record<Requirement["kind"], { enumeration: string; spell(name: string): string }>>> = {
  helper: { enumeration: "bpf_func_id", spell: (name) => `BPF_FUNC_${name.replace(/^bpf_/, "")}` },
  "map type": { enumeration: "bpf_map_type", spell: (name) => `BPF_MAP_TYPE_${name.toUpperCase()}` },
  "program type": { enumeration: "bpf_prog_type", spell: (name) => `BPF_PROG_TYPE_${name.toUpperCase()}` },
  "attach type": { enumeration: "bpf_attach_type", spell: (name) => `BPF_${name.toUpperCase()}` },
};

export class KernelOffers {
  readonly #enumerators = new Map<string, ReadonlySet<string> | null>();
  readonly #btf: Btf;
  #before: KernelVersion | null | undefined;

  /** @param btf a kernel's types (vmlinux) */
  constructor(btf: Btf) {
    this.#btf = btf;
  }

  /** Whether the kernel has it; null when its types do not say. */
  has(kind: Requirement["kind"], name: string, since: KernelVersion | null): boolean | null {
    const row = ENUMERATIONS[kind];
    const names = row === undefined ? null : this.#names(row.enumeration);
    if (row !== undefined && names !== null) return names.has(row.spell(name));
    // No enumeration has instructions and flags; but whoever lacks something older lacks these.
    return since !== null && this.before !== null && compareKernels(since, this.before) >= 0 ? false : null;
  }

  /** A version that this kernel is older than: the first that has something that is missing here. Null: nothing is. */
  get before(): KernelVersion | null {
    this.#before ??= this.#findBefore();
    return this.#before;
  }

  #findBefore(): KernelVersion | null {
    let before: KernelVersion | null = null;
    const note = (kind: Requirement["kind"], name: string, since: KernelVersion | null): void => {
      const row = ENUMERATIONS[kind]!;
      const names = this.#names(row.enumeration);
      if (since === null || names === null || names.has(row.spell(name))) return;
      if (before === null || compareKernels(since, before) < 0) before = since;
    };
    for (const [name, number] of Object.entries(HELPER)) note("helper", name, helperSince(number));
    for (const name of keys(MAP_TYPE)) note("map type", name, MAP_TYPE_SINCE[name]);
    for (const name of keys(ATTACH_TYPE)) note("attach type", name, ATTACH_TYPE_SINCE[name]);
    for (const name of keys(PROGRAM_TYPE)) if (name !== "unspec") note("program type", name, PROGRAM_TYPE_SINCE[name]);
    return before;
  }

  #names(enumeration: string): ReadonlySet<string> | null {
    let names = this.#enumerators.get(enumeration);
    if (names === undefined) {
      const id = this.#btf.find(enumeration, "enum");
      const type = id === undefined ? null : this.#btf.type(id);
      names = type?.kind === "enum" ? new Set(type.values.map(({ name }) => name)) : null;
      this.#enumerators.set(enumeration, names);
    }
    return names;
  }
}

function keys<Key extends string>(table: Readonly<Record<Key, unknown>>): Key[] {
  return Object.keys(table) as Key[];
}
