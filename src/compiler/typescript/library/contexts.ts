/**
 * Contexts as the language sees them: the kernel's structs (`uapi/contexts`), with a type for each field that is not just a
 * number. Only fields that programs of the hook may read are there, and only those that they may write can be assigned.
 */

import {
  CONTEXT_ACCESS,
  DEVICE,
  SK_LOOKUP,
  SK_MSG,
  SK_REUSEPORT,
  SOCK_ADDR,
  SOCK_OPS,
  SOCKOPT,
  SYSCTL,
} from "../../../uapi/contexts/cgroup.ts";
import { FLOW_KEYS, SK_BUFF, SK_BUFF_ACCESS } from "../../../uapi/contexts/sk-buff.ts";
import { BPF_SOCK, BPF_TCP_SOCK, BPF_XDP_SOCK } from "../../../uapi/contexts/sock.ts";
import type { ContextAccess, ContextField, ContextStruct } from "../../../uapi/contexts/struct.ts";
import { perfEventData, ptRegs, RAW_TRACEPOINT_ARGS, SYS_ENTER, SYS_EXIT, TRACE_ENTRY } from "../../../uapi/contexts/tracing.ts";
import { XDP_MD_STRUCT } from "../../../uapi/contexts/xdp-md.ts";
import { type Architecture, REGISTERS } from "../../../uapi/registers.ts";
import {
  type Field,
  INTS,
  IPV4_ADDRESS,
  IPV6_ADDRESS,
  type Memory,
  NETWORK,
  type PointerType,
  type StoredType,
  type StructType,
  WORD_BE16,
} from "../types.ts";

/** What a program is given at a hook of the kernel. */
export interface Context {
  /** Name of its type at the editor's side, e.g. `TcContext`. */
  readonly name: string;
  /** As BTF describes it to the kernel. */
  readonly kernel: ContextStruct;
  /** Its fields, as the language sees them. */
  readonly struct: StructType;
  /** Bytes that the program may look at; null: there are none. */
  readonly packet: PacketPointers | null;
  /** It is the registers of a machine: it has `argument(n)` and `returnValue`. */
  readonly registers: boolean;
}

/** Where in a context the pointers to its first byte and behind its last are. */
export interface PacketPointers {
  /** The property of the context that shows the bytes. */
  readonly property: "packet" | "optval";
  readonly data: number;
  readonly end: number;
  /** Bytes of each: contexts have addresses in words, which the verifier widens. */
  readonly width: 4 | 8;
  readonly writable: boolean;
}

// ── fields ──────────────────────────────────────────────────────────────────────────────────────────────────────────

type Types = Readonly<Record<string, StoredType>>;

const { be16, be32 } = NETWORK;

const ADDRESSES: Types = {
  remote_ip4: IPV4_ADDRESS,
  local_ip4: IPV4_ADDRESS,
  remote_ip6: IPV6_ADDRESS,
  local_ip6: IPV6_ADDRESS,
};

/** A number of the field's size, or an array of such. */
function plain({ size, count }: ContextField): StoredType {
  const element = INTS[`u${(size / count) * 8}` as "u32"];
  return count === 1 ? element : { kind: "array", element, length: count, name: null };
}

function structOf(kernel: ContextStruct, types: Types, access: ContextAccess | null): StructType {
  const readable = access === null ? null : new Set([...(access.read ?? []), ...(access.readWhole ?? [])]);
  const writable = new Set([...(access?.write ?? []), ...(access?.writeWords ?? []), ...(access?.writeParts ?? [])]);
  const fields = kernel.fields
    .filter(({ name }) => (readable === null || readable.has(name)) && !ADDRESS_FIELDS.has(name))
    .map((field): Field => {
      const { name, offset } = field;
      return { name, offset, type: types[name] ?? plain(field), constant: !writable.has(name) };
    });
  return { kind: "struct", name: kernel.name.replace("struct ", ""), size: kernel.size, align: widest(kernel), fields };
}

