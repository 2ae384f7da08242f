/** `skep debug` as people and scripts use it: on a pipe, with a script, at a terminal, on a capture, on an object of clang's. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { type Ended, Folder, ROOT, skep } from "./skep.ts";

const FIREWALL = "examples/firewall.bpf.ts";
const OFFICE = "examples/captures/office.pcap";
const ON_OFFICE = ["debug", FIREWALL, "--replay", OFFICE, "--set", 'blocked={"prefixLength":24,"address":"203.0.113.0"}:1'];
/** A packet of the capture that the firewall drops, and what it is. */
const DROPPED = ["--packet", "58"];
const SHORT = "020000000002 020000000001 86dd";

const CLANG = "clang-19";

function clangLacks(): string | false {
  return spawnSync(CLANG, ["--version"]).status === 0 ? false : `no ${CLANG}`;
}

const LIMIT = `typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
struct xdp_md {
  u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};
u32 limit = 3;
u64 total;

static __attribute__((noinline)) u32 weigh(u8 *bytes, u32 length) {
  u32 sum = 0;
  for (u32 i = 0; i < 8; i++)
    sum += bytes[i] * length;
  return sum;
}

__attribute__((section("xdp"), used)) int count(struct xdp_md *ctx) {
  u8 *data = (u8 *)(long)ctx->data;
  if (data + 14 > (u8 *)(long)ctx->data_end)
    return 1;
  total += weigh(data, 2);
  return total > limit ? 1 : 2;
}

__attribute__((section("xdp"), used)) int wild(struct xdp_md *ctx) {
  u8 *data = (u8 *)(long)ctx->data;
  return data[1000];
}

struct __sk_buff {
  u32 len, pkt_type, mark;
};

__attribute__((section("tc"), used)) int marking(struct __sk_buff *skb) {
  skb->mark = skb->len;
  return 2;
}
char LICENSE[] __attribute__((section("license"), used)) = "GPL";
`;

const EVENTS = `typedef unsigned int u32;
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
static int (*bpf_trace_printk)(const char *format, u32 size, ...) = (void *)6;
static long (*bpf_tail_call)(void *context, void *map, u32 index) = (void *)12;
static long (*bpf_map_push_elem)(void *map, const void *value, u64 flags) = (void *)87;
static long (*bpf_loop)(u32 rounds, void *callback, void *context, u64 flags) = (void *)181;
struct { __uint(type, 22); __uint(max_entries, 8); __type(value, u64); } values SEC(".maps");
SEC("raw_tp/x") int after(u64 *ctx) { return 7; }
struct { __uint(type, 3); __uint(max_entries, 2); __uint(key_size, 4); int (*values[2])(u64 *); } programs SEC(".maps") = {
  .values = { [0] = (void *)&after }
};
static long each(u32 index, u64 *sum) { *sum += index; return 0; }
SEC("raw_tp/x") int on_enter(u64 *ctx) {
  u64 id = ctx[1], sum = 0;
  bpf_loop(3, each, &sum, 0);
  static const char format[] = "event %d\\n";
  bpf_trace_printk(format, sizeof format, id);
  bpf_map_push_elem(&values, &id, 0);
  bpf_tail_call(ctx, &programs, 0);
  return sum;
}
char LICENSE[] SEC("license") = "GPL";
`;

async function run(args: readonly string[], commands: readonly string[], status = 0): Promise<Ended> {
  const ended = await skep(args, { input: `${commands.join("\n")}\n` });
  assert.equal(ended.status, status, `${ended.stdout}${ended.stderr}`);
  return ended;
}

type Data = Readonly<Record<string, unknown>>;

/** The answers as objects, after the first stop. */
async function answers(args: readonly string[], commands: readonly string[], status = 0): Promise<Data[]> {
  const { stdout } = await run([...args, "--json"], commands, status);
  return stdout
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => JSON.parse(line));
}

