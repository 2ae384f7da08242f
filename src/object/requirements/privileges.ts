/** The least set of capabilities with which a Spec is loaded and attached, and what each is for: found in the Spec, without a kernel. */

import type { CapabilityName } from "../../uapi/capabilities.ts";
import type { HelperName } from "../../uapi/helpers.ts";
import type { MapType } from "../../uapi/map-types.ts";
import { ADMIN_HELPERS, NETWORK_MAPS, PERFMON_HELPERS, PROGRAM_CAPABILITIES } from "../../uapi/privileges.ts";
import type { ProgramSpec, Spec } from "../spec.ts";
import { type Place, placeOf, type Requirement, requirementsOf } from "./requirements.ts";

export interface Privileges {
  /** Always needed: all of these and no others, CAP_BPF first. Where CAP_SYS_ADMIN is one, those that it stands for are left out. */
  readonly capabilities: readonly CapabilityName[];
  /** Those that a setting, or who the user is, makes unnecessary: the reasons say which (`unless`). */
  readonly perhaps: readonly CapabilityName[];
  /** Why: one line for each thing that asks for one. */
  readonly reasons: readonly PrivilegeReason[];
}

export interface PrivilegeReason {
  readonly capability: CapabilityName;
  /** E.g. `loading xdp programs`. */
  readonly what: string;
  /** When it is not needed: `the user is root`. Absent: always. */
  readonly unless?: string;
  /** One place a program, the first; and maps. */
  readonly where: readonly Place[];
}

export interface PrivilegeOptions {
  /** Only these programs (all that are loaded by themselves, when absent). */
  readonly programs?: readonly string[];
  /** False: they are loaded, and not attached. Default true: attached where their sections say. */
  readonly attach?: boolean;
}

/**
 * For Linux 5.8 and later, whose `kernel.unprivileged_bpf_disabled` is not 0. CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON, and is what kernels
 * before 5.8 want in their place.
 *
 * A verifier also lets programs do more with addresses when they are loaded with CAP_PERFMON (keep them in maps, compare them), which is
 * not looked at here: the kernel's refusal then says so.
 * @throws BtfError when the types are malformed.
 */
export function privilegesOf(spec: Spec, options: PrivilegeOptions = {}): Privileges {
  const wanted = spec.programs.filter(({ name, autoload }) => options.programs?.includes(name) ?? autoload !== false);
  const reasons = new Reasons();
  // Of a program that is not loaded, nothing is asked.
  for (const requirement of requirementsOf({ ...spec, programs: wanted })) readRequirement(requirement, reasons);
  for (const map of spec.maps) if (map.autocreate !== false) reasons.add("CAP_BPF", "making maps", { map: map.name });
  for (const program of wanted) {
    for (const capability of PROGRAM_CAPABILITIES[program.type])
      reasons.add(capability, `loading ${program.type} programs`, { program: program.name });
    readExterns(spec, program, reasons);
    if (options.attach !== false) readHook(program, reasons);
  }
  return reasons.sorted();
}

function readRequirement({ kind, name, where }: Requirement, reasons: Reasons): void {
  for (const place of where) {
    if (kind === "map type" && NETWORK_MAPS.has(name as MapType))
      reasons.add("CAP_NET_ADMIN", `making maps of type ${name}`, place);
    if (kind !== "helper") continue;
    if (PERFMON_HELPERS.has(name as HelperName)) reasons.add("CAP_PERFMON", `calling ${name}`, place);
    if (ADMIN_HELPERS.has(name as HelperName)) reasons.add("CAP_SYS_ADMIN", `calling ${name}`, place);
  }
}

/** Addresses of the kernel are shown to those with CAP_SYSLOG; types of modules are opened by their number with CAP_SYS_ADMIN. */
function readExterns(spec: Spec, program: ProgramSpec, reasons: Reasons): void {
  for (const { name, slot } of program.externs ?? []) {
    const extern = spec.externs?.find((one) => one.name === name);
    if (extern?.kind === "ksym" && extern.type === 0)
      reasons.add(
        "CAP_SYSLOG",
        `reading addresses in /proc/kallsyms (${name})`,
        placeOf(program, slot),
        "kernel.kptr_restrict is 0 and kernel.perf_event_paranoid at most 1",
      );
  }
}

/** Hooks that ask for more than loading a program for them did. */
function readHook(program: ProgramSpec, reasons: Reasons): void {
  const { type, attachType, target = "" } = program;
  const place: Place = { program: program.name };
  switch (type) {
    case "cgroup_skb":
      reasons.add("CAP_NET_ADMIN", "attaching cgroup_skb programs", place);
      break;
    case "socket_filter":
      reasons.add(
        "CAP_NET_RAW",
        "attaching socket filters to an interface (a packet socket)",
        place,
        "it is attached to a socket of one's own",
      );
      break;
    case "tracepoint":
      reasons.add(
        "CAP_DAC_READ_SEARCH",
        "finding tracepoints in tracefs, which is root's alone",
        place,
        "the user is root and tracefs is mounted",
      );
      break;
    case "kprobe":
      if (
        /^(usdt|u(ret)?probe)/.test(program.section) &&
        !program.section.includes(".multi") &&
        !program.section.includes(".session")
      )
        reasons.add("CAP_SYS_ADMIN", "attaching uprobes as perf events (uprobe.multi/ does without it, Linux 6.6)", place);
      break;
    case "tracing":
    case "lsm":
      if (attachType !== "trace_raw_tp" && attachType !== "trace_iter" && target.includes(":"))
        reasons.add("CAP_SYS_ADMIN", `opening the types of the module ${target.slice(0, target.indexOf(":"))}`, place);
      break;
    default:
  }
}

class Reasons {
  readonly #found = new Map<string, PrivilegeReason & { readonly where: Place[] }>();

  add(capability: CapabilityName, what: string, place: Place, unless?: string): void {
    const key = `${capability} ${what}`;
    const known = this.#found.get(key);
    if (known === undefined)
      this.#found.set(key, { capability, what, ...(unless === undefined ? {} : { unless }), where: [place] });
    else if (place.program === undefined || known.where.at(-1)?.program !== place.program) known.where.push(place);
  }

  sorted(): Privileges {
    const reasons = [...this.#found.values()];
    const order = [...new Set(reasons.map(({ capability }) => capability))].sort((a, b) => rank(a) - rank(b));
    const always = (name: CapabilityName) =>
      reasons.some(({ capability, unless }) => capability === name && unless === undefined);
    // It stands for the others where `bpf(2)` asks: whoever has it needs none of them.
    const admin = always("CAP_SYS_ADMIN");
    return {
      capabilities: order.filter((name) => always(name) && !(admin && PARTS_OF_ADMIN.has(name))),
      perhaps: order.filter((name) => !always(name)),
      reasons: order.flatMap((name) => reasons.filter(({ capability }) => capability === name)),
    };
  }
}

const PARTS_OF_ADMIN: ReadonlySet<CapabilityName> = new Set(["CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"]);

/** CAP_BPF first, which everything needs; then as they matter. */
const ORDER: readonly CapabilityName[] = [
  "CAP_BPF",
  "CAP_PERFMON",
  "CAP_NET_ADMIN",
  "CAP_NET_RAW",
  "CAP_DAC_READ_SEARCH",
  "CAP_SYSLOG",
  "CAP_SYS_ADMIN",
];
const rank = (name: CapabilityName): number => ORDER.indexOf(name);
