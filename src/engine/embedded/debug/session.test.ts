/** The debugger from an application: what one sets, where it stops, what it shows, and back again. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { compileSource } from "../../../compiler/compile.ts";
import { assemble } from "../../../isa/assemble.ts";
import { encode } from "../../../isa/encode.ts";
import type { MapSpec, Spec } from "../../../object/spec.ts";
import { virtualClock } from "../clock.ts";
import { type EmbeddedOptions, openEmbedded } from "../engine.ts";
import { eventSpec } from "../programs/fixtures/assembled.ts";
import { type BreakAt, BreakpointError } from "./breakpoints.ts";
import { ExpressionError } from "./expression.ts";
import { type DebugOptions, type DebugSession, debug } from "./session.ts";
import type { Stop } from "./state.ts";

const EXAMPLES = join(import.meta.dirname, "../../../../examples");

/** An IPv4 and UDP packet from 203.0.113.66, port 40000, to port 53. */
const PACKET = Uint8Array.from([
  ...[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0],
  ...[0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 203, 0, 113, 66, 192, 0, 2, 1],
  ...[0x9c, 0x40, 0, 53, 0, 8, 0, 0],
]);

const HITS: MapSpec = {
  name: "hits",
  type: "array",
  keySize: 4,
  valueSize: 8,
  maxEntries: 4,
  flags: 0,
  keyType: 0,
  valueType: 0,
};

function spec(code: string, maps: readonly MapSpec[] = [], relocations: readonly number[] = []): Spec {
  return {
    name: "test",
    license: "GPL",
    types: null,
    maps,
    programs: [
      {
        name: "main",
        section: "xdp",
        type: "xdp",
        attachType: "xdp",
        code: encode(assemble(code)),
        relocations: relocations.map((slot) => ({ slot, kind: "map", map: maps[0]!.name, offset: 0 })),
        functions: [],
        lines: [],
      },
    ],
  };
}

async function open(what: Spec, options: EmbeddedOptions & DebugOptions = {}): Promise<DebugSession> {
  const engine = openEmbedded({ memory: 32 << 20, unsafe: true, seed: 1, clock: virtualClock(5), ...options });
  const collection = await engine.load(what);
  if ("blocked" in collection.maps) collection.maps["blocked"]?.set({ prefixLength: 24, address: "203.0.113.0" }, 1);
  const [program] = Object.values(collection.programs);
  return debug(program!, { packet: PACKET }, options);
}

function example(name: string): Spec {
  return compileSource(readFileSync(join(EXAMPLES, `${name}.bpf.ts`), "utf8"), { file: `${name}.bpf.ts` });
}

/** The line of an example that contains a text: breakpoints here do not move when comments do. */
function lineOf(name: string, text: string): number {
  const lines = readFileSync(join(EXAMPLES, `${name}.bpf.ts`), "utf8").split("\n");
  const line = lines.findIndex((each) => each.includes(text)) + 1;
  assert.ok(line > 0, text);
  return line;
}

