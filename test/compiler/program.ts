/** Compiles a program from its text and runs it in the embedded engine, for tests of the language. */

import { compileSource } from "../../src/compiler/compile.ts";
import { openEmbedded } from "../../src/engine/embedded/engine.ts";
import type { BpfMap } from "../../src/engine/engine.ts";

export interface Ran {
  readonly verdict: number;
  readonly packet: Uint8Array;
  readonly maps: Readonly<Record<string, BpfMap>>;
}

/** Sixty-four bytes that tell their offset. */
export function counted(length = 64): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index);
}

/** Runs the program once on each packet, with the maps that the first run left. The last answer. */
export async function run(source: string, packets: readonly Uint8Array[] = [counted()], cpu: 1 | 2 | 3 | 4 = 3): Promise<Ran> {
  const spec = compileSource(source, { file: "test.bpf.ts", cpu });
  const engine = await openEmbedded({ execution: "interpreter" });
  const { programs, maps } = await engine.load(spec);
  const [program] = Object.values(programs);
  if (program === undefined) throw new TypeError("the source has no program");
  let last: Ran | null = null;
  for (const packet of packets) last = { ...program.run({ packet }), maps };
  if (last === null) throw new TypeError("no packet to run on");
  return last;
}

const IMPORTS = `import { array, bool, hash, i8, i16, i32, i64, lpmTrie, lruHash, perCpuArray, perCpuHash, u8, u16, u32, u64,
  type be16, type be32, type be64, type FixedArray, type Packet, type XdpContext, xdp, XDP_ABORTED, XDP_DROP, XDP_PASS,
  bpf_for_each_map_elem, bpf_ktime_get_ns, bpf_loop, range, bpf_get_prandom_u32, bpf_get_smp_processor_id } from "skep/bpf";
import { Ethernet, Ipv4, Ipv6, Tcp, Udp, Vlan, Arp, Icmp, ETH_P_IP, ipv4, ipv6, mac, TCP_SYN, TCP_ACK,
  type Ipv4Address, type Ipv6Address, type MacAddress } from "skep/bpf/net";
`;

/** With everything imported: the source begins in line 6. */
export function withImports(source: string): string {
  return `${IMPORTS}${source}`;
}

/** A program that stores what a function body returns, a u64, in the only entry of its map `out`. */
export function computing(body: string, top: string): string {
  return withImports(`${top}
export const out = array<u64>({ maxEntries: 1 });
function compute(ctx: XdpContext): u64 {
${body}
}
export const program = xdp((ctx) => {
  out.set(0, compute(ctx));
  return XDP_PASS;
});`);
}

/** One engine for all evaluations: making its memory takes longer than a program. Random loops are no verifier's. */
let shared: ReturnType<typeof openEmbedded> | null = null;

/**
 * What a function body of the language returns as a u64: `out` is a map that it is stored in. The body may use `ctx`.
 */
export async function evaluate(
  body: string,
  options: { top?: string; packet?: Uint8Array; cpu?: 1 | 2 | 3 | 4 } = {},
): Promise<bigint> {
  const spec = compileSource(computing(body, options.top ?? ""), { file: "test.bpf.ts", cpu: options.cpu ?? 3 });
  shared ??= openEmbedded({ unsafe: true, execution: "interpreter" });
  await using collection = await (await shared).load(spec);
  collection.programs["program"]?.run({ packet: options.packet ?? counted() });
  return collection.maps["out"]?.get(0) as bigint;
}
