/**
 * What happens to each example in tests and benchmarks: typical input, the same for both sources and both engines. Packets can be given
 * to any engine; events, calls of control groups and iterations are told to the embedded one.
 */

import { readFileSync } from "node:fs";
import type { EmbeddedEngine } from "../../src/engine/embedded/engine.ts";
import { openCapture } from "../../src/engine/embedded/host/read-capture.ts";
import type { ProcessDescription } from "../../src/engine/embedded/room/processes.ts";
import { connections } from "./plays/connections.ts";
import { opens } from "./plays/files.ts";
import { attempts, sockets } from "./plays/groups.ts";
import { balanced, floods, queries } from "./plays/packets.ts";
import { heap, samples, tasks } from "./plays/processes.ts";
import { waits } from "./plays/scheduler.ts";
import type { Stage } from "./stage.ts";

export interface PlayedPacket {
  readonly program: string;
  readonly packet: Uint8Array;
  /** Nanoseconds since the packet before; only the embedded engine's clock can be told. Default 1,000. */
  readonly after?: number;
}

export interface Play {
  /** Variables that are set before it is loaded. */
  readonly variables?: Readonly<Record<string, number>>;
  /** Who is there. */
  readonly processes?: readonly ProcessDescription[];
  /** Fills maps. */
  readonly set?: (stage: Stage) => void;
  readonly packets?: () => readonly PlayedPacket[] | Promise<readonly PlayedPacket[]>;
  /** Other packets for an engine whose clock goes by itself. */
  readonly packetsAnyTime?: () => readonly PlayedPacket[];
  /** Everything else that happens. What it returns is part of what is compared. */
  readonly happen?: (engine: EmbeddedEngine, stage: Stage) => unknown;
  /** What there is to see afterwards. */
  readonly observe: (stage: Stage) => unknown;
  /** The same, but for what depends on the time of day. */
  readonly observeAnyTime?: (stage: Stage) => unknown;
}

/** By name of the example. */
export const PLAYS = {
  firewall: {
    set: (stage) => stage.set("blocked", { prefixLength: 24, address: "203.0.113.0" }, 1),
    packets: async () => (await captured("office")).map((packet) => ({ program: "firewall", packet })),
    observe: (stage) => stage.entries("drops"),
  },
  "rate-limit": {
    packets: floods,
    // Fewer than may come at once: however long that takes, all pass.
    packetsAnyTime: () => floods().slice(0, 150),
    observe: (stage) => ({ buckets: stage.entries("buckets"), verdicts: stage.entries("verdicts") }),
    observeAnyTime: (stage) => stage.entries("verdicts"),
  },
  "dns-counter": {
    packets: async () => [...queries(), ...(await captured("office")).map((packet) => ({ program: "dnsCounter", packet }))],
    observe: (stage) => stage.entries("queries"),
  },
  "tcp-latency": connections,
  "open-exec": opens,
  "runqueue-latency": waits,
  profiler: samples,
  "connect-guard": attempts,
  "l4-redirect": balanced,
  "uprobe-libc": heap,
  "task-iterator": tasks,
  "sock-ops": sockets,
} as const satisfies Readonly<Record<string, Play>>;

export type ExampleName = keyof typeof PLAYS;
export const EXAMPLES = Object.keys(PLAYS) as readonly ExampleName[];
export const playOf = (name: ExampleName): Play => PLAYS[name];

async function captured(name: string): Promise<readonly Uint8Array[]> {
  const file = new URL(`../../examples/captures/${name}.pcap`, import.meta.url);
  const packets: Uint8Array[] = [];
  for await (const batch of await openCapture(new Uint8Array(readFileSync(file))))
    for (let at = 0; at < batch.length; at++) packets.push(batch.data(at).slice());
  return packets;
}
