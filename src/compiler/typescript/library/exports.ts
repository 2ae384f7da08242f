/** What the modules of the library export, as values and as types. */

import { KERNEL_QUESTIONS } from "../kernel/infos.ts";
import { NETWORK_ORDER } from "../network-order.ts";
import type { Meaning } from "../scopes.ts";
import type { TypeMeaning } from "../state.ts";
import { BOOL, INTS, STORED_TYPES } from "../types.ts";
import { ATOMICS } from "./atomics.ts";
import { CALLBACK_HELPERS } from "./callbacks.ts";
import { BPF_CONSTANTS, NET_CONSTANTS } from "./constants.ts";
import { CONTEXT_NAMES, VIEWS } from "./contexts.ts";
import { HEADERS } from "./headers.ts";
import { HELPER_LIST } from "./helpers.ts";
import { HOOKS } from "./hooks.ts";
import { MAPS } from "./maps.ts";
import { OBJECT_FUNCTIONS } from "./objects.ts";
import { SPECIAL_FUNCTIONS, SPECIAL_TYPES } from "./special.ts";
import { HELPER_STRUCTS } from "./structs.ts";

export interface LibraryModule {
  readonly values: ReadonlyMap<string, Meaning>;
  readonly types: ReadonlyMap<string, TypeMeaning>;
  /** Constants: each is an integer without a type. */
  readonly constants: ReadonlyMap<string, number>;
}

/** Types that belong to networks rather than to the machine. */
const NET_TYPES = ["Ipv4Address", "MacAddress", "Ipv6Address"];

function stored(names: (name: string) => boolean): [string, TypeMeaning][] {
  return [...STORED_TYPES].filter(([name]) => names(name)).map(([name, type]) => [name, { kind: "stored", type }]);
}

const BPF: LibraryModule = {
  values: new Map<string, Meaning>([
    ...Object.values(INTS).map((type): [string, Meaning] => [type.name, { kind: "cast", type }]),
    ["bool", { kind: "cast", type: BOOL }],
    ...Object.entries(MAPS).map(([name, map]): [string, Meaning] => [name, { kind: "map-kind", map }]),
    ...[...HOOKS].map(([name, hook]): [string, Meaning] => [name, { kind: "hook", hook }]),
    ["hook", { kind: "own-hook" }],
    ["structOps", { kind: "struct-ops" }],
    ...[...CALLBACK_HELPERS].map(([name, helper]): [string, Meaning] => [name, { kind: "callback-helper", helper }]),
    ["range", { kind: "range" }],
    ...[...SPECIAL_FUNCTIONS].map(([name, special]): [string, Meaning] => [name, { kind: "special-function", special }]),
    ...[...OBJECT_FUNCTIONS].map(([name, object]): [string, Meaning] => [name, { kind: "object-function", object }]),
    ["print", { kind: "print" }],
    ["canLoop", { kind: "can-loop" }],
    ["cast", { kind: "kernel-cast" }],
    ["ksym", { kind: "ksym" }],
    ["kconfig", { kind: "kconfig" }],
    ["bpf_this_cpu_ptr", { kind: "kernel-per-cpu", helper: "bpf_this_cpu_ptr" }],
    ["bpf_per_cpu_ptr", { kind: "kernel-per-cpu", helper: "bpf_per_cpu_ptr" }],
    ...KERNEL_QUESTIONS.map((question): [string, Meaning] => [question, { kind: "kernel-question", question }]),
    ["config", { kind: "config" }],
    ...Object.entries(ATOMICS).map(([name, op]): [string, Meaning] => [name, { kind: "atomic", name, op }]),
    ["context", { kind: "own-context" }],
    ["zeroed", { kind: "zeroed" }],
    ...HELPER_LIST.map((name): [string, Meaning] => [name, { kind: "helper", name }]),
  ]),
  types: new Map<string, TypeMeaning>([
    ...stored((name) => !NET_TYPES.includes(name)),
    ["FixedArray", { kind: "fixed-array" }],
    ...Object.entries(SPECIAL_TYPES).map(([name, type]): [string, TypeMeaning] => [name, { kind: "stored", type }]),
    ["FixedString", { kind: "fixed-string" }],
    ["Dynptr", { kind: "dynptr" }],
    ["Kptr", { kind: "kptr" }],
    ["Bits", { kind: "bits" }],
    ["Union", { kind: "union" }],
    ["Packet", { kind: "packet" }],
    ["Pointer", { kind: "pointer" }],
    ["XdpAction", { kind: "stored", type: INTS.u32 }],
    ["TcAction", { kind: "stored", type: INTS.i32 }],
    ...Object.entries(HELPER_STRUCTS).map(([name, type]): [string, TypeMeaning] => [name, { kind: "stored", type }]),
    ...Object.entries(VIEWS).map(([name, type]): [string, TypeMeaning] => [name, { kind: "stored", type }]),
    ...CONTEXT_NAMES.map((name): [string, TypeMeaning] => [name, { kind: "context", name }]),
  ]),
  constants: new Map(Object.entries(BPF_CONSTANTS)),
};

const NET: LibraryModule = {
  values: new Map<string, Meaning>([
    ...Object.entries(HEADERS).map(([name, header]): [string, Meaning] => [name, { kind: "header", name, header }]),
    ["ipv4", { kind: "address", format: "ipv4" }],
    ["ipv6", { kind: "address", format: "ipv6" }],
    ["mac", { kind: "address", format: "mac" }],
    ["ipv4Mapped", { kind: "ipv4-mapped" }],
    ...Object.keys(NETWORK_ORDER).map((name): [string, Meaning] => [name, { kind: "network-order", name }]),
  ]),
  types: new Map<string, TypeMeaning>([
    ...stored((name) => NET_TYPES.includes(name)),
    ...Object.entries(HEADERS).map(([name, { size }]): [string, TypeMeaning] => [
      name,
      { kind: "header", type: { kind: "header", name, size } },
    ]),
  ]),
  constants: new Map(Object.entries(NET_CONSTANTS)),
};

/** By the specifier that a source imports from. */
export const LIBRARY: ReadonlyMap<string, LibraryModule> = new Map([
  ["skep/bpf", BPF],
  ["skep/bpf/net", NET],
]);

/** The module that exports a name, for "import it from …"; null when none does. */
export function exporterOf(name: string): string | null {
  for (const [specifier, { values, types, constants }] of LIBRARY) {
    if (values.has(name) || types.has(name) || constants.has(name)) return specifier;
  }
  return null;
}
