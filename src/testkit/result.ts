/** What became of one run, and what a test may expect of it. */

import { describePacket, layersOf, type ParsedLayer, packetDifference } from "../packets/index.ts";
import type { ProgramType } from "../uapi/program-types.ts";
import { XDP_VERDICTS } from "../uapi/xdp.ts";
import { AssertionError } from "./assertion-error.ts";
import { equal, show } from "./values.ts";

/** `enum xdp_action`; `TC_ACT_*` of linux/pkt_cls.h; what cgroup programs return. */
const VERDICTS: { readonly [Type in ProgramType]?: readonly string[] } = {
  xdp: XDP_VERDICTS.map((name) => `XDP_${name.toUpperCase()}`),
  sched_cls: [
    "TC_ACT_OK",
    "TC_ACT_RECLASSIFY",
    "TC_ACT_SHOT",
    "TC_ACT_PIPE",
    "TC_ACT_STOLEN",
    "TC_ACT_QUEUED",
    "TC_ACT_REPEAT",
    "TC_ACT_REDIRECT",
  ],
};
const TC_UNSPEC = 0xffff_ffff;

const DROPS: ReadonlySet<string> = new Set(["XDP_DROP", "XDP_ABORTED", "TC_ACT_SHOT"]);
const PASSES: ReadonlySet<string> = new Set(["XDP_PASS", "TC_ACT_OK", "TC_ACT_UNSPEC", "TC_ACT_PIPE"]);

export interface Outcome {
  readonly program: string;
  readonly type: ProgramType;
  readonly verdict: number;
  readonly input: Uint8Array;
  readonly packet: Uint8Array;
  readonly context: Uint8Array | undefined;
  readonly printed: readonly string[];
}

export class TestResult {
  /** u32. */
  readonly verdict: number;
  /** The packet as the program left it; empty where there is none. */
  readonly packet: Uint8Array;
  /** The context as the program left it, where programs of that type may write it. */
  readonly context: Uint8Array | undefined;
  /** What the program printed (`bpf_trace_printk`), a line each. */
  readonly printed: readonly string[];
  readonly #outcome: Outcome;

  constructor(outcome: Outcome) {
    this.verdict = outcome.verdict;
    this.packet = outcome.packet;
    this.context = outcome.context;
    this.printed = outcome.printed;
    this.#outcome = outcome;
  }

  /** `XDP_DROP`; a number where the type has no names. */
  get verdictName(): string {
    return nameOf(this.#outcome.type, this.verdict);
  }

  /** The packet read back, layer by layer. */
  get layers(): readonly ParsedLayer[] {
    return layersOf(this.packet);
  }

  /** The first layer of a name, or undefined. */
  layer(name: string): ParsedLayer | undefined {
    return this.layers.find((layer) => layer.name === name);
  }

  /** A name (`XDP_DROP`, `TC_ACT_SHOT`) or a number. */
  expectVerdict(expected: string | number): this {
    const found = typeof expected === "number" ? this.verdict : this.verdictName;
    if (found === expected) return this;
    return this.#fail(
      `verdict: expected ${typeof expected === "number" ? nameOf(this.#outcome.type, expected) : expected}, found ${this.verdictName}`,
      { actual: found, expected, operator: "expectVerdict" },
      this.expectVerdict,
    );
  }

  /** XDP_DROP, XDP_ABORTED, TC_ACT_SHOT. */
  expectDrop(): this {
    if (DROPS.has(this.verdictName)) return this;
    const facts = { actual: this.verdictName, expected: "a drop", operator: "expectDrop" };
    return this.#fail(`verdict: expected a drop, found ${this.verdictName}`, facts, this.expectDrop);
  }

  /** XDP_PASS; TC_ACT_OK, TC_ACT_UNSPEC, TC_ACT_PIPE. */
  expectPass(): this {
    if (PASSES.has(this.verdictName)) return this;
    const facts = { actual: this.verdictName, expected: "a pass", operator: "expectPass" };
    return this.#fail(`verdict: expected a pass, found ${this.verdictName}`, facts, this.expectPass);
  }

  /** The packet as the program left it, to the byte; what differs is told by layer and field. */
  expectPacket(expected: Uint8Array): this {
    return this.#compare(expected, "packet", this.expectPacket);
  }

  /** The program did not change the packet. */
  expectUnchanged(): this {
    return this.#compare(this.#outcome.input, "the packet was changed", this.expectUnchanged);
  }

  /** Some fields of the first layer of a name: `expectLayer("ipv4", { ttl: 63 })`. */
  expectLayer(name: string, fields: Readonly<Record<string, number | boolean | string>>): this {
    const layer = this.layer(name);
    const lines = Object.entries(fields)
      .filter(([field, value]) => !equal(value, layer?.fields[field]))
      .map(([field, value]) => `${name}.${field}: expected ${show(value)}, found ${show(layer?.fields[field])}`);
    if (lines.length === 0) return this;
    const facts = { actual: layer?.fields, expected: fields, operator: "expectLayer" };
    return this.#fail(lines.join("\n  "), facts, this.expectLayer);
  }

  /** Lines of what it printed: all of them, in order; a pattern matches anywhere in its line. */
  expectPrinted(...expected: readonly (string | RegExp)[]): this {
    const { printed } = this;
    const fits = expected.every((want, at) => (typeof want === "string" ? printed[at] === want : want.test(printed[at] ?? "")));
    if (fits && printed.length === expected.length) return this;
    const facts = { actual: printed, expected: expected.map(String), operator: "expectPrinted" };
    return this.#fail(
      `printed: expected ${expected.map(String).join(" | ") || "nothing"}, found ${printed.join(" | ") || "nothing"}`,
      facts,
      this.expectPrinted,
    );
  }

  #compare(expected: Uint8Array, what: string, from: (...args: never[]) => unknown): this {
    const lines = packetDifference(expected, this.packet);
    if (lines.length === 0) return this;
    // Runners show what differs between these two texts.
    const facts = { actual: describePacket(this.packet), expected: describePacket(expected), operator: what };
    return this.#fail(`${what}:\n  ${lines.join("\n  ")}`, facts, from);
  }

  #fail(
    message: string,
    facts: { readonly actual: unknown; readonly expected: unknown; readonly operator: string },
    from: (...args: never[]) => unknown,
  ): never {
    throw new AssertionError(`${this.#outcome.program}: ${message}`, facts, from);
  }
}

function nameOf(type: ProgramType, verdict: number): string {
  if (type === "sched_cls" && verdict === TC_UNSPEC) return "TC_ACT_UNSPEC";
  return VERDICTS[type]?.[verdict] ?? `${verdict}`;
}