function widest({ fields }: ContextStruct): 4 | 8 {
  return fields.some(({ size, count }) => size / count === 8) ? 8 : 4;
}

/** Addresses of bytes, which the language shows as `packet`. */
const ADDRESS_FIELDS = new Set(["data", "data_end", "data_meta", "skb_data", "skb_data_end", "optval", "optval_end"]);

function pointer(to: StructType, memory: Memory, nullable: boolean): PointerType {
  return { kind: "pointer", to, memory, nullable };
}

/** `src_port` in the machine's order, `dst_port` in the network's: 16 bits, and two bytes that are nothing. */
const SOCKET_TYPES: Types = {
  src_ip4: IPV4_ADDRESS,
  src_ip6: IPV6_ADDRESS,
  dst_port: be16,
  dst_ip4: IPV4_ADDRESS,
  dst_ip6: IPV6_ADDRESS,
  rx_queue_mapping: INTS.i32,
};

/** What programs hold pointers to. */
export const SOCKET = structOf(BPF_SOCK, SOCKET_TYPES, null);
export const TCP_SOCKET = structOf(BPF_TCP_SOCK, {}, null);
export const XDP_SOCKET = structOf(BPF_XDP_SOCK, {}, null);

const FLOW_TYPES = { n_proto: be16, sport: be16, dport: be16, ipv6_src: IPV6_ADDRESS, ipv6_dst: IPV6_ADDRESS, flow_label: be32 };

const FLOW = flowKeys();

/** What a flow dissector fills in. Addresses of IPv4 lie where those of IPv6 begin. */
function flowKeys(): StructType {
  const all = FLOW_KEYS.fields.map(({ name }) => name);
  const struct = structOf(FLOW_KEYS, FLOW_TYPES, { read: all, write: all });
  const address = (name: string, offset: number): Field => ({ name, offset, type: IPV4_ADDRESS, constant: false });
  const start = FLOW_KEYS.fields.find(({ name }) => name === "ipv6_src")?.offset ?? 0;
  return { ...struct, fields: [...struct.fields, address("ipv4_src", start), address("ipv4_dst", start + 4)] };
}

/** Structs that are reached through a context or a helper, by the names of their types. */
export const VIEWS = {
  bpf_sock: SOCKET,
  bpf_tcp_sock: TCP_SOCKET,
  bpf_xdp_sock: XDP_SOCKET,
  bpf_flow_keys: FLOW,
} as const satisfies Readonly<Record<string, StructType>>;

const SOCKET_OR_NULL = pointer(SOCKET, "view", true);
const SOCKET_THERE = pointer(SOCKET, "view", false);

const SK_BUFF_TYPES: Types = {
  ...ADDRESSES,
  protocol: WORD_BE16,
  vlan_proto: WORD_BE16,
  remote_port: be32,
  flow_keys: pointer(FLOW, "context", false),
  sk: SOCKET_OR_NULL,
};

const SOCK_ADDR_TYPES: Types = {
  user_ip4: IPV4_ADDRESS,
  user_ip6: IPV6_ADDRESS,
  user_port: WORD_BE16,
  msg_src_ip4: IPV4_ADDRESS,
  msg_src_ip6: IPV6_ADDRESS,
  sk: SOCKET_THERE,
};

// ── contexts ────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Description {
  readonly kernel: ContextStruct;
  readonly types?: Types;
  /** Null: all of it may be read, none written. */
  readonly access?: ContextAccess;
  readonly packet?: PacketPointers | null;
  /** Other names of fields, and where they are. */
  readonly aliases?: readonly Field[];
}

/** Pointers by the names of their fields. */
function packet(kernel: ContextStruct, writable: boolean, data = "data", end = "data_end"): PacketPointers {
  const offsetOf = (name: string) => kernel.fields.find((field) => field.name === name)?.offset ?? 0;
  const width = kernel.fields.find((field) => field.name === data)?.size === 8 ? 8 : 4;
  return { property: data === "optval" ? data : "packet", data: offsetOf(data), end: offsetOf(end), width, writable };
}