describe("a run", () => {
  it("stops before its first instruction, goes to its end, and gives what running gives", async () => {
    using session = await open(example("firewall"));
    assert.deepEqual([session.state.slot, session.state.time, session.state.status], [0, 0, "running"]);
    assert.deepEqual(session.continue(), { reason: "end", result: 1n });
    assert.equal(session.state.status, "ended");
    assert.deepEqual(session.maps["drops"]?.get("203.0.113.66"), [1n]);
    assert.deepEqual(session.step(), { reason: "end", result: 1n }, "there is nothing after the end");
  });

  it("goes by instruction, by line, to the end of a function", async () => {
    const calls = "call f\nr6 = r0\ncall f\nr0 += r6\nexit\nf:\nr0 = 7\nr0 *= 2\nexit";
    using session = await open(spec(calls));
    session.step();
    assert.deepEqual(
      session.state.frames.map(({ function: name, slot }) => `${name} ${slot}`),
      ["function_5 5", "main 0"],
    );
    session.finish();
    assert.equal(session.state.slot, 1);
    assert.equal(session.state.registers[0], 14n);
    session.line();
    session.line();
    assert.equal(session.state.slot, 3, "without lines it goes by instruction, over calls");
    session.backLine();
    assert.equal(session.state.slot, 2, "and back over them");
    assert.deepEqual(session.continue(), { reason: "end", result: 28n });
  });

  // The check of line 24 is one with that of line 21.
  it("knows source lines, and stops at each once", async () => {
    using session = await open(example("firewall"));
    const lines: (number | undefined)[] = [];
    while (session.line().reason === "step") lines.push(session.state.line?.line);
    assert.deepEqual(lines, [21, 22, 27, 29, 30]);
    const back: (number | undefined)[] = [];
    while (session.backLine().reason === "step") back.push(session.state.line?.line);
    assert.deepEqual(back.slice(0, 5), [30, 29, 27, 22, 21]);
    assert.equal(session.state.time, 0);
  });

  it("the same in an engine that runs generated code", async () => {
    using session = await open(example("firewall"), { execution: "jit" });
    session.continue();
    assert.equal(session.state.registers[0], 1n);
  });

  it("keeps its CPU busy, and lets go of it", async () => {
    const engine = openEmbedded({ unsafe: true });
    const { programs } = await engine.load(spec("r0 = 2\nexit"));
    const session = debug(programs["main"]!, { packet: PACKET });
    assert.throws(() => programs["main"]?.run({ packet: PACKET }), /is running a program/);
    session[Symbol.dispose]();
    assert.equal(programs["main"]?.run({ packet: PACKET }).verdict, 2);
  });

  it("is begun by whatever reaches the program: a device, too", async () => {
    const engine = openEmbedded({ unsafe: true, clock: virtualClock() });
    const device = engine.addDevice("eth0");
    const { programs } = await engine.load(spec("call 5\nexit"));
    using session = debug(programs["main"]!, null);
    await session.program.attach({ interface: "eth0" });
    session.begin(() => device.receive(PACKET, { seconds: 3 }));
    assert.deepEqual(session.continue(), { reason: "end", result: 3_000_000_000n });
    assert.throws(() => session.begin(() => {}), /nothing reached it/);
  });

  it("of an event has what comes with the event, as long as one looks at it", async () => {
    const text = "r6 = r1\ncall bpf_get_attach_cookie\nr7 = r0\ncall bpf_get_current_pid_tgid\nr0 >>= 32\nr0 += r7\nexit";
    const engine = openEmbedded({ unsafe: true, memory: 32 << 20, clock: virtualClock() });
    const { programs } = await engine.load(eventSpec({ main: ["raw_tracepoint/x", text] }));
    using session = debug(programs["main"]!, null);
    await session.program.attach({ cookie: 1000 });
    session.begin(() => engine.emit("raw_tp/x", {}, { process: { pid: 9, comm: "ls" } }));
    session.step();
    session.step();
    assert.equal(session.state.registers[0], 1000n);
    assert.deepEqual(session.continue(), { reason: "end", result: 1009n });
  });

  it("is over when one leaves it, wherever one looked", async () => {
    const code = "*(u32 *)(r10 - 4) = 1\nr1 = map[fd:0]\nr2 = r10\nr2 += -4\ncall 1\n*(u64 *)(r0 + 0) = 5\nr0 = 0\nexit";
    using session = await open(spec(code, [HITS], [1]));
    assert.deepEqual(session.maps["hits"]?.get(1), new Uint8Array(8), "at its beginning");
    session.leave();
    assert.deepEqual(session.maps["hits"]?.get(1), Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0));
  });

  it("of another engine cannot be debugged", () => {
    const stranger = {
      name: "x",
      spec: spec("r0 = 0\nexit").programs[0]!,
      run: () => assert.fail(),
      attach: () => assert.fail(),
    };
    assert.throws(() => debug(stranger, null), /only programs of the embedded engine/);
  });
});