describe("every command", () => {
  const cases: readonly (readonly [command: string, answer: RegExp])[] = [
    ["step", /at firewall, .*firewall\.bpf\.ts:20, after 1 instruction\n/],
    ["s 3", /after 3 instructions/],
    ["line", /firewall\.bpf\.ts:21/],
    ["next 2", /firewall\.bpf\.ts:22/],
    ["finish", /returned 1 \(XDP_DROP\)/],
    ["c", /returned 1 \(XDP_DROP\)/],
    ["back", /the beginning of firewall/],
    ["back line", /the beginning of firewall/],
    ["rcontinue", /the beginning of firewall/],
    ["run", /before the first instruction/],
    ["break 29", /breakpoint 1 at examples\/firewall\.bpf\.ts:29/],
    ["b firewall.bpf.ts:27 if r1 > 3", /breakpoint 2 at .*:27 if r1 > 3/],
    ["b slot 10", /breakpoint 3 at slot 10/],
    ["b helper map_lookup_elem", /breakpoint 4 at calls of bpf_map_lookup_elem/],
    ["b firewall", /breakpoint 5 at firewall \(slot 0\)/],
    ["break", /breakpoint 6 at slot 0/],
    ["watch r6", /watch 1: r6 is 0/],
    ["watch drops[203.0.113.53]", /watch 2: .* is \(not there\)/],
    ["watch r10 - 8,8", /watch 3: .* is "0000000000000000"/],
    ["delete", /all breakpoints and watches are deleted/],
    ["info breakpoints", /no breakpoints and no watches/],
    ["info registers", / r10 = 0x[0-9a-f]+ r10/],
    ["info maps", /blocked lpm_trie, 1 of 100,000 entries/],
    ["info stack", /the stack is zero/],
    ["info context", /ingress_ifindex = 1/],
    ["info history", /back to the beginning/],
    ["info program", /firewall: xdp, \d+ slots/],
    ["print ip.source", /ip\.source = "203\.0\.113\.53"/],
    ["p ctx.data_end - ctx.data", /= 0x67 \(103\)/],
    ["print packet", /IPv4 at 14, 20 bytes/],
    ["packet", /udp|UDP at 34/],
    ["x ctx.data 16", /02 00 00 00 02 10 .*packet\+0/],
    ["x r10 - 16", /00 00 00 00 00 00 00 00 +00|00 00/],
    ["list", /=> +20 \| export const firewall/],
    ["list 29", / 29 \| +drops\.increment/],
    ["disassemble", /=> +0: r2 = \*\(u32 \*\)\(r1 \+0\)/],
    ["dis all", /exit\n$/],
    ["map blocked", /203\.0\.113\.0/],
    ["backtrace", /#0 firewall, slot 0/],
    ["help", /continue.*\(c, cont\)/],
    ["help step", /one instruction, or N/],
    ["next packet", /before the first instruction/],
    ["packet 1", /before the first instruction/],
    ["# a remark", /^$/],
  ];
  // One session for all, which goes back to the packet before each: as many processes would take ten seconds. Numbers go on.
  let answered: string[] = [];
  before(async () => {
    const mark = (at: number): string => `print ${7_000_000 + at}`;
    const commands = cases.flatMap(([command], at) => ["delete", "packet 58", mark(at), command, mark(at)]);
    const { stdout, stderr } = await run([...ON_OFFICE, ...DROPPED], commands);
    assert.equal(stderr, "");
    assert.ok(!stdout.includes("\x1b"), "no colours and no prompt on a pipe");
    assert.ok(!stdout.includes("(skep)"));
    answered = cases.map((_, at) => stdout.split(new RegExp(`^${7_000_000 + at} = .*\n`, "m"))[1] ?? "no answer");
  });
  for (const [at, [command, answer]] of cases.entries()) test(command, () => assert.match(answered[at] ?? "", answer));
});

test("breakpoints stop, going back takes what a helper did back, and the entry shows it", async () => {
  const entry = "print drops[203.0.113.53]";
  const list = await answers(
    [...ON_OFFICE, ...DROPPED, "--break", "30"],
    ["continue", entry, "back line", entry, "continue", entry],
  );
  assert.deepEqual(
    list.filter(({ type }) => type === "value").map(({ value }) => value),
    [[1], null, [1]],
  );
  assert.deepEqual(list[0]?.["breakpoints"], [1]);
  assert.deepEqual(list[0]?.["line"], 30);
  const changes = list[0]?.["changes"] as Data;
  assert.deepEqual(changes["maps"], [{ map: "drops", key: "203.0.113.53", before: null, after: [1] }]);
});

test("maps hold at each packet what a replay has put into them, whichever way one came there", async () => {
  const there = await answers([...ON_OFFICE, "--packet", "200"], ["map drops"]);
  const forward = await answers(ON_OFFICE, ["packet 58", "step", "packet 200", "map drops"]);
  const back = await answers([...ON_OFFICE, "--packet", "300", "--break", "30"], ["packet 200", "map drops", "info breakpoints"]);
  assert.deepEqual(forward.at(-1), there.at(-1));
  assert.deepEqual(back.at(-2), there.at(-1));
  assert.equal((back.at(-1)?.["breakpoints"] as unknown[]).length, 1, "breakpoints stay");
});

describe("what is wrong is said in one line", () => {
  const commands: readonly (readonly [command: string, message: RegExp])[] = [
    ["brek 3", /there is no command brek; did you mean break\?/],
    ["break 9999", /no instruction comes from line 9999/],
    ["break nosuch", /there is no function nosuch/],
    ["break 29 if", /expected a condition behind if/],
    ["break 29 if r2 >", /expected a value.*column 5/],
    ["break slot x", /expected slot N/],
    ["break ???", /break takes LINE, FILE:LINE/],
    ["watch", /watch takes/],
    ["watch nosuch", /there is no nosuch/],
    ["delete 7", /there is no breakpoint 7 \(there are none\)/],
    ["delete x", /delete takes/],
    ["info", /info shows breakpoints, .*; found nothing/],
    ["info regsters", /did you mean registers\?/],
    ["print", /print takes an expression/],
    ["print blockd", /did you mean blocked\?/],
    ["print *0", /nothing is at 0x0/],
    ["x 5", /nothing is at 0x5/],
    ["x r10 999999999", /x shows 65,536 bytes at most/],
    ["packet 0", /expected the number of a packet from 1 on/],
    ["packet 99999999", /there is no packet 99999999: .* has [\d,]+/],
    ["map drop", /there is no map drop; did you mean drops\?/],
    ["step x", /expected a number of steps/],
    ["list 9999", /has \d+ lines, there is no line 9999/],
    ["continue now", /takes nothing, found now/],
    ["de x y", /delete takes/],
    ["l nosuch", /expected list \[LINE\] from 1 on, found nosuch/],
  ];
  test("of commands, with the number of the line; the rest goes on", async () => {
    const input = commands.map(([command]) => `${command}\n`).join("");
    const { stdout, stderr, status } = await skep([...ON_OFFICE, ...DROPPED], { input: `${input}step\n` });
    assert.equal(status, 2);
    assert.match(stdout, /after 1 instruction\n/);
    const lines = stderr.trimEnd().split("\n");
    assert.equal(lines.length, commands.length);
    for (const [index, [command, message]] of commands.entries()) {
      assert.ok(lines[index]?.startsWith(`skep: stdin:${index + 1}: `), lines[index]);
      assert.match(lines[index] ?? "", message, command);
    }
  });

  const usages: readonly (readonly [args: readonly string[], status: number, message: RegExp])[] = [
    [["debug"], 2, /needs a file/],
    [["debug", FIREWALL], 2, /what shall it run on\?/],
    [["debug", FIREWALL, "--replay", OFFICE, "--packet-hex", "00"], 2, /excludes/],
    [["debug", FIREWALL, "--packet-hex", "0"], 2, /two for each; found 1 digit$/m],
    [["debug", FIREWALL, "--packet-hex", "zz"], 2, /found "z"/],
    [["debug", FIREWALL, "--packet-hex", "00"], 4, /expected 14 to/],
    [["debug", FIREWALL, "--context", "{"], 2, /--context takes JSON/],
    [["debug", FIREWALL, "--packet-hex", SHORT, "--packet", "2"], 2, /--packet goes with --replay/],
    [["debug", FIREWALL, "--packet-hex", SHORT, "--break", "9999"], 2, /--break 9999: no instruction comes from/],
    [["debug", FIREWALL, "--replay", OFFICE, "--packet", "1000000"], 4, /there is no packet 1000000/],
    [["debug", FIREWALL, "--replay", "nosuch.pcap"], 4, /nosuch.pcap: no such file/],
    [["debug", FIREWALL, "--packet-hex", SHORT, "--script", "nosuch"], 4, /nosuch: no such file/],
  ];
  for (const [args, status, message] of usages) {
    test(`skep ${args.join(" ")}`, async () => {
      const ended = await skep(args);
      assert.match(ended.stderr, message);
      assert.equal(ended.status, status);
      assert.equal(ended.stderr.trimEnd().split("\n").length, 1, ended.stderr);
    });
  }
});

test("a script names its file and line, and ends at quit", async () => {
  using folder = new Folder();
  const script = folder.file("steps", "# three steps\nstep 3\n\nfoo\nquit\nstep\n");
  const { stdout, stderr, status } = await skep(["debug", FIREWALL, "--packet-hex", SHORT, "--script", script]);
  assert.equal(status, 2);
  assert.match(stderr, /steps:4: there is no command foo/);
  assert.equal(stdout.match(/^=>/gm)?.length, 2);
});

const ENDLESS = `import { type u32, XDP_DROP, XDP_PASS, xdp } from "skep/bpf";
export const spin = xdp((ctx) => {
  let x: u32 = 1;
  for (let i: u32 = 0; i < 4_000_000_000; i++) x = x * 3 + i;
  return x === 7 ? XDP_DROP : XDP_PASS;
});
`;

test("Ctrl-C stops a long continue, and the rest of the script goes on", async () => {
  using folder = new Folder();
  const program = folder.file("spin.bpf.ts", ENDLESS);
  const script = folder.file("script", "continue\ninfo history\n");
  const args = [join(ROOT, "bin/skep.js"), "debug", program, "--packet-hex", SHORT, "--script", script];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  let stdout = "";
  let sent = false;
  for await (const text of child.stdout.setEncoding("utf8")) {
    stdout += text;
    if (sent) continue;
    sent = true;
    void setTimeout(300).then(() => child.kill("SIGINT"));
  }
  assert.match(stdout, /interrupted in spin, .*spin\.bpf\.ts:4, after [\d,]+ instructions/);
  assert.match(stdout, /instructions so far/);
});

describe("an object of clang's", { skip: clangLacks() }, () => {
  const folder = new Folder();
  after(() => folder[Symbol.dispose]());
  const source = folder.file("limit.bpf.c", LIMIT);
  const compiled = (...flags: string[]): string => {
    const object = join(folder.path, `limit${flags.join("")}.o`);
    const { status, stderr } = spawnSync(CLANG, ["-target", "bpfel", "-O2", ...flags, "-c", source, "-o", object]);
    assert.equal(status, 0, String(stderr));
    return object;
  };
  const [withLines, bare] = clangLacks() === false ? [compiled("-g"), compiled()] : ["", ""];
  const on = (object: string, program: string) => ["debug", object, "--program", program, "--packet-hex", SHORT];

  test("with -g: lines, functions, variables by name", async () => {
    const { stdout } = await run(on(withLines, "count"), ["break weigh", "c", "bt", "finish", "watch total", "c", "p limit"]);
    assert.match(stdout, /breakpoint 1 in weigh, .*limit\.bpf\.c:\d+/);
    assert.match(stdout, /#1 count, slot \d+ .*limit\.bpf\.c/);
    assert.match(stdout, /watch 1, total: 0 -> \d+/);
    assert.match(stdout, /limit = 3/);
  });

  test("without -g: instructions", async () => {
    const { stdout } = await run(on(bare, "count"), ["line", "dis", "b slot 3", "c"]);
    assert.match(stdout, /at count, slot 1, after 1 instruction/);
    assert.match(stdout, /breakpoint 1 in count, slot 3/);
    const { stderr } = await run(on(bare, "count"), ["b 3"], 2);
    assert.match(stderr, /no line information \(compile with -g\)/);
  });

  test("a program of traffic control: its context by name, in a capture", async () => {
    const on = ["debug", withLines, "--program", "marking", "--replay", OFFICE, ...DROPPED];
    const { stdout } = await run(on, ["info context", "c", "p ctx.mark", "p ctx.cb[1]"]);
    assert.match(stdout, /data_end = 0x[0-9a-f]+ packet\+103 \(its end\)/);
    assert.match(stdout, /returned 2 in marking/);
    assert.match(stdout, /ctx\.mark = 0x67 \(103\)\nctx\.cb\[1\] = 0\n/);
  });

  test("a fault: where, why, status 5, and back from there", async () => {
    const { stdout } = await run(on(withLines, "wild"), ["c"], 5);
    assert.match(stdout, /fault: wild, slot 1 .*reads 1 byte at packet\+1000: the packet has 14/);
    assert.match(stdout, /return data\[1000\];/);
    const { stdout: later } = await run(on(withLines, "wild"), ["c", "back"]);
    assert.match(later, /before the first instruction/);
  });
});

describe("a program on events", { skip: clangLacks() }, () => {
  const folder = new Folder();
  after(() => folder[Symbol.dispose]());
  const object = join(folder.path, "events.o");
  if (clangLacks() === false) {
    const flags = ["-target", "bpfel", "-mcpu=v3", "-O2", "-g", "-c", folder.file("events.bpf.c", EVENTS), "-o", object];
    assert.equal(spawnSync(CLANG, flags).status, 0);
  }
  const on = ["debug", object, "--program", "on_enter", "--context", '{"args":[1,42]}'];

  test("its context, what it prints, and maps of every kind", async () => {
    const { stdout } = await run(on, [
      "info context",
      "break each",
      "c",
      "bt",
      "delete",
      "c",
      "info maps",
      "map values",
      "map programs",
    ]);
    for (const expected of [
      /ctx\+0 +01 00 00 00 00 00 00 00 2a 00/,
      /breakpoint 1 in each/,
      /#1 on_enter, slot \d+/,
      /printed: event 42\n/,
      /returned 7 in on_enter/,
      /values queue, 1 of 8 entries/,
      /next: 42/,
      /programs prog_array, 1 of 2 entries\n +0: after/,
    ])
      assert.match(stdout, expected);
  });

  test("what is printed is told where the run passes there, each time", async () => {
    const { stdout } = await run([...on, "--break", "helper:trace_printk"], ["c", "step", "back", "step", "run"]);
    assert.equal(stdout.match(/printed: event 42/g)?.length, 2);
  });

  test("has no packet", async () => {
    const { stderr } = await run(on, ["packet"], 2);
    assert.match(stderr, /on_enter is a raw_tracepoint program: it has no packet/);
  });
});

describe("at a terminal", { skip: spawnSync("script", ["--version"]).status === 0 ? false : "no script(1)" }, () => {
  /** Types keys at a terminal, a list of them after each prompt. */
  async function type(lines: readonly (readonly string[])[]): Promise<string> {
    const command = [process.execPath, join(ROOT, "bin/skep.js"), "debug", FIREWALL, "--packet-hex", `'${SHORT}'`].join(" ");
    const child = spawn("script", ["-qec", command, "/dev/null"], {
      cwd: ROOT,
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, TERM: "xterm", NO_COLOR: "" },
    });
    let text = "";
    let prompts = 0;
    for await (const chunk of child.stdout.setEncoding("utf8")) {
      text += chunk;
      if (text.split("\x1b[0J\x1b[1m(skep) ").length - 1 <= prompts) continue;
      // Tab that comes together with other keys was pasted: it stands for itself.
      for (const key of lines[prompts++] ?? []) {
        child.stdin.write(key);
        await setTimeout(100);
      }
    }
    child.stdin.destroy();
    return text;
  }

  test("there are colours and a prompt, an empty line repeats, Tab completes, Ctrl-D ends", async () => {
    const text = await type([["step\r"], ["\r"], ["disas", "\t", "\r"], ["\x04"]]);
    assert.ok(text.includes("\x1b[36m=>"));
    assert.match(text, /after 1 instruction[^s]/);
    assert.match(text, /after 2 instructions/);
    assert.match(text, /disassemble/);
  });
});