function skBuff(access: ContextAccess, packets: "none" | "read" | "write"): Description {
  const shown = packets === "none" ? null : packet(SK_BUFF, packets === "write");
  return { kernel: SK_BUFF, types: SK_BUFF_TYPES, access, packet: shown };
}

function sockAddr(access: ContextAccess): Description {
  return { kernel: SOCK_ADDR, types: SOCK_ADDR_TYPES, access };
}

function socketOptions(access: ContextAccess): Description {
  return {
    kernel: SOCKOPT,
    types: { sk: SOCKET_THERE, level: INTS.i32, optname: INTS.i32, optlen: INTS.i32, retval: INTS.i32 },
    access,
    packet: packet(SOCKOPT, true, "optval", "optval_end"),
  };
}

function alias(kernel: ContextStruct, name: string, field: string): Field {
  const found = kernel.fields.find((each) => each.name === field);
  return { name, offset: found?.offset ?? 0, type: INTS.u32, constant: true };
}

/** Names that the first programs were written with. */
const XDP_ALIASES = [
  alias(XDP_MD_STRUCT, "ingressInterface", "ingress_ifindex"),
  alias(XDP_MD_STRUCT, "rxQueue", "rx_queue_index"),
];

function xdp(...more: readonly string[]): Description {
  const access = { readWhole: ["ingress_ifindex", "rx_queue_index", ...more] };
  return { kernel: XDP_MD_STRUCT, access, packet: packet(XDP_MD_STRUCT, true), aliases: XDP_ALIASES };
}

const DESCRIPTIONS = {
  XdpContext: () => xdp(),
  XdpDeviceContext: () => xdp("egress_ifindex"),
  TcContext: () => skBuff(SK_BUFF_ACCESS.sched_cls, "write"),
  SocketFilterContext: () => skBuff(SK_BUFF_ACCESS.socket_filter, "none"),
  CgroupSkbContext: () => skBuff(SK_BUFF_ACCESS.cgroup_skb, "read"),
  LwtContext: () => skBuff(SK_BUFF_ACCESS.lwt, "read"),
  LwtXmitContext: () => skBuff(SK_BUFF_ACCESS.lwt, "write"),
  SkSkbContext: () => skBuff(SK_BUFF_ACCESS.sk_skb, "write"),
  FlowDissectorContext: () => skBuff(SK_BUFF_ACCESS.flow_dissector, "read"),
  SockAddr4Context: () => sockAddr(CONTEXT_ACCESS.addr4),
  SockAddr6Context: () => sockAddr(CONTEXT_ACCESS.addr6),
  SockAddrUnixContext: () => sockAddr(CONTEXT_ACCESS.addrUnix),
  Sendmsg4Context: () => sockAddr(CONTEXT_ACCESS.sendmsg4),
  Sendmsg6Context: () => sockAddr(CONTEXT_ACCESS.sendmsg6),
  SockContext: () => ({ kernel: BPF_SOCK, types: SOCKET_TYPES, access: CONTEXT_ACCESS.sock }),
  PostBind4Context: () => ({ kernel: BPF_SOCK, types: SOCKET_TYPES, access: CONTEXT_ACCESS.postBind4 }),
  PostBind6Context: () => ({ kernel: BPF_SOCK, types: SOCKET_TYPES, access: CONTEXT_ACCESS.postBind6 }),
  SysctlContext: () => ({ kernel: SYSCTL, access: CONTEXT_ACCESS.sysctl }),
  DeviceContext: () => ({ kernel: DEVICE, access: CONTEXT_ACCESS.device }),
  GetsockoptContext: () => socketOptions(CONTEXT_ACCESS.getsockopt),
  SetsockoptContext: () => socketOptions(CONTEXT_ACCESS.setsockopt),
  SockOpsContext: () => ({
    kernel: SOCK_OPS,
    types: { ...ADDRESSES, remote_port: be32, sk: SOCKET_OR_NULL },
    // Of `args` only the first may be written, and is what the kernel reads: `reply`.
    access: { ...CONTEXT_ACCESS.sockOps, writeWords: [] },
    packet: packet(SOCK_OPS, false, "skb_data", "skb_data_end"),
    aliases: [{ name: "reply", offset: 4, type: INTS.u32, constant: false }],
  }),
  SkMsgContext: () => ({
    kernel: SK_MSG,
    types: { ...ADDRESSES, remote_port: be32, sk: SOCKET_THERE },
    access: CONTEXT_ACCESS.message,
    packet: packet(SK_MSG, true),
  }),
  SkLookupContext: () => ({
    kernel: SK_LOOKUP,
    types: { ...ADDRESSES, remote_port: WORD_BE16, sk: SOCKET_OR_NULL },
    access: CONTEXT_ACCESS.lookup,
  }),
  SkReuseportContext: () => ({
    kernel: SK_REUSEPORT,
    types: { eth_protocol: WORD_BE16, sk: SOCKET_THERE, migrating_sk: SOCKET_OR_NULL },
    access: CONTEXT_ACCESS.reuseport,
    packet: packet(SK_REUSEPORT, false),
  }),
  TracingContext: () => ({ kernel: RAW_TRACEPOINT_ARGS, access: {} }),
  RawTracepointContext: () => ({ kernel: RAW_TRACEPOINT_ARGS }),
  SysEnterContext: () => ({ kernel: SYS_ENTER, types: { id: INTS.i64 } }),
  SysExitContext: () => ({ kernel: SYS_EXIT, types: { id: INTS.i64, ret: INTS.i64 } }),
  TracepointContext: () => ({ kernel: TRACE_ENTRY }),
  ProbeContext: (machine) => ({ kernel: ptRegs(machine) }),
  UsdtContext: (machine) => ({ kernel: ptRegs(machine) }),
  PerfEventContext: (machine) => ({ kernel: perfEventData(machine) }),
} as const satisfies Readonly<Record<string, (machine: Architecture) => Description>>;

