/** Who uses what is in the kernel: names in bpf file systems, and processes. */

import type { KernelInspector } from "../../engine/linux/inspect/inspector.ts";
import type { ObjectHolder } from "../../engine/linux/inspect/types.ts";

export interface Use {
  readonly pinned: readonly string[];
  /** Each once, however many descriptors it has. */
  readonly processes: readonly { readonly pid: number; readonly command: string }[];
}

type Kind = ObjectHolder["kind"];

export class Usage {
  readonly #pins = new Map<string, string[]>();
  readonly #processes = new Map<string, Map<number, string>>();

  constructor(kernel: KernelInspector) {
    for (const { kind, id, path } of kernel.pins()) getOrMake(this.#pins, `${kind} ${id}`, () => []).push(path);
    for (const { kind, id, pid, command } of kernel.holders()) {
      // What this process opens to look at it is no use of it.
      if (pid === process.pid) continue;
      getOrMake(this.#processes, `${kind} ${id}`, () => new Map<number, string>()).set(pid, command);
    }
  }

  of(kind: Kind, id: number): Use {
    const processes = this.#processes.get(`${kind} ${id}`) ?? new Map<number, string>();
    return {
      pinned: this.#pins.get(`${kind} ${id}`) ?? [],
      processes: [...processes].map(([pid, command]) => ({ pid, command })),
    };
  }
}

/** `node (123), /sys/fs/bpf/drops`. */
export function useText({ pinned, processes }: Use): string {
  return [...processes.map(({ pid, command }) => `${command} (${pid})`), ...pinned].join(", ");
}

function getOrMake<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
