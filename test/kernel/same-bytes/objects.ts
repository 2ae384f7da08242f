/** The programs that both engines run, and what their maps hold first. Compiled by clang when the test runs; nothing is committed but C. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BpfMap, ContextInput } from "../../../src/engine/engine.ts";
import { readObject } from "../../../src/object/read.ts";
import type { Spec } from "../../../src/object/spec.ts";

const FOLDER = new URL("fixtures/", import.meta.url).pathname;
const CLANG = "clang-19";
const FLAGS = ["-target", "bpf", "-g", "-O2", "-Wall", "-Werror", "-fno-ident"];
/** Where Debian keeps `asm/types.h`, which linux/bpf.h wants. */
const INCLUDES = ["x86_64", "aarch64", "riscv64"].flatMap((name) => ["-idirafter", `/usr/include/${name}-linux-gnu`]);

export interface Scenario {
  /** Of the C source. */
  readonly name: string;
  /** Puts entries into the maps before the first packet. */
  readonly prepare?: (maps: Readonly<Record<string, BpfMap>>) => void;
  /** Contexts to run each packet with, one after the other round; default: none. */
  readonly contexts?: readonly ContextInput[];
}

const CONTEXTS: readonly ContextInput[] = [
  {},
  { mark: 7, priority: 0x10003, ingress_ifindex: 1, ifindex: 1, tstamp: 123_456_789_012n },
  { cb: Uint8Array.from({ length: 20 }, (_, at) => at * 3), gso_segs: 2, gso_size: 700, hwtstamp: 99n },
  { wire_len: 3000, mark: 0xffff_ffff },
];

export const SCENARIOS: readonly Scenario[] = [
  { name: "parse" },
  { name: "rewrite", contexts: [{}, { ingress_ifindex: 1 }, { ingress_ifindex: 1, rx_queue_index: 77 }, { rx_queue_index: 1 }] },
  { name: "loops" },
  {
    name: "balance",
    prepare({ table, rules }) {
      for (let slot = 0; slot < 251; slot++) table?.set(slot, (slot * 7 + (slot >> 3)) % 11);
      for (const [prefix, verdict] of [
        ["10.0.0.0/8", 1],
        ["10.1.0.0/16", 2],
        ["10.1.2.0/24", 3],
        ["10.1.2.3/32", 4],
        ["198.0.0.0/9", 1],
        ["0.0.0.0/0", 2],
      ] as const) {
        const [address, length] = prefix.split("/");
        const octets = address!.split(".").map(Number);
        rules?.set({ length: Number(length), address: octets.reduceRight((all, octet) => all * 256 + octet, 0) }, verdict);
      }
    },
  },
  { name: "skb", contexts: CONTEXTS },
  { name: "filters", contexts: CONTEXTS },
];

/** Why nothing can be compiled here; null when it can. */
export function missingCompiler(): string | null {
  if (spawnSync(CLANG, ["--version"]).status !== 0) return `${CLANG} is missing`;
  const probe = spawnSync(CLANG, [...FLAGS, ...INCLUDES, "-fsyntax-only", "-x", "c", "-"], {
    input: "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n",
    encoding: "utf8",
  });
  return probe.status === 0 ? null : "the headers of linux-libc-dev or libbpf-dev are missing";
}

/** The bytes of the object that clang makes of a source. @param cpu instruction set: v1 … v4. */
export function compileFile(source: string, cpu = "v3"): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "skep-same-bytes-"));
  try {
    const object = join(folder, "program.o");
    const options = [...FLAGS, `-mcpu=${cpu}`, ...INCLUDES, "-c", source, "-o", object];
    const { status, stderr } = spawnSync(CLANG, options, { encoding: "utf8" });
    if (status !== 0) throw new Error(`${source} does not compile: ${stderr}`);
    return new Uint8Array(readFileSync(object));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A source of `fixtures/`. */
export function compileScenario(name: string, cpu?: string): Spec {
  return readObject(compileFile(join(FOLDER, `${name}.bpf.c`), cpu), { name });
}
