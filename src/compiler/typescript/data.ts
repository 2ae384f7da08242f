/**
 * What lies beside the code: variables and constants of the whole file, in arrays of one value that are named as libbpf names
 * them (`firewall.bss`), and described as clang describes them (a DATASEC of VARs).
 */

import { BPF_F_MMAPABLE, BPF_F_RDONLY_PROG, dataMapName } from "../../object/data-maps.ts";
import { lostCounter } from "../../object/lost-records.ts";
import type { GlobalSpec, MapSpec } from "../../object/spec.ts";
import type { TypeWriter } from "./btf-types.ts";
import { alignOf, sizeOf } from "./layout.ts";
import type { GlobalDeclaration } from "./tree.ts";
import { type ArrayType, INTS } from "./types.ts";

/** Where something lies: bytes from the start of a map's only value. */
export interface DataPlace {
  readonly map: string;
  readonly offset: number;
}

interface Placed {
  readonly variable: GlobalDeclaration;
  readonly offset: number;
}

type SectionName = GlobalDeclaration["section"];

const ARENA = ".addr_space.1";

/** As clang orders them. */
const SECTIONS: readonly SectionName[] = [".data", ".bss", ".rodata", ARENA];

/** Private variables and texts are placed when the code first uses them; nothing moves afterwards. */
export class DataSections {
  readonly #specName: string;
  readonly #arena: string | null;
  readonly #placed = new Map<SectionName, Placed[]>(SECTIONS.map((name) => [name, []]));
  readonly #offsets = new Map<GlobalDeclaration, DataPlace>();
  readonly #texts = new Map<string, DataPlace>();
  readonly #lost = new Map<string, DataPlace>();

  /**
   * @param specName name of the Spec: maps are called after it.
   * @param arena the arena that variables lie in; null when there is none
   */
  constructor(specName: string, arena: string | null = null) {
    this.#specName = specName;
    this.#arena = arena;
  }

  /** The map of what is asked of the kernel's configuration. */
  get configMap(): string {
    return dataMapName(".kconfig", this.#specName);
  }

  place(variable: GlobalDeclaration): DataPlace {
    const known = this.#offsets.get(variable);
    if (known !== undefined) return known;
    const placed = this.#placed.get(variable.section) ?? [];
    const align = alignOf(variable.type);
    const offset = Math.ceil(endOf(placed) / align) * align;
    placed.push({ variable, offset });
    const place = { map: this.#mapOf(variable.section), offset };
    this.#offsets.set(variable, place);
    return place;
  }

  #mapOf(section: SectionName): string {
    if (section !== ARENA) return dataMapName(section, this.#specName);
    if (this.#arena === null) throw new TypeError("there is no arena for its variables");
    return this.#arena;
  }

  /** What the arena's variables are from the start, null when it has none. They lie at its start. */
  arenaBytes(): Uint8Array | null {
    const placed = this.#placed.get(ARENA) ?? [];
    return placed.length === 0 ? null : bytesOf(placed);
  }

  /** Bytes of a text, its NUL included; equal ones are one. */
  text(bytes: Uint8Array): DataPlace {
    const key = bytes.join();
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    // The name that libbpf's own macro gives to formats.
    const name = this.#texts.size === 0 ? "____fmt" : `____fmt.${this.#texts.size}`;
    const type: ArrayType = { kind: "array", element: INTS.i8, length: bytes.length, name: null };
    const place = this.place({
      name,
      section: ".rodata",
      type,
      initial: bytes,
      exported: false,
      value: null,
      at: { line: 1, column: 1 },
    });
    this.#texts.set(key, place);
    return place;
  }

  /** Where the records are counted that found no room in a ring. */
  lost(ring: string): DataPlace {
    const known = this.#lost.get(ring);
    if (known !== undefined) return known;
    const place = this.place({
      name: lostCounter(ring),
      section: ".bss",
      type: INTS.u64,
      initial: null,
      exported: false,
      value: null,
      at: { line: 1, column: 1 },
    });
    this.#lost.set(ring, place);
    return place;
  }

  /** The maps that hold it all, and the variables in them. */
  describe(types: TypeWriter): { readonly maps: readonly MapSpec[]; readonly globals: readonly GlobalSpec[] } {
    const maps: MapSpec[] = [];
    const globals: GlobalSpec[] = [];
    for (const [section, placed] of this.#placed) {
      if (placed.length === 0) continue;
      const map = this.#mapOf(section);
      const variables = placed.map(({ variable, offset }) => {
        const linkage = variable.exported ? ("global" as const) : ("static" as const);
        return { name: variable.name, map, offset, size: sizeOf(variable.type), type: types.idOf(variable.type), linkage };
      });
      globals.push(...variables);
      if (section !== ARENA) maps.push(mapOf(section, map, placed, types.section(section, endOf(placed), variables)));
    }
    return { maps, globals };
  }
}

function endOf(placed: readonly Placed[]): number {
  const last = placed.at(-1);
  return last === undefined ? 0 : last.offset + sizeOf(last.variable.type);
}

function bytesOf(placed: readonly Placed[]): Uint8Array {
  const bytes = new Uint8Array(endOf(placed));
  for (const { variable, offset } of placed) if (variable.initial !== null) bytes.set(variable.initial, offset);
  return bytes;
}

/** Flags as libbpf sets them: user space may map what it knows by name. */
function mapOf(section: SectionName, name: string, placed: readonly Placed[], valueType: number): MapSpec {
  const isConstant = section === ".rodata";
  const isNamed = placed.some(({ variable }) => variable.exported);
  const bytes = bytesOf(placed);
  return {
    name,
    type: "array",
    keySize: 4,
    valueSize: bytes.length,
    maxEntries: 1,
    flags: (isConstant ? BPF_F_RDONLY_PROG : 0) | (isNamed ? BPF_F_MMAPABLE : 0),
    keyType: 0,
    valueType,
    section,
    ...(section === ".bss" ? {} : { contents: { kind: "bytes", bytes } }),
    ...(isConstant ? { frozen: true } : {}),
  };
}
