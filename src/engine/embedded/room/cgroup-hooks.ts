/**
 * Programs at control groups. Those of a group and of all groups above it decide together, the group's own first, as the kernel's
 * links do (`BPF_F_ALLOW_MULTI`, kernel/bpf/cgroup.c).
 */

import type { AttachType } from "../../../uapi/attach-types.ts";
import type { ContextInput } from "../../engine.ts";
import { type FieldRun, type FieldShape, placeFields, runOf, takeFields } from "../contexts/fields.ts";
import { type LinkFacts, LOOPBACK, type Skb, skbOf } from "../contexts/skb.ts";
import type { Cpu } from "../cpu.ts";
import type { Cgroup, CgroupTree } from "./cgroup-tree.ts";
import { type Handler, Hook } from "./hook.ts";

/** A program on calls and settings. */
export interface FieldHandler extends Handler {
  readonly shape: FieldShape;
  /** On the context that is laid out on that CPU. @throws FaultError */
  decide(cpu: Cpu): number;
}

/** A program on packets. */
export interface PacketDecider extends Handler {
  decide(skb: Skb): number;
}

/** What became of a call. */
export interface CgroupDecision {
  /** 0: it goes on; else the negated error number that the caller gets: -1 (EPERM) when a program refused. */
  readonly retval: number;
  /** The context as the programs left it, its addresses as zeroes: where the call goes now. Empty when no program is there. */
  readonly context: Uint8Array;
  /** The data (of sockopt), likewise. */
  readonly data: Uint8Array;
  /** Further bits of the return values, all together: BPF_RET_BIND_NO_CAP_NET_BIND_SERVICE of bind, congestion of egress. */
  readonly flags: number;
  /** What a program put in the place of the value that is written to a setting; null otherwise. */
  readonly newValue: string | null;
}

export interface CgroupEvent {
  readonly context?: ContextInput;
  /** Of getsockopt and setsockopt: the option's value. */
  readonly data?: Uint8Array;
  /** What the call returns without programs (getsockopt); default 0. */
  readonly retval?: number;
  /** Default 0. */
  readonly cpu?: number;
}

const EPERM = 1;
const NOTHING = new Uint8Array(0);

/** What a host tells of control groups. */
export type Groups = Pick<CgroupHooks, "run" | "filter">;

export class CgroupHooks {
  readonly #tree: CgroupTree;
  readonly #cpus: readonly Cpu[];
  readonly #calls = new Map<string, Hook<FieldHandler>>();
  readonly #packets = new Map<string, Hook<PacketDecider>>();

  constructor(tree: CgroupTree, cpus: readonly Cpu[]) {
    this.#tree = tree;
    this.#cpus = cpus;
  }

  /** The hook of a group. @throws RangeError for a path that is none. */
  calls(path: string, type: AttachType): Hook<FieldHandler> {
    return hookOf(this.#calls, this.#tree.at(path), type);
  }

  packets(path: string, type: "cgroup_inet_ingress" | "cgroup_inet_egress"): Hook<PacketDecider> {
    return hookOf(this.#packets, this.#tree.at(path), type);
  }

  /**
   * A process of the group makes a call, or reads or writes a setting.
   * @throws RangeError for fields that the context does not have; FaultError when a program was stopped.
   */
  run(path: string, type: AttachType, { context = {}, data, retval = 0, cpu = 0 }: CgroupEvent = {}): CgroupDecision {
    const handlers = this.#effective(this.#calls, path, type);
    const [first] = handlers;
    if (first === undefined) return { retval, context: NOTHING, data: data ?? NOTHING, flags: 0, newValue: null };
    const on = this.#cpu(cpu);
    placeFields(on, first.shape, context, data);
    const run: FieldRun = runOf(on);
    const before = run.texts.get("newValue");
    run.retval = retval;
    let flags = 0;
    for (const handler of handlers) {
      const result = handler.decide(on);
      flags |= result >>> 1;
      if ((result & 1) === 0 && run.retval >= 0) run.retval = -EPERM;
    }
    const after = run.texts.get("newValue");
    const newValue = after === before || after === undefined ? null : new TextDecoder().decode(after);
    return { retval: run.retval, flags, newValue, ...takeFields(on, first.shape) };
  }

  /**
   * A packet comes to a socket of the group, or leaves one.
   * @param packet from the Ethernet header on, 14 to 65,535 bytes.
   * @returns whether it passes. @throws FaultError, RangeError
   */
  filter(
    path: string,
    direction: "ingress" | "egress",
    packet: Uint8Array,
    { cpu = 0, device = LOOPBACK }: { readonly cpu?: number; readonly device?: LinkFacts } = {},
  ): boolean {
    const handlers = this.#effective(this.#packets, path, `cgroup_inet_${direction}`);
    if (handlers.length === 0) return true;
    const skb = skbOf(this.#cpu(cpu));
    skb.receive(packet, device);
    skb.cgroup = this.#tree.at(path);
    skb.showSocket();
    let passes = true;
    for (const handler of handlers) if ((handler.decide(skb) & 1) === 0) passes = false;
    return passes;
  }

  #effective<H extends Handler>(hooks: ReadonlyMap<string, Hook<H>>, path: string, type: AttachType): readonly H[] {
    const all: H[] = [];
    for (let at: Cgroup | null = this.#tree.at(path); at !== null; at = at.parent)
      all.push(...(hooks.get(keyOf(at, type))?.handlers ?? []));
    return all;
  }

  #cpu(cpu: number): Cpu {
    const found = this.#cpus[cpu];
    if (found === undefined) throw new RangeError(`cpu: expected 0 to ${this.#cpus.length - 1}, found ${cpu}`);
    return found;
  }
}

const keyOf = ({ path }: Cgroup, type: AttachType): string => `${type} ${path}`;

function hookOf<H extends Handler>(hooks: Map<string, Hook<H>>, group: Cgroup, type: AttachType): Hook<H> {
  const key = keyOf(group, type);
  let hook = hooks.get(key);
  if (hook === undefined) hooks.set(key, (hook = new Hook<H>(`${type} on cgroup ${group.path} (embedded)`)));
  return hook;
}