describe("breakpoints", () => {
  const FIREWALL = example("firewall");
  const cases: readonly (readonly [BreakAt, string | undefined, Stop["reason"], string?])[] = [
    [{ slot: 10 }, undefined, "breakpoint", "slot 10"],
    [{ line: lineOf("firewall", "drops.increment") }, undefined, "breakpoint"],
    [{ line: lineOf("firewall", "drops.increment"), file: "firewall.bpf.ts" }, "ip.source == 203.0.113.66", "breakpoint"],
    [{ line: lineOf("firewall", "drops.increment") }, 'ip.source == "192.0.2.1"', "end"],
    [{ line: lineOf("firewall", "drops.increment") }, "tcp.destinationPort == 443", "end"],
    [{ helper: "map_lookup_elem" }, undefined, "breakpoint", "calls of bpf_map_lookup_elem"],
    [{ helper: 1 }, "r1 == 0", "end"],
    [{ function: "firewall" }, undefined, "end"],
  ];
  for (const [where, condition, reason, place] of cases) {
    it(`${JSON.stringify(where)} if ${condition ?? "always"}: ${reason}`, async () => {
      using session = await open(FIREWALL);
      const breakpoint = session.breakpoints.add(where, condition);
      if (place !== undefined) assert.equal(breakpoint.place, place);
      assert.equal(session.continue().reason, reason);
      if (reason === "breakpoint") assert.equal([...session.breakpoints][0]?.hits, 1);
      assert.ok(session.breakpoints.delete(breakpoint.id));
      assert.equal(session.continue().reason, "end");
    });
  }

  it("a line without instructions stands for the next that has some", async () => {
    using session = await open(FIREWALL);
    const line = lineOf("firewall", "export const firewall");
    assert.equal(session.breakpoints.add({ line: line - 5 }).place, `firewall.bpf.ts:${line}`);
  });

  const refusals: readonly (readonly [BreakAt, string | undefined, RegExp])[] = [
    [{ slot: 9999 }, undefined, /no instruction begins at slot 9999: firewall has slots 0 to \d+/],
    [{ slot: -1 }, undefined, /no instruction begins at slot -1/],
    [{ line: 9999 }, undefined, /no instruction comes from line 9999 or after it/],
    [{ line: 3, file: "other.c" }, undefined, /no instruction comes from other.c:3/],
    [{ function: "firewal" }, undefined, /did you mean firewall\?/],
    [{ helper: "bpf_map_lokup_elem" }, undefined, /did you mean bpf_map_lookup_elem\?/],
    [{ slot: 0 }, "r2 >", /expected a value.*found the end \(column 5\)/],
    [{ slot: 0 }, "r11 == 0", /there is no r11; did you mean r1\?/],
  ];
  for (const [where, condition, message] of refusals) {
    it(`${JSON.stringify(where)} if ${condition ?? "always"} is refused`, async () => {
      using session = await open(FIREWALL);
      const isOurs = (error: unknown) =>
        (error instanceof BreakpointError || error instanceof ExpressionError) && message.test(error.message);
      assert.throws(() => session.breakpoints.add(where, condition), isOurs);
      assert.equal(session.breakpoints.size, 0);
    });
  }
});

describe("watches", () => {
  it("stop when a register, memory or an entry of a map changes, forward and back", async () => {
    using session = await open(example("firewall"));
    const watch = session.watches.add('drops["203.0.113.66"]');
    const stop = session.continue();
    assert.ok(stop.reason === "watch");
    assert.deepEqual(stop.changes, [{ id: 1, what: watch.what, before: "(not there)", after: "[1]" }]);
    assert.match(session.text(stop.slot) ?? "", /bpf_map_update_elem/);
    assert.equal(session.continue().reason, "end");
    const back = session.reverseContinue();
    assert.ok(back.reason === "watch");
    assert.deepEqual([back.changes[0]?.before, back.changes[0]?.after], ["[1]", "(not there)"]);
    assert.equal(session.state.slot, stop.slot);
  });

  for (const [what, before, after] of [
    ["r2", "0", "9"],
    ["r10 - 8,8", '"0000000000000000"', '"0900000000000000"'],
    ["*(u32 *)(r10 - 8)", "0", "9"],
  ] as const) {
    it(what, async () => {
      using session = await open(spec("r2 = 9\n*(u64 *)(r10 - 8) = r2\nr0 = 0\nexit"));
      session.watches.add(what);
      const stop = session.continue();
      assert.ok(stop.reason === "watch");
      assert.deepEqual(stop.changes, [{ id: 1, what, before, after }]);
      session.watches.delete(1);
      assert.equal(session.continue().reason, "end");
    });
  }

  it("of what cannot be read are refused", async () => {
    using session = await open(spec("r0 = 0\nexit"));
    for (const what of ["0,4", "r10,0", "r10,1", "nosuch", "r1 +"])
      assert.throws(() => session.watches.add(what), ExpressionError);
  });
});

