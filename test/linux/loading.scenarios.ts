/** Loading in this kernel, and why it may fail. See scenario.ts. */

import { BtfBuilder } from "../../src/btf/builder.ts";
import { DescriptorLedger } from "../../src/engine/linux/descriptors.ts";
import { openLinux } from "../../src/engine/linux/engine.ts";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { shape } from "../../src/engine/linux/fixtures/maps.ts";
import { program } from "../../src/engine/linux/fixtures/programs.ts";
import { everyKindOfType } from "../../src/engine/linux/fixtures/types.ts";
import type { Kernel } from "../../src/engine/linux/kernel.ts";
import { KernelTypes } from "../../src/engine/linux/kernel-types.ts";
import { inOlderForm, knows, TYPE_KINDS } from "../../src/engine/linux/older/older-types.ts";
import { loadTypes } from "../../src/engine/linux/programs/types.ts";
import { openNative } from "../../src/engine/linux/sys/native.ts";
import type { MapSpec, Spec } from "../../src/object/spec.ts";
import { main } from "./scenario.ts";

async function kernel(): Promise<Kernel> {
  const transport = await openNative();
  return { transport, ledger: new DescriptorLedger(transport), facts: MACHINE, types: new KernelTypes(MACHINE), cpus: 1 };
}

const map = (more: Partial<MapSpec>): MapSpec => shape({ valueSize: 8, maxEntries: 16, ...more });
const spec = (more: Partial<Spec>): Spec => ({ name: "fails", license: "GPL", types: null, maps: [], programs: [], ...more });

/** What an engine says of it. */
async function failure(what: Spec): Promise<Record<string, unknown>> {
  await using engine = await openLinux();
  try {
    await engine.load(what);
    return { name: "nothing" };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { name, message } = error;
    const { code, since } = error as { readonly code?: unknown; readonly since?: unknown };
    return { name, message, code, since, left: engine.descriptors };
  }
}

await main({
  async "kinds of types"() {
    const machine = await kernel();
    return TYPE_KINDS.filter((kind) => !knows(machine, kind));
  },
  async "types in older forms"() {
    const machine = await kernel();
    const taken = (missing: readonly string[]): string => {
      const btf = inOlderForm(everyKindOfType(), new Set(TYPE_KINDS.filter((kind) => !missing.includes(kind))));
      const answer = loadTypes(machine, "older", btf);
      if ("reason" in answer) return `${missing.join(" ")}: ${answer.reason}`;
      answer.close();
      return "taken";
    };
    return [taken([]), ...TYPE_KINDS.map((kind) => taken([kind])), taken(TYPE_KINDS)].filter((answer) => answer !== "taken");
  },
  "a program that reads beyond a packet": () => {
    // r1 = ctx->data; r0 = *(u8 *)r1; exit
    const code = Uint8Array.of(0x61, 0x11, 0, 0, 0, 0, 0, 0, 0x71, 0x10, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
    return failure(spec({ programs: [{ ...program("reads"), code }] }));
  },
  "a tracepoint that is not there": () => failure(spec({ programs: [program("typo", "tp_btf/sched_swich")] })),
  "a map that is too large": () => failure(spec({ maps: [map({ type: "array", valueSize: 1 << 30, maxEntries: 1 << 20 })] })),
  "a map of the wrong shape": () => failure(spec({ maps: [map({ flags: 1 << 30 })] })),
  "a kernel function that is not there": () =>
    failure(
      spec({
        types: (() => {
          const types = new BtfBuilder();
          const int = types.int("int", 4);
          types.prototype(int, []);
          return types.encode();
        })(),
        externs: [{ kind: "kfunc", name: "bpf_task_acquired", weak: false, type: 2 }],
        programs: [
          {
            ...program("calls", "tc"),
            code: Uint8Array.of(0x85, 0x20, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0),
            externs: [{ slot: 0, kind: "call", name: "bpf_task_acquired" }],
          },
        ],
      }),
    ),
  "a helper that lockdown takes away"() {
    // r1 = r2 = r10 - 8; r3 = 1; call bpf_probe_write_user; r0 = 0; exit, with 8 bytes of stack.
    const code = Uint8Array.of(
      ...[
        0x7a, 10, 0xf8, 0xff, 0, 0, 0, 0, 0xb7, 1, 0, 0, 0, 0, 0, 0, 0xbf, 0xa2, 0, 0, 0, 0, 0, 0, 0x07, 2, 0, 0, 0xf8, 0xff,
        0xff, 0xff,
      ],
      ...[0xb7, 3, 0, 0, 1, 0, 0, 0, 0x85, 0, 0, 0, 36, 0, 0, 0, 0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0],
    );
    return failure(spec({ programs: [{ ...program("writes", "raw_tp/sched_process_hang"), code }] }));
  },
  "a trampoline": () => failure(spec({ programs: [program("entry", "fentry/vfs_read")] })),
});