export type ContextName = keyof typeof DESCRIPTIONS;

export const CONTEXT_NAMES = Object.keys(DESCRIPTIONS) as readonly ContextName[];

const made = new Map<string, Context>();

/** Made when it is first asked for: a source uses few. */
export function contextNamed(name: ContextName, machine: Architecture): Context {
  const key = `${name} ${machine}`;
  let context = made.get(key);
  if (context === undefined) {
    const { kernel, types = {}, access, packet: bytes = null, aliases = [] }: Description = DESCRIPTIONS[name](machine);
    const struct = structOf(kernel, types, access ?? null);
    const registers = name === "ProbeContext" || name === "UsdtContext" || name === "PerfEventContext";
    const own = registers ? registerFields(kernel, machine) : [...struct.fields, ...aliases];
    context = { name, kernel, struct: { ...struct, fields: own }, packet: bytes, registers };
    made.set(key, context);
  }
  return context;
}

/** Registers have other names on other machines; those that every machine has are called for what they are. */
function registerFields(kernel: ContextStruct, machine: Architecture): readonly Field[] {
  const { result, ip, sp, fp } = REGISTERS[machine];
  const field = (name: string, register: string): Field[] => {
    const found = kernel.fields.find((each) => each.name === register);
    return found === undefined ? [] : [{ name, offset: found.offset, type: INTS.u64, constant: true }];
  };
  return [
    ...field("returnValue", result),
    ...field("instructionPointer", ip),
    ...field("stackPointer", sp),
    ...field("framePointer", fp),
    ...field("sample_period", "sample_period"),
    ...field("addr", "addr"),
  ];
}

/** Where the n-th argument of a function is when it is entered; null when it is not in a register. */
export function argumentOffset(context: Context, machine: Architecture, index: number): number | null {
  const register = REGISTERS[machine].args[index]?.[0];
  return context.kernel.fields.find(({ name }) => name === register)?.offset ?? null;
}
