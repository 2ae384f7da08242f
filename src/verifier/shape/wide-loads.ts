/**
 * Opcodes, wide loads and what they refer to, slot by slot, reachable or not: `resolve_pseudo_ldimm64` of
 * kernel/bpf/verifier.c.
 */

import type { MapFacts, Program } from "../program.ts";
import { refuse } from "../refusal.ts";
import { checkMapCompatibility } from "./map-compatibility.ts";
import { isKnownOpcode } from "./opcode-table.ts";
import {
  CLASS_LDX,
  LD_IMM64,
  PSEUDO_BTF_ID,
  PSEUDO_FUNC,
  PSEUDO_MAP,
  PSEUDO_MAP_IDX,
  PSEUDO_MAP_IDX_VALUE,
  PSEUDO_MAP_VALUE,
} from "./opcodes.ts";

/** `MAX_USED_MAPS`. */
const MOST_MAPS = 64;
/** `BPF_MAX_VAR_OFF`. */
const MOST_OFFSET = 1 << 29;

const MODE_MEM = 0x60;
const MODE_MEMSX = 0x80;

/** @throws Refused */
export function checkWideLoads(program: Program): void {
  const { code, era } = program;
  const { length, opcode, dst, src, offset, imm } = code;
  const used = new Set<MapFacts>();
  for (let slot = 0; slot < length; slot++) {
    const operation = opcode[slot]!;
    if ((operation & 7) === CLASS_LDX) {
      const mode = operation & 0xe0;
      if ((mode !== MODE_MEM && (mode !== MODE_MEMSX || era < 606)) || imm[slot] !== 0)
        refuse("BPF_LDX uses reserved fields", "EINVAL", slot);
    }
    if (operation !== LD_IMM64) {
      if (!isKnownOpcode(operation, era)) refuse(`unknown opcode ${operation.toString(16).padStart(2, "0")}`, "EINVAL", slot);
      continue;
    }
    const second = slot + 1;
    if (second >= length || opcode[second] !== 0 || dst[second] !== 0 || src[second] !== 0 || offset[second] !== 0)
      refuse("invalid bpf_ld_imm64 insn", "EINVAL", slot);
    checkKind(program, slot, used);
    slot++;
  }
}

function checkKind(program: Program, slot: number, used: Set<MapFacts>): void {
  const { code, referents } = program;
  const high = code.imm[slot + 1]!;
  switch (code.src[slot]) {
    case 0:
    case PSEUDO_FUNC:
      return;
    case PSEUDO_BTF_ID:
      checkAddress(program, slot, high);
      return;
    case PSEUDO_MAP:
    case PSEUDO_MAP_IDX:
      if (high !== 0) refuse("unrecognized bpf_ld_imm64 insn", "EINVAL", slot);
      break;
    case PSEUDO_MAP_VALUE:
    case PSEUDO_MAP_IDX_VALUE:
      break;
    default:
      refuse("unrecognized bpf_ld_imm64 insn", "EINVAL", slot);
  }
  const referent = referents.get(slot);
  if (referent?.kind !== "map" && referent?.kind !== "map-value") {
    if (code.src[slot] === PSEUDO_MAP_IDX || code.src[slot] === PSEUDO_MAP_IDX_VALUE)
      refuse("fd_idx without fd_array is invalid", "EPROTO", slot);
    refuse(`fd ${code.imm[slot]} is not pointing to valid bpf_map`, "EBADF", slot);
  }
  const { map } = referent;
  const known = used.has(map);
  const late = program.era >= 612;
  // 6.1 counts last.
  if (late && !known) count(used, map, slot);
  checkMapCompatibility(program, map, slot);
  if (referent.kind === "map-value") checkDirectValue(map, referent.offset >>> 0, slot);
  if (known) return;
  if (!late) count(used, map, slot);
  checkOnlyOne(used, map, slot);
}

function count(used: Set<MapFacts>, map: MapFacts, slot: number): void {
  if (used.size >= MOST_MAPS) refuse(`The total number of maps per program has reached the limit of ${MOST_MAPS}`, "E2BIG", slot);
  used.add(map);
}

function checkDirectValue(map: MapFacts, offset: number, slot: number): void {
  if (offset >= MOST_OFFSET) refuse(`direct value offset of ${offset} is not allowed`, "EINVAL", slot);
  if (map.type === "arena") return;
  if (map.type !== "array") refuse("no direct value access support for this map type", "EINVAL", slot);
  if (map.maxEntries !== 1 || offset >= map.valueSize)
    refuse(
      `invalid access to map value pointer, value_size=${map.valueSize} off=${offset}`,
      map.maxEntries === 1 ? "EINVAL" : "EOPNOTSUPP",
      slot,
    );
}

function checkOnlyOne(used: ReadonlySet<MapFacts>, map: MapFacts, slot: number): void {
  if (map.type !== "cgroup_storage" && map.type !== "percpu_cgroup_storage" && map.type !== "arena") return;
  for (const other of used) {
    if (other === map || other.type !== map.type) continue;
    refuse(
      map.type === "arena" ? "Only one arena per program" : "only one cgroup storage of each type is allowed",
      "EBUSY",
      slot,
    );
  }
}

function checkAddress(program: Program, slot: number, high: number): void {
  if (program.referents.has(slot)) return;
  const id = program.code.imm[slot]!;
  const types = program.kernelTypes;
  if (high !== 0) refuse("invalid module BTF object FD specified.", "EINVAL", slot);
  if (types === null) refuse("kernel is missing BTF, make sure CONFIG_DEBUG_INFO_BTF=y is specified in Kconfig.", "EINVAL", slot);
  if (id < 0 || id >= types.count) refuse(`ldimm64 insn specifies invalid btf_id ${id}.`, "ENOENT", slot);
  const expected = program.era < 602 ? "KIND_VAR." : "KIND_VAR or KIND_FUNC";
  refuse(`pseudo btf_id ${id} in ldimm64 isn't ${expected}`, "EINVAL", slot);
}