describe("going back", () => {
  it("over a helper that updates a map takes the update back", async () => {
    const code = "*(u32 *)(r10 - 4) = 2\nr1 = map[fd:0]\nr2 = r10\nr2 += -4\ncall 1\n*(u64 *)(r0 + 0) = 5\nr0 = 0\nexit";
    using session = await open(spec(code, [HITS], [1]));
    session.continue();
    assert.deepEqual(session.maps["hits"]?.get(2), Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0));
    while (session.state.slot !== 6) session.back();
    assert.deepEqual(session.maps["hits"]?.get(2), new Uint8Array(8));
    assert.equal(session.describe(session.state.registers[0]!), "value of hits[2]+0");
    session.step();
    assert.deepEqual(session.changes.maps, [
      { map: "hits", key: 2, before: new Uint8Array(8), after: Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0) },
    ]);
  });

  it("and forward again gives the same time and the same random numbers", async () => {
    let counter = 1;
    using session = await open(spec("call 7\nr6 = r0\ncall 5\nr0 += r6\nexit"), {
      clock: { read: (out) => out.fill(counter++) },
    });
    session.continue();
    const first = session.state.registers[0];
    session.restart();
    assert.equal(session.state.time, 0);
    session.continue();
    assert.equal(session.state.registers[0], first);
  });

  it("prints once what was printed once", async () => {
    const printed: string[] = [];
    const code = "r1 = r10\nr1 += -8\n*(u32 *)(r10 - 8) = 0x000a6968\nr2 = 4\ncall 6\nr0 = 0\nexit";
    using session = await open(spec(code), { onPrint: (text) => printed.push(text) });
    for (let round = 0; round < 3; round++) {
      session.continue();
      session.restart();
    }
    assert.equal(printed.length, 1);
  });

  it("has an end, and says what is forgotten", async () => {
    const loop = "r1 = 0\ntop:\nr1 += 1\nif r1 < 20000 goto top\nr0 = 0\nexit";
    using session = await open(spec(loop), { history: 64 * 1024 });
    session.continue();
    assert.deepEqual(session.restart(), { reason: "beginning", forgotten: true });
    const { oldest, newest, bytes, limit } = session.history;
    assert.ok(oldest > 30_000 && newest === 40_003 && bytes <= limit, JSON.stringify(session.history));
    assert.equal(session.state.time, oldest);
    assert.deepEqual(session.back(), { reason: "beginning", forgotten: true });
    assert.deepEqual(session.continue(), { reason: "end", result: 0n });
  });

  it("to the previous breakpoint", async () => {
    using session = await open(spec("r1 = 0\ntop:\nr1 += 1\nif r1 < 5 goto top\nr0 = 0\nexit"));
    session.continue();
    session.breakpoints.add({ slot: 2 }, "r1 == 3");
    assert.equal(session.reverseContinue().reason, "breakpoint");
    assert.equal(session.state.registers[1], 3n);
    assert.deepEqual(session.reverseContinue(), { reason: "beginning", forgotten: false });
  });
});

describe("functions that a helper calls", () => {
  const LOOP = [
    "r1 = 3",
    "r2 = subprog[+8]",
    "r3 = r10",
    "r3 += -8",
    "r4 = 0",
    "*(u64 *)(r10 - 8) = 0",
    "call 181",
    "r0 = *(u64 *)(r10 - 8)",
    "exit",
    "r3 = *(u64 *)(r2 + 0)",
    "r3 += 5",
    "*(u64 *)(r2 + 0) = r3",
    "r0 = 0",
    "exit",
  ];

  it("are stepped into, watched and left like any other", async () => {
    using session = await open(spec(LOOP.join("\n")));
    session.breakpoints.add({ slot: 12 });
    session.watches.add("r3 == 10");
    const sums: bigint[] = [];
    for (let stop = session.continue(); stop.reason !== "end"; stop = session.continue()) {
      // Where both stop the run, both are told.
      if ("breakpoints" in stop && stop.breakpoints.length > 0) sums.push(session.state.registers[3]!);
    }
    assert.deepEqual(sums, [5n, 10n, 15n]);
    assert.equal(session.state.registers[0], 15n);
    session.watches.clear();
    session.reverseContinue();
    session.reverseContinue();
    assert.deepEqual(
      session.state.frames.map(({ function: name, slot }) => `${name} ${slot}`),
      ["function_10 12", "main 7"],
    );
    session.finish();
    assert.equal(session.state.slot, 12, "the breakpoint is in the next round");
  });

  it("are one step for who goes by lines", async () => {
    using session = await open(spec(LOOP.join("\n")));
    while (session.state.slot !== 7) session.step();
    session.line();
    assert.equal(session.state.slot, 8);
    session.backLine();
    assert.equal(session.state.slot, 7);
    session.step();
    assert.equal(session.state.slot, 10);
  });

  it("fault where they fault", async () => {
    const wild = LOOP.with(9, "r3 = *(u64 *)(r2 + 32000)");
    using session = await open(spec(wild.join("\n")));
    assert.equal(session.continue().reason, "fault");
    assert.deepEqual([session.state.slot, session.state.frames.length], [10, 2]);
    session.back();
    assert.equal(session.state.slot, 7);
  });

  it("use up the fuel of the run", async () => {
    using session = await open(spec(LOOP.with(0, "r1 = 1000000").join("\n")), { fuel: 5000 });
    const stop = session.continue();
    assert.ok(stop.reason === "fault");
    assert.match(stop.error.message, /stopped after 5000 instructions/);
  });
});

