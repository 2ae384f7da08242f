/**
 * A program for each hook of the language that does all it may with its context: reads every field, writes what can be
 * written, looks at the packet.
 */

import { CONTEXT_NAMES, type Context, contextNamed } from "../../src/compiler/typescript/library/contexts.ts";
import { HOOKS, type Hook } from "../../src/compiler/typescript/library/hooks.ts";
import type { Field } from "../../src/compiler/typescript/types.ts";

export interface HookProgram {
  readonly hook: Hook;
  readonly source: string;
}

/** Targets that kernels have for hooks that not every function allows. */
const TARGETS: Readonly<Record<string, string>> = {
  tracepoint: "syscalls/sys_enter_openat",
  fmodRet: "security_file_open",
  fentrySleepable: "bpf_fentry_test1",
  fexitSleepable: "bpf_fentry_test1",
  fmodRetSleepable: "bpf_fentry_test1",
  lsmCgroup: "socket_bind",
};

/** What a program at the hook may be attached to; null where it has no target. */
export function targetOf({ name, target }: Hook): string | null {
  return target === null ? null : (TARGETS[name] ?? target.example);
}

/** What it replaces is another program's: there is none. */
const WITHOUT: ReadonlySet<string> = new Set(["freplace"]);

export function hookPrograms(): readonly HookProgram[] {
  return [...HOOKS.values()].filter(({ name }) => !WITHOUT.has(name)).map((hook) => ({ hook, source: sourceOf(hook) }));
}

function sourceOf(hook: Hook): string {
  const { parameters, verdicts } = hook;
  const target = targetOf(hook);
  const name = parameters.kind === "context" ? parameters.context : parameters.kind === "record" ? "SysEnterContext" : null;
  const context = name !== null && CONTEXT_NAMES.includes(name) ? contextNamed(name, "x86_64") : null;
  const positional = parameters.kind === "positional";
  const given = context !== null ? "ctx" : positional ? "first: u64" : "";
  const lines = context !== null ? usesOf(context) : positional ? ["out.set(0, first);"] : [];
  const verdict = verdicts.silent ? "" : `return ${verdicts.ranges?.at(-1)?.[1] ?? 0};`;
  const where = target === null ? "" : `"${target}", `;
  return `import { array, ${hook.name}, u64 } from "skep/bpf";
import { ipv4, ipv6, type Ipv6Address, Udp } from "skep/bpf/net";
export const out = array<u64>({ maxEntries: 1 });
export const addresses = array<Ipv6Address>({ maxEntries: 1 });
export const program = ${hook.name}(${where}(${given}) => {
  ${[...lines, verdict].join("\n  ")}
});
`;
}

function usesOf({ struct, packet, registers }: Context): string[] {
  const lines = struct.fields.flatMap(useOf);
  if (registers) lines.push("out.set(0, ctx.argument(2));");
  if (packet !== null) {
    const write = packet.writable ? " udp.sourcePort = 5;" : "";
    lines.push(`{ const udp = ctx.${packet.property}.at(Udp, 4); if (udp !== null) { out.set(0, udp.sourcePort);${write} } }`);
  }
  return lines;
}

function useOf({ name, type, constant }: Field): string[] {
  const field = `ctx.${name}`;
  switch (type.kind) {
    case "pointer":
      if (type.to.name === "bpf_flow_keys") return [`${field}.nhoff = 3;`, `${field}.ipv4_src = ipv4("10.0.0.1");`];
      return type.nullable
        ? [`{ const sk = ${field}; if (sk !== null) out.set(0, sk.family); }`]
        : [`out.set(0, ${field}.dst_port);`, `if (${field}.src_ip6 === ipv6("::1")) out.set(0, 1);`];
    case "array":
      if (type.name === null) return [`out.set(0, u64(${field}[1]));`, ...(constant ? [] : [`${field}[1] = 7;`])];
      return [
        `if (${field} === ipv6("::1")) out.set(0, 1);`,
        `addresses.set(0, ${field});`,
        ...(constant ? [] : [`${field} = ipv6("::2");`]),
      ];
    case "int":
    case "network": {
      const value = type.kind === "int" && type.name === "Ipv4Address" ? 'ipv4("10.0.0.1")' : "7";
      return [`out.set(0, u64(${field}));`, ...(constant ? [] : [`${field} = ${value};`])];
    }
    default:
      return [];
  }
}
