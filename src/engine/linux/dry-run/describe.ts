/** What a system call is given, in the kernel's names. */

import { ATTACH_TYPE } from "../../../uapi/attach-types.ts";
import { MAP_TYPE } from "../../../uapi/map-types.ts";
import { PROGRAM_TYPE } from "../../../uapi/program-types.ts";
import { MAP_FLAGS, PROGRAM_FLAGS } from "../../../uapi/since.ts";
import { ATTRIBUTES, type AttributeLayout, type KnownCommand } from "../attributes.ts";
import { PERF_EVENT_IOC_ENABLE, PERF_EVENT_IOC_SET_BPF } from "../links/perf-attribute.ts";
import { RTM } from "../route-numbers.ts";
import { EPOLL } from "../sys/transport.ts";

export type Fields = Readonly<Record<string, string | number | bigint>>;

type Memory = (address: bigint) => Uint8Array | null;

/** More bytes than these are only counted. */
const MOST_BYTES = 16;

/** The fields of an attribute that are not zero, in the order in which they lie; first that which says what is made, even when it is 0. */
export function describeAttribute(command: KnownCommand, attribute: Uint8Array, memory: Memory): Fields {
  const layout: AttributeLayout = ATTRIBUTES[command];
  const view = new DataView(attribute.buffer, attribute.byteOffset, attribute.byteLength);
  const rows: { readonly at: number; readonly name: string; readonly value: string | number | bigint }[] = [];
  const wanted = chooser(command, view);
  for (const [name, at] of Object.entries(layout.u32)) {
    const value = view.getUint32(at, true);
    if (wanted(name) && (value !== 0 || SHOWN_AT_0.has(name))) rows.push({ at, name, value: spell(name, value) });
  }
  for (const [name, at] of Object.entries(layout.u64)) {
    const value = view.getBigUint64(at, true);
    if (wanted(name) && value !== 0n) rows.push({ at, name, value });
  }
  for (const [name, at] of Object.entries(layout.pointer)) {
    const bytes = wanted(name) ? memory(view.getBigUint64(at, true)) : null;
    if (bytes !== null)
      rows.push({ at, name, value: name === "insns" ? `${bytes.length / 8} instructions` : describeBytes(bytes) });
  }
  for (const [name, at] of Object.entries(layout.text)) {
    const text = textOf(attribute.subarray(at, at + 16));
    if (text !== "") rows.push({ at, name, value: text });
  }
  rows.sort((a, b) => a.at - b.at);
  return Object.fromEntries(rows.map(({ name, value }) => [name.replace(/^.*\./, ""), value]));
}

const SHOWN_AT_0: ReadonlySet<string> = new Set(["attach_type"]);

/** Where an attribute is a union: which fields are meant. */
function chooser(command: KnownCommand, view: DataView): (name: string) => boolean {
  if (command === "prog_load") {
    // Of one program the other's descriptor: `freplace` alone has a program, the rest have types.
    const type = view.getUint32(ATTRIBUTES.prog_load.u32.prog_type, true);
    const other = type === PROGRAM_TYPE.ext ? "attach_btf_obj_fd" : "attach_prog_fd";
    return (name) => name !== other && name !== "log_true_size";
  }
  // What a command on entries gives back lies where others have the value.
  if (command === "map_get_next_key") return (name) => name !== "value";
  if (command.endsWith("_elem")) return (name) => name !== "next_key";
  if (command === "prog_query") return (name) => name !== "target_ifindex";
  if (command !== "link_create") return () => true;
  const type = nameIn(ATTACH_TYPE, view.getUint32(ATTRIBUTES.link_create.u32.attach_type, true));
  const part = type === null ? "" : (PARTS.find(([pattern]) => pattern.test(type))?.[1] ?? "");
  const byInterface = /^(xdp|tcx_|netkit_)/.test(type ?? "");
  return (name) => {
    if (name.includes(".")) return name.startsWith(`${part}.`);
    if (name === "target_fd" || name === "target_ifindex") return (name === "target_ifindex") === byInterface;
    if (name === "map_fd" || name === "prog_fd") return (name === "map_fd") === (type === "struct_ops");
    if (name.startsWith("iter_")) return part === "iter";
    if (name === "target_btf_id") return part === "tracing";
    return true;
  };
}

const PARTS: readonly (readonly [RegExp, string])[] = [
  [/^trace_kprobe_/, "kprobe_multi"],
  [/^trace_uprobe_/, "uprobe_multi"],
  [/^trace_iter$/, "iter"],
  [/^(trace_|modify_return$|lsm_mac$)/, "tracing"],
  [/^perf_event$/, "perf_event"],
  [/^netfilter$/, "netfilter"],
  [/^(tcx_|netkit_)/, "tcx"],
  [/^cgroup_/, "cgroup"],
];