describe("a fault", () => {
  it("stops at the instruction, says why, and leaves what was before to look at", async () => {
    using session = await open(spec("r2 = *(u32 *)(r1 + 0)\nr3 = *(u64 *)(r2 + 1000)\nr0 = 0\nexit"));
    const stop = session.continue();
    assert.ok(stop.reason === "fault");
    assert.match(stop.error.message, /reads 8 bytes at packet\+1000: the packet has 42/);
    assert.deepEqual([session.state.slot, session.state.status], [1, "fault"]);
    assert.deepEqual(session.step(), stop, "it stays one");
    session.back();
    assert.equal(session.state.status, "running");
    assert.equal(session.state.registers[2], 0n);
    assert.equal(session.continue().reason, "fault");
  });

  it("is also a run without end", async () => {
    using session = await open(spec("top:\nr0 = 0\ngoto top"), { fuel: 1000 });
    const stop = session.continue();
    assert.ok(stop.reason === "fault");
    assert.match(stop.error.message, /stopped after 1000 instructions/);
    assert.equal(session.back().reason, "step");
  });

  it("a long run pauses when it shall", async () => {
    using session = await open(spec("top:\nr0 = 0\ngoto top"));
    assert.deepEqual(session.continue({ milliseconds: 5 }), { reason: "paused" });
    assert.ok(session.state.time > 0);
  });
});

describe("what there is to see", () => {
  it("layers of the packet, and what was read and written of them", async () => {
    using session = await open(example("firewall"));
    session.continue();
    assert.deepEqual(
      session.layers.map(({ name, offset, size }) => `${name} ${offset} ${size}`),
      ["eth 0 14", "ip 14 20", "udp 34 8"],
    );
    const read = [...PACKET.keys()].filter((offset) => session.touched(offset).read);
    assert.deepEqual(read, [12, 13, 26, 27, 28, 29]);
    session.restart();
    assert.ok(!session.touched(12).read, "not yet");
  });

  const values: readonly (readonly [string, unknown])[] = [
    ["1 + 2 * 3", 7n],
    ["r10 - r10 == 0 && !(1 > 2)", true],
    ["-1 s< 0", true],
    ["-1 < 0", false],
    ["6 & 3 == 2", true],
    ["eth.type == ETH_P_IP", true],
    ["ip.source == 203.0.113.66", true],
    ["*(u32 *)(ctx.data + 26) == 203.0.113.66", true],
    ["packet[12] << 8 | packet[13]", 0x800n],
    ["*(s8 *)(ctx.data + 14)", 0x45n],
    ["udp.destinationPort", 53n],
    ["tcp.flags", undefined],
    ['blocked[{"prefixLength":24,"address":"203.0.113.0"}]', 1n],
    ["drops[10.0.0.1]", undefined],
    ["w10 == r10 & 0xffffffff", true],
    ["line > 10 || pc == 0", true],
  ];
  it("expressions", async () => {
    using session = await open(example("firewall"));
    for (const [text, expected] of values) assert.deepEqual(session.evaluate(text), expected, text);
    for (const text of [
      "",
      "1 +",
      "(1",
      "packet[999]",
      "*0",
      "ip.nosuch",
      "blocked[",
      "@",
      "drops[{]",
      "0x",
      "r1 r2",
      "ip.source.x",
    ])
      assert.throws(() => session.evaluate(text), ExpressionError, text);
    assert.throws(() => session.evaluate(`${"(".repeat(500)}1`), /nested deeper/);
  });
});
