/**
 * Maps declared the old way: structs of 32-bit words in a section `maps`. libbpf 1.0 refuses them; objects
 * of iproute2, gobpf, aya and the kernel's old samples are full of them.
 *
 * All begin with type, key size, value size, entries, flags. What follows differs, and only the size tells which it is.
 */

import { isMapOfMaps, type MapDeclared, mapTypeName, withDefaults } from "./btf-maps.ts";
import { type Elf, type ElfSection, SHF, SHT, STT } from "./elf.ts";
import { ObjectError, printable } from "./errors.ts";
import type { MapSpec } from "./spec.ts";
import type { ObjectTypes } from "./types.ts";

/** `maps`; `maps/NAME` (gobpf, bcc); `lirc_mode2/maps` (v4l-utils). */
const LEGACY_NAME = /^(.*\/)?maps(\/.*)?$/;
/** type, key_size, value_size, max_entries: flags came later. */
const SMALLEST = 16;
/** `struct bpf_map_def` of gobpf: the five words, pinning, a namespace of 256 characters. */
const GOBPF_SIZE = 280;
/** `struct bpf_elf_map` of iproute2: the five words, id, pinning, inner_id, inner_idx. */
const IPROUTE2_SIZE = 36;
/** The kernel's samples: the five words, inner_map_idx, numa_node. aya: the five words, id, pinning. */
const SAMPLES_SIZE = 28;
const BPF_F_NUMA_NODE = 1 << 2;

export function isLegacyMaps(section: ElfSection): boolean {
  return (
    section.type === SHT.PROGBITS && (section.flags & SHF.EXECINSTR) === 0 && section.size > 0 && LEGACY_NAME.test(section.name)
  );
}

interface Raw {
  readonly name: string;
  readonly section: ElfSection;
  readonly offset: number;
  readonly size: number;
  readonly words: Uint32Array;
}

/**
 * Reads the maps of all such sections, in order of section and place.
 * Words that nobody knows are left out, and noted.
 * @throws ObjectError `map` when a definition is too short.
 */
export function readLegacyMaps(elf: Elf, types: ObjectTypes | null): MapDeclared[] {
  const raws = elf.sections.filter(isLegacyMaps).flatMap((section) => rawMaps(elf, section));
  const byId = new Map(raws.filter(({ size }) => size === IPROUTE2_SIZE).map((raw) => [raw.words[5]!, raw]));
  const specs = raws.map((raw) => readMap(raw, raws, byId, types, elf.notes));
  return raws.map(({ section, offset, size }, index) => ({ spec: specs[index]!, section, offset, size, valuesAt: null }));
}

function rawMaps(elf: Elf, section: ElfSection): Raw[] {
  const { symbols } = elf;
  // Compilers before LLVM 8 gave variables no type.
  const found = elf
    .symbolsIn(section)
    .filter(
      (symbol) => (symbols.type[symbol] === STT.OBJECT || symbols.type[symbol] === STT.NOTYPE) && symbols.name(symbol) !== "",
    );
  if (found.length === 0)
    throw new ObjectError("map", "expected symbols that name the maps, found none", { section: section.name });
  found.sort((a, b) => symbols.value[a]! - symbols.value[b]! || a - b);
  const distinct = found.filter((symbol, index) => index === 0 || symbols.value[symbol] !== symbols.value[found[index - 1]!]);
  const view = new DataView(section.bytes.buffer, section.bytes.byteOffset, section.bytes.byteLength);
  return distinct.map((symbol, index) => {
    const name = symbols.name(symbol);
    const offset = symbols.value[symbol]!;
    const next = index + 1 < distinct.length ? symbols.value[distinct[index + 1]!]! : section.size;
    const size = Math.min(next - offset, symbols.size[symbol]! || Number.POSITIVE_INFINITY);
    if (!(offset + size <= section.size) || size < SMALLEST) {
      throw new ObjectError("map", `expected a definition of at least ${SMALLEST} bytes, found ${size} bytes from ${offset}`, {
        section: section.name,
        symbol: name,
      });
    }
    const words = Uint32Array.from({ length: size >>> 2 }, (_, word) => view.getUint32(offset + word * 4, elf.littleEndian));
    return { name, section, offset, size, words };
  });
}

function readMap(
  raw: Raw,
  raws: readonly Raw[],
  byId: ReadonlyMap<number, Raw>,
  types: ObjectTypes | null,
  notes: string[],
): MapSpec {
  const { name, section, size, words } = raw;
  const basics = basicMap(raw, types);
  const rest = words.subarray(5);
  if (size === SAMPLES_SIZE) {
    const inner = raws[rest[0]!];
    if (isMapOfMaps(basics.type) && inner !== undefined && inner !== raw)
      return { ...basics, inner: innerOf(basics, inner, types) };
    if (rest[1] === 0) return basics;
    return (basics.flags & BPF_F_NUMA_NODE) !== 0 ? { ...basics, numaNode: rest[1]! } : { ...basics, pinning: "name" };
  }
  if (size === IPROUTE2_SIZE) {
    const pinning = rest[1] === 0 ? {} : { pinning: "name" as const };
    const innerId = rest[2]!;
    const inner = innerId === 0 || !isMapOfMaps(basics.type) ? undefined : byId.get(innerId);
    return { ...basics, ...pinning, ...(inner === undefined ? {} : { inner: innerOf(basics, inner, types) }) };
  }
  if (size === GOBPF_SIZE) return rest[0] === 0 ? basics : { ...basics, pinning: "name" };
  if (rest.some((word) => word !== 0)) {
    notes.push(
      `map ${printable(name)} in section ${printable(section.name)}: what follows the first 20 bytes of its definition is not understood`,
    );
  }
  return basics;
}

function basicMap({ name, section, words }: Raw, types: ObjectTypes | null): MapSpec {
  const [keyType, valueType] = annotatedTypes(name, types);
  return withDefaults({
    name,
    type: mapTypeName(words[0]!, name, section.name),
    keySize: words[1]!,
    valueSize: words[2]!,
    maxEntries: words[3]!,
    flags: words[4] ?? 0,
    keyType,
    valueType,
    section: section.name,
  });
}

function innerOf(outer: MapSpec, inner: Raw, types: ObjectTypes | null): MapSpec {
  return { ...basicMap(inner, types), name: `${outer.name}.inner` };
}

/** `BPF_ANNOTATE_KV_PAIR(map, key, value)` left a struct of two members behind. */
function annotatedTypes(name: string, types: ObjectTypes | null): [number, number] {
  const id = types?.btf.find(`____btf_map_${name}`, "struct");
  const struct = id === undefined ? undefined : types?.btf.type(id);
  if (struct?.kind !== "struct" || struct.members.length !== 2) return [0, 0];
  return [struct.members[0]!.type, struct.members[1]!.type];
}
