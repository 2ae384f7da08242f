/** Loads and stores: which memory a pointer may touch, and what a load gives. */

import { typeName } from "../print/types.ts";
import { refuse } from "../refusal.ts";
import {
  BASE_TYPE,
  CONST_PTR_TO_MAP,
  MEM_ALLOC,
  MEM_RDONLY,
  mayBeNull,
  PTR_TO_ARENA,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TO_CTX,
  PTR_TO_FLOW_KEYS,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_STACK,
  PTR_TO_TCP_SOCK,
  PTR_TO_TP_BUFFER,
  PTR_TO_XDP_SOCK,
  PTR_UNTRUSTED,
  SCALAR,
} from "../state/types.ts";
import { ANYWHERE, IN_ARENA, IN_MAP_STRUCT } from "../verdict.ts";
import type { Walk } from "../walk/walk.ts";
import { checkAlignment } from "./alignment.ts";
import { accessBtfPointer, accessMapStruct } from "./btf-pointer.ts";
import { checkBuffer } from "./buffer.ts";
import { accessContext } from "./context.ts";
import { loadUnknown, narrow } from "./loaded.ts";
import { accessMapValue } from "./map-value.ts";
import { checkPacket } from "./packet.ts";
import { checkRange } from "./range.ts";
import { checkSocket } from "./sockets.ts";
import { loadFromStack } from "./stack-read.ts";
import { storeToStack } from "./stack-write.ts";

export { checkAtomic } from "./atomics.ts";

/** One load or store. */
export interface Access {
  /** The register that holds the pointer. */
  readonly reg: number;
  /** Added to it, bytes. */
  readonly off: number;
  /** Bytes: 1, 2, 4 or 8. */
  readonly size: number;
  readonly write: boolean;
  /** The register that is loaded or stored, or -1: none (an immediate is stored, or only the access is checked). */
  readonly value: number;
  /** The pointer must be aligned whatever the target says (atomics). */
  readonly strict: boolean;
  /** A load that extends the sign (`BPF_MEMSX`). */
  readonly signExtend: boolean;
}

/** `struct bpf_flow_keys`. */
const FLOW_KEYS_SIZE = 56;

/** Checks one access and puts what is loaded in its register (the kernel's `check_mem_access`). Throws Refused. */
export function checkMemory(walk: Walk, access: Access): void {
  const { reg: index, size, write, value } = access;
  const reg = walk.reg(index);
  checkAlignment(walk, reg, access.off, size, access.strict);
  const off = access.off + reg.off;
  switch (reg.type) {
    case PTR_TO_STACK:
      accessStack(walk, access, off);
      return;
    case PTR_TO_CTX:
      accessContext(walk, access, reg);
      return;
    case PTR_TO_MAP_VALUE:
      accessMapValue(walk, access, reg);
      return;
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META:
      if (write && !walk.program.rules.directPacketWrite) refuse("cannot write into packet");
      checkPacket(walk, index, off, size, false);
      if (!write) loadUnknown(walk, access);
      return;
    case PTR_TO_MAP_KEY:
      if (write) refuse(`write to change key R${index} not allowed`);
      checkRange(walk, index, off, size, reg.map!.keySize, false);
      loadUnknown(walk, access);
      return;
    case PTR_TO_FLOW_KEYS:
      if (off < 0 || off + size > FLOW_KEYS_SIZE) refuse(`invalid access to flow keys off=${off} size=${size}`);
      if (!write) loadUnknown(walk, access);
      return;
    case PTR_TO_SOCKET:
    case PTR_TO_SOCK_COMMON:
    case PTR_TO_TCP_SOCK:
    case PTR_TO_XDP_SOCK:
      if (write) refuse(`R${index} cannot write into ${typeName(reg.type, walk.era)}`);
      checkSocket(walk, index, off, size);
      loadUnknown(walk, access);
      return;
    case PTR_TO_TP_BUFFER:
      checkBuffer(walk, reg, index, off, size, "tracepoint");
      if (!write) loadUnknown(walk, access);
      return;
    case CONST_PTR_TO_MAP:
      accessMapStruct(walk, access, reg);
      anywhere(walk, IN_MAP_STRUCT);
      if (value >= 0) narrowLoaded(walk, access);
      return;
    case PTR_TO_ARENA:
      // Whatever the offset, the address stays in the arena and its guard pages. No JIT extended signs there before 6.18.
      if (access.signExtend && walk.era < 618) refuse("sign extending loads from arena are not supported yet", "EOPNOTSUPP");
      anywhere(walk, IN_ARENA);
      if (!write) loadUnknown(walk, access);
      return;
  }
  const nullable = mayBeNull(reg.type);
  const readOnly = (reg.type & MEM_RDONLY) !== 0;
  switch (reg.type & BASE_TYPE) {
    case PTR_TO_MEM:
      if (nullable) break;
      if (write && readOnly) refuse(`R${index} cannot write into ${typeName(reg.type, walk.era)}`);
      // Loads from untrusted memory survive faults, so nothing limits them. Since 6.17.
      if (readOnly && (reg.type & PTR_UNTRUSTED) !== 0) anywhere(walk, ANYWHERE);
      else checkRange(walk, index, off, size, reg.memSize, false);
      if (!write) loadUnknown(walk, access);
      return;
    case PTR_TO_BTF_ID:
      if (nullable) break;
      accessBtfPointer(walk, access, reg);
      if ((reg.type & (MEM_ALLOC | PTR_UNTRUSTED)) !== MEM_ALLOC) anywhere(walk, ANYWHERE);
      if (!write && value >= 0) narrowLoaded(walk, access);
      return;
    case PTR_TO_BUF:
      if (nullable) break;
      if (write && readOnly) refuse(`R${index} cannot write into ${typeName(reg.type, walk.era)}`);
      checkBuffer(walk, reg, index, off, size, readOnly ? "rdonly" : "rdwr");
      if (!write) loadUnknown(walk, access);
      return;
  }
  refuse(`R${index} invalid mem access '${typeName(reg.type, walk.era)}'`);
}

/** Nobody has proven where this access goes: whoever runs the program sees to it. */
function anywhere(walk: Walk, how: number): void {
  walk.facts.conditions.anywhere[walk.slot]! |= how;
}

function accessStack(walk: Walk, access: Access, off: number): void {
  const { size, value } = access;
  if (access.write) {
    storeToStack(walk, access.reg, off, size, value);
    return;
  }
  loadFromStack(walk, access.reg, off, size, value);
  if (size < 8 && value >= 0) narrowLoaded(walk, access);
}

/** A load of a number that was worked out as eight bytes. */
function narrowLoaded(walk: Walk, access: Access): void {
  const loaded = walk.reg(access.value);
  if (loaded.type === SCALAR) walk.setReg(access.value, narrow(loaded, access.size, access.signExtend, walk.era));
}