function spell(name: string, value: number): string | number {
  switch (name) {
    case "prog_type":
      return constant("BPF_PROG_TYPE_", PROGRAM_TYPE, value);
    case "map_type":
      return constant("BPF_MAP_TYPE_", MAP_TYPE, value);
    case "attach_type":
    case "expected_attach_type":
      return constant("BPF_", ATTACH_TYPE, value);
    case "map_flags":
      return flags(MAP_FLAGS, value);
    case "prog_flags":
      return flags(PROGRAM_FLAGS, value);
    default:
      return value;
  }
}

function constant(prefix: string, table: Readonly<Record<string, number>>, value: number): string | number {
  const name = nameIn(table, value);
  return name === null ? value : prefix + name.toUpperCase();
}

/** The key of a value; null for one that has none. */
export function nameIn<Name extends string>(table: Readonly<Record<Name, number>>, value: number): Name | null {
  return (Object.keys(table) as Name[]).find((name) => table[name] === value) ?? null;
}

function flags(table: typeof MAP_FLAGS, value: number): string {
  const known = table.filter(({ bit }) => (value & bit) !== 0);
  const rest = value & ~known.reduce((all, { bit }) => all | bit, 0);
  return [...known.map(({ name }) => name), ...(rest === 0 ? [] : [`0x${(rest >>> 0).toString(16)}`])].join("|");
}

/** Text as text, some bytes in hexadecimal, of more their number. */
function describeBytes(bytes: Uint8Array): string {
  const text = textOf(bytes);
  const ends = text.length < bytes.length && bytes.subarray(text.length).every((byte) => byte === 0);
  if (ends && /^[\x20-\x7e]{2,}$/.test(text)) return text;
  return bytes.length <= MOST_BYTES ? `0x${Buffer.from(bytes).toString("hex")}` : `${bytes.length} bytes`;
}

function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("latin1");
}

/** `struct perf_event_attr`, as far as programs are attached to events: its type, its configuration, its rate. */
export function describePerfEvent(attribute: Uint8Array, memory: Memory): Fields {
  const view = new DataView(attribute.buffer, attribute.byteOffset, attribute.byteLength);
  const type = view.getUint32(0, true);
  const config = view.getBigUint64(8, true);
  const rate = view.getBigUint64(16, true);
  const FREQUENCY = 1n << 10n;
  const byFrequency = (view.getBigUint64(40, true) & FREQUENCY) !== 0n;
  // `config1` of a dynamic PMU (uprobe, kprobe) is the address of a path or a name.
  const place = type > LAST_FIXED_TYPE ? memory(view.getBigUint64(56, true)) : null;
  return {
    type: PERF_TYPES[type] ?? type,
    config,
    ...(rate === 0n ? {} : { [byFrequency ? "sample_freq" : "sample_period"]: rate }),
    ...(place === null ? {} : { place: describeBytes(place), offset: view.getBigUint64(64, true) }),
  };
}

/** `enum perf_type_id`. */
const PERF_TYPES = ["PERF_TYPE_HARDWARE", "PERF_TYPE_SOFTWARE", "PERF_TYPE_TRACEPOINT"];
const LAST_FIXED_TYPE = 5;

const MESSAGES = new Map(Object.entries(RTM).map(([name, type]): [number, string] => [type, `RTM_${name.toUpperCase()}`]));

export function describeMessage(message: Uint8Array): Fields {
  const type = new DataView(message.buffer, message.byteOffset, message.byteLength).getUint16(4, true);
  return { message: MESSAGES.get(type) ?? type, length: message.length };
}

const EPOLL_OPERATIONS: Readonly<Record<number, string>> = {
  [EPOLL.add]: "EPOLL_CTL_ADD",
  [EPOLL.remove]: "EPOLL_CTL_DEL",
  [EPOLL.change]: "EPOLL_CTL_MOD",
};

export function describeEpoll(operation: number, events: number): Fields {
  const names = [
    (events & EPOLL.readable) !== 0 ? "EPOLLIN" : null,
    (events & EPOLL.writable) !== 0 ? "EPOLLOUT" : null,
    (events & EPOLL.edge) !== 0 ? "EPOLLET" : null,
  ].filter((name) => name !== null);
  return { operation: EPOLL_OPERATIONS[operation] ?? operation, ...(names.length === 0 ? {} : { events: names.join("|") }) };
}

export function nameOfRequest(request: number): string {
  switch (request) {
    case PERF_EVENT_IOC_ENABLE:
      return "PERF_EVENT_IOC_ENABLE";
    case PERF_EVENT_IOC_SET_BPF:
      return "PERF_EVENT_IOC_SET_BPF";
    default:
      return `0x${request.toString(16)}`;
  }
}
