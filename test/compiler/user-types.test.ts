/** `load<typeof import("./x.bpf.ts")>()` knows the module's maps and programs. Checked by `tsc`; nothing runs. */

import { test } from "node:test";
import type * as dnsCounter from "../../examples/dns-counter.bpf.ts";
import type * as firewall from "../../examples/firewall.bpf.ts";
import type * as protocols from "../../examples/protocols.bpf.ts";
import type * as rateLimit from "../../examples/rate-limit.bpf.ts";
import type * as runqueue from "../../examples/runqueue-latency.bpf.ts";
import type { BpfMap, MapsOf, PerCpuMap, Program, ProgramsOf } from "../../src/engine/engine.ts";
import type * as everything from "./programs/everything.bpf.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function same<A, B>(_same: Same<A, B>): void {}

test("maps and programs have the types that the source gives them", () => {
  same<keyof MapsOf<typeof firewall>, "blocked" | "drops">(true);
  same<MapsOf<typeof firewall>["blocked"], BpfMap<{ prefixLength: number; address: string }, number>>(true);
  same<MapsOf<typeof firewall>["drops"], PerCpuMap<string, bigint>>(true);
  same<ProgramsOf<typeof firewall>, { readonly firewall: Program<"xdp"> }>(true);
  same<
    MapsOf<typeof protocols>["traffic"],
    PerCpuMap<{ etherType: number; port: number; protocol: number }, { packets: bigint; bytes: bigint }>
  >(true);
  same<MapsOf<typeof rateLimit>["buckets"], BpfMap<string, { filled: bigint; tokens: number }>>(true);
  same<MapsOf<typeof rateLimit>["verdicts"], PerCpuMap<number, bigint>>(true);
  same<MapsOf<typeof dnsCounter>["queries"], BpfMap<{ type: number; name: string }, bigint>>(true);
  same<MapsOf<typeof runqueue>["histograms"], BpfMap<number, { comm: string; slots: number[] }>>(true);
  same<MapsOf<typeof everything>["networks"], BpfMap<{ prefixLength: number; address: string }, number>>(true);
  same<
    MapsOf<typeof everything>["stations"],
    BpfMap<{ mac: string; vlan: number }, { count: number; first: bigint; known: boolean; ports: number[] }>
  >(true);
});
