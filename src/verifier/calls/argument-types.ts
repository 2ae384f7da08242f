/** Which types of registers an argument may be (`compatible_reg_types`). */

import {
  CONST_PTR_TO_DYNPTR,
  CONST_PTR_TO_MAP,
  MEM_ALLOC,
  MEM_PERCPU,
  MEM_RCU,
  MEM_RINGBUF,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TO_CTX,
  PTR_TO_FUNC,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_STACK,
  PTR_TO_TCP_SOCK,
  PTR_TO_XDP_SOCK,
  PTR_TRUSTED,
  SCALAR,
} from "../state/types.ts";
import type { ArgClass } from "../target.ts";

type Types = readonly number[];

/** Since 6.2. */
export const MEMORY: Types = [
  PTR_TO_STACK,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_MEM | MEM_RINGBUF,
  PTR_TO_BUF,
  PTR_TO_BTF_ID | PTR_TRUSTED,
];

/** Before 6.2. */
const OLD_MEMORY: Types = MEMORY.slice(0, 8);

const SOCKETS: Types = [PTR_TO_SOCK_COMMON, PTR_TO_SOCKET, PTR_TO_TCP_SOCK, PTR_TO_XDP_SOCK];
const OLD_BTF_SOCKETS: Types = [...SOCKETS, PTR_TO_BTF_ID];
const BTF_SOCKETS: Types = [...OLD_BTF_SOCKETS, PTR_TO_BTF_ID | PTR_TRUSTED];
const ONLY_MAP_VALUE: Types = [PTR_TO_MAP_VALUE];
const ONLY_SCALAR: Types = [SCALAR];
const VALUE_OR_OBJECT: Types = [PTR_TO_MAP_VALUE, PTR_TO_BTF_ID | MEM_ALLOC];

const NOW: Partial<Record<ArgClass, Types>> = {
  "const-map-ptr": [CONST_PTR_TO_MAP],
  "map-key": MEMORY,
  "map-value": MEMORY,
  mem: MEMORY,
  "const-size": ONLY_SCALAR,
  "const-size-or-zero": ONLY_SCALAR,
  "const-alloc-size-or-zero": ONLY_SCALAR,
  scalar: ONLY_SCALAR,
  ctx: [PTR_TO_CTX],
  "spin-lock": VALUE_OR_OBJECT,
  "sock-common": SOCKETS,
  socket: [PTR_TO_SOCKET],
  "btf-id": [PTR_TO_BTF_ID, PTR_TO_BTF_ID | PTR_TRUSTED, PTR_TO_BTF_ID | MEM_RCU],
  "ringbuf-mem": [PTR_TO_MEM | MEM_RINGBUF],
  "btf-id-sock-common": BTF_SOCKETS,
  "percpu-btf-id": [PTR_TO_BTF_ID | MEM_PERCPU, PTR_TO_BTF_ID | MEM_PERCPU | MEM_RCU, PTR_TO_BTF_ID | MEM_PERCPU | PTR_TRUSTED],
  func: [PTR_TO_FUNC],
  stack: [PTR_TO_STACK],
  "const-str": ONLY_MAP_VALUE,
  timer: ONLY_MAP_VALUE,
  "kptr-xchg-dest": VALUE_OR_OBJECT,
  dynptr: [PTR_TO_STACK, CONST_PTR_TO_DYNPTR],
};

const BEFORE_62: Partial<Record<ArgClass, Types>> = {
  ...NOW,
  "map-key": MEMORY.slice(0, 5),
  "map-value": MEMORY.slice(0, 5),
  mem: OLD_MEMORY,
  "spin-lock": ONLY_MAP_VALUE,
  "btf-id": [PTR_TO_BTF_ID],
  "btf-id-sock-common": OLD_BTF_SOCKETS,
  "percpu-btf-id": [PTR_TO_BTF_ID | MEM_PERCPU],
  "kptr-xchg-dest": ONLY_MAP_VALUE,
};

/** In the order in which the kernel's log lists them; null: no such argument. */
export function compatibleTypes(class_: ArgClass, era: number): Types | null {
  return (era < 602 ? BEFORE_62 : NOW)[class_] ?? null;
}
