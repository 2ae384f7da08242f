/** `skep list`, `skep show` and `skep top` on what a process of ours holds. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmdirSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { cgroupRoot } from "../../src/engine/linux/cgroups.ts";
import { MACHINE } from "../../src/engine/linux/facts.ts";
import { ROOT, skep } from "../cli/skep.ts";
import { type Conversation, startScript } from "../kernel/child.ts";
import { openLab, probeLab } from "../support/netns.ts";
import "../kernel/leaks.ts";
import { needs, noEngine } from "./this-kernel.ts";

const noLab = (await probeLab()) ?? needs("6.6");
const noObjdump = spawnSync("objdump", ["--version"]).status === 0 ? false : "no objdump";
const noScript = spawnSync("script", ["--version"]).status === 0 ? false : "no script(1) to make a terminal";
const cgroups = cgroupRoot({ facts: MACHINE });

/** What loaded.ts says of itself. */
interface Numbers {
  readonly programs: Readonly<Record<string, number>>;
  readonly maps: Readonly<Record<string, number>>;
}

class Loaded implements AsyncDisposable {
  readonly numbers: Numbers;
  readonly #talk: Conversation;

  private constructor(talk: Conversation, numbers: Numbers) {
    this.#talk = talk;
    this.numbers = numbers;
  }

  get pid(): number {
    return this.#talk.pid;
  }

  static start(...args: readonly string[]): Promise<Loaded> {
    return Loaded.startIn([], ...args);
  }

  /** @param prefix a command that runs it elsewhere: in another network namespace. */
  static async startIn(prefix: readonly string[], ...args: readonly string[]): Promise<Loaded> {
    const talk = startScript(new URL("./loaded.ts", import.meta.url), args, { prefix });
    return new Loaded(talk, (await talk.hear()) as Numbers);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#talk.end();
  }
}

/** Runs a command that must succeed. */
async function run(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await skep(args);
  assert.equal(status, 0, `skep ${args.join(" ")}: ${stderr}`);
  assert.equal(stderr, "");
  return stdout;
}

describe("what is in the kernel", { skip: noEngine }, () => {
  let loaded: Loaded;
  before(async () => {
    loaded = await Loaded.start("maps");
  });
  after(() => loaded[Symbol.asyncDispose]());
  const program = (name: string) => String(loaded.numbers.programs[name]);
  const map = (name: string) => String(loaded.numbers.maps[name]);

  test("skep list", async () => {
    const text = await run("list");
    assert.match(text, /^Programs\n +id {2}name .*\n/);
    assert.match(text, new RegExp(`^ +${program("drains")} {2}drains +raw_tracepoint .* node \\(${loaded.pid}\\)$`, "m"));
    assert.match(text, new RegExp(`^ +${map("queue")} {2}queue +queue .* node \\(${loaded.pid}\\)$`, "m"));
  });

  test("skep list programs --json", async () => {
    const all: { id: number; name: string; processes: unknown[] }[] = JSON.parse(await run("list", "programs", "--json"));
    const own = all.find(({ id }) => id === loaded.numbers.programs["drains"]);
    assert.deepEqual([own?.name, own?.processes], ["drains", [{ pid: loaded.pid, command: "node" }]]);
  });

  test("skep list btf", async () => {
    const text = await run("list", "btf");
    assert.match(text, /^ +1 {2}vmlinux {2}the kernel's /m);
    assert.ok(text.includes(program("drains")), text);
  });

  test("skep show program: facts, and instructions under their source lines", async () => {
    const text = await run("show", "program", program("drains"));
    assert.match(text, new RegExp(`^program ${program("drains")} drains\n {2}type +raw_tracepoint\n {2}tag +[0-9a-f]{16}\n`));
    assert.match(text, new RegExp(`^ {2}held by +node \\(${loaded.pid}\\)$`, "m"));
    assert.match(
      text,
      /^int drains\(void \*ctx\):\n; answer = 0; {2}\S+maps\.bpf\.c:\d+\n {5}0: r1 = map maps\.bss \(id \d+\)\[0\]\+0$/m,
    );
    assert.match(text, /^long take\(void \*order, void \*ctx\):$/m);
  });

  test("skep show program --code jited", async () => {
    const text = await run("show", "program", program("drains"), "--code", "jited");
    assert.match(text, /^bpf_prog_[0-9a-f]{16}_take( at 0x[0-9a-f]+)?, \d+ bytes:$/m);
    assert.match(text, /^ {5}0: ([0-9a-f]{2} ?)+$/m);
    const none = await run("show", "program", program("drains"), "--code", "none");
    assert.ok(text.startsWith(none.trimEnd().replace(/\(\d+ s ago\).*/s, "")), none);
  });

  test("skep show program --code jited --disassemble", { skip: noObjdump }, async () => {
    const text = await run("show", "program", program("drains"), "--code", "jited", "--disassemble");
    assert.match(text, /^ {5}0: [a-z]/m);
    // Names of what is called, where the kernel shows addresses.
    if (/ at 0x/.test(text)) assert.match(text, /call.* 0x[0-9a-f]{16} <bpf_user_ringbuf_drain>$/m);
  });

  test("skep show program --json", async () => {
    const shown = JSON.parse(await run("show", "program", program("drains"), "--json"));
    assert.deepEqual(
      [shown.name, shown.functions.map(({ name }: { name: string }) => name), shown.instructions[0].line.text],
      ["drains", ["drains", "take"], "answer = 0;"],
    );
  });

  test("skep show map: entries typed by the map's types; maps and programs by number and name", async () => {
    const first = await run("show", "map", map("first"));
    assert.match(first, new RegExp(`^map ${map("first")} first\n {2}type +array\n {2}key +4 bytes, u32\n`));
    // One value: a field a line, also those that are 0.
    assert.match(await run("show", "map", map("maps.bss")), /^ {2}field +value\n {2}answer +0$/m);
    assert.match(await run("show", "map", map("filter")), /^a map of type bloom_filter has no entries to be shown$/m);
    const steps = await run("show", "map", map("steps"));
    assert.match(steps, new RegExp(`^ +2 {2}program ${program("second_step")} {2}second_step$`, "m"));
    const outer = JSON.parse(await run("show", "map", map("outer"), "--json"));
    assert.deepEqual(outer.contents.entries, [
      { key: 1, kind: "map", id: Number(map("first")) },
      { key: 2, kind: "map", id: Number(map("second")) },
    ]);
    assert.match(await run("show", "map", map("queue")), /^it is empty$/m);
  });

  test("skep show btf", async () => {
    const { btf } = JSON.parse(await run("show", "program", program("drains"), "--json"));
    assert.match(await run("show", "btf", String(btf)), new RegExp(`^ {2}programs +.*\\b${program("drains")}\\b`, "m"));
    assert.match(await run("show", "btf", String(btf), "--format", "c"), /^typedef .*u64;$/m);
  });

  for (const [args, message, status] of [
    [["show", "program", "drain"], "there is no program drain: did you mean drains?", 4],
    [["show", "map", "4294967294"], "there is no map 4294967294; skep list maps shows what there is", 4],
    [["show", "map", "/sys/fs/bpf/no-such"], "/sys/fs/bpf/no-such", 4],
    [["show", "link", "drops"], "there is no link drops: links have numbers, no names", 4],
    [["show", "prgram", "1"], 'skep show takes program, map, link, btf and which, found "prgram"; did you mean program?', 2],
    [["show", "map", "1", "--code", "jited"], "--code goes with skep show program", 2],
    [["show", "program", "1", "--disassemble"], "--disassemble goes with --code jited", 2],
    [["list", "program", "x"], "skep list takes one kind, found also x", 2],
    [["list", "maps", "--effective"], "--effective goes with skep list cgroups", 2],
    [["list", "cgroups", "/no/such"], "control group /no/such: there is none of that name", 4],
    [["list", "mps"], 'found "mps"; did you mean maps?', 2],
    [["top", "x"], 'skep top takes no operand, found "x"', 2],
    [["top", "--count", "1.5"], "--count takes a whole number, found 1.5", 2],
  ] as const)
    test(`skep ${args.join(" ")}: ${message}`, async () => {
      const ended = await skep(args);
      assert.equal(ended.status, status, ended.stderr);
      assert.ok(ended.stderr.includes(message), ended.stderr);
      assert.equal(ended.stderr.trimEnd().split("\n").length, 1);
    });

  for (const args of [["list"], ["list", "perf"], ["show", "program", "1"], ["show", "map", "x"], ["top"]] as const)
    test(`skep ${args.join(" ")} without privileges`, async () => {
      const ended = await skep(args, { unprivileged: true });
      assert.equal(ended.status, 6, ended.stderr);
      assert.match(ended.stderr, /^skep: .*: not permitted: this process lacks CAP_SYS_ADMIN; run it as root \(sudo\)/);
      assert.equal(ended.stdout, "");
    });
});

describe("what is attached", { skip: noEngine }, () => {
  test("skep list network", { skip: noLab }, async () => {
    await using lab = await openLab();
    const enter = ["nsenter", `--net=/run/netns/${lab.namespace("a")}`];
    await using loaded = await Loaded.startIn(enter, "network", "on_ingress@veth0", "on_flow");
    const { stdout } = await lab.exec("a", [process.execPath, `${ROOT}/bin/skep.js`, "list", "network"]);
    const { on_ingress, on_flow } = loaded.numbers.programs;
    assert.match(stdout, new RegExp(`^ {2}veth0 +tcx ingress +${on_ingress} {2}on_ingress +\\d+$`, "m"));
    assert.match(stdout, new RegExp(`^ {2}\\(namespace\\) {2}flow_dissector +${on_flow} {2}on_flow +\\d+$`, "m"));
  });

  test("skep show program says where it is without a link, too", { skip: noLab }, async () => {
    await using lab = await openLab();
    const enter = ["nsenter", `--net=/run/netns/${lab.namespace("a")}`, "env", "SKEP_TCX=no"];
    await using loaded = await Loaded.startIn(enter, "network", "on_tc@veth0");
    const show = ["show", "program", String(loaded.numbers.programs["on_tc"]), "--code", "none"];
    const { stdout } = await lab.exec("a", [process.execPath, `${ROOT}/bin/skep.js`, ...show]);
    assert.match(stdout, /^ {2}attached +tc ingress on veth0 \(filter on_tc\)$/m);
  });

  test("skep list cgroups", { skip: cgroups === null ? "no cgroup version 2" : false }, async () => {
    const name = `skep-list-${process.pid}`;
    const folder = `${cgroups}/${name}`;
    mkdirSync(folder);
    try {
      await using loaded = await Loaded.start("network", `on_connect@/${name}`);
      const text = await run("list", "cgroups", `/${name}`);
      const { on_connect } = loaded.numbers.programs;
      assert.match(text, new RegExp(`^ {2}/${name} {2}cgroup_inet4_connect {2}multi +${on_connect} {2}on_connect$`, "m"));
      assert.match(await run("list", "cgroups", `/${name}`, "--effective", "--json"), /"attachType":"cgroup_inet4_connect"/);
    } finally {
      rmdirSync(folder);
    }
  });

  test("skep list links, skep show link", async () => {
    await using loaded = await Loaded.start("tracing", "on_raw");
    const { on_raw } = loaded.numbers.programs;
    const text = await run("list", "links");
    const row = new RegExp(
      `^ +(\\d+) {2}raw_tracepoint +${on_raw} {2}on_raw +raw tracepoint sys_enter +node \\(${loaded.pid}\\)$`,
      "m",
    );
    assert.match(text, row);
    const [, id = ""] = row.exec(text) ?? [];
    assert.match(
      await run("show", "link", id),
      new RegExp(`^link ${id}\n {2}type +raw_tracepoint\n {2}attached as +raw tracepoint sys_enter\n`),
    );
    assert.match(
      await run("show", "program", String(on_raw)),
      new RegExp(`^ {2}attached +raw tracepoint sys_enter \\(link ${id}\\)$`, "m"),
    );
    const { tracepoint, processes } = JSON.parse(await run("show", "link", id, "--json"));
    assert.deepEqual([tracepoint, processes], ["sys_enter", [{ pid: loaded.pid, command: "node" }]]);
  });

  test("skep list perf", async () => {
    await using loaded = await Loaded.start("tracing", "on_raw");
    const text = await run("list", "perf");
    const { on_raw } = loaded.numbers.programs;
    assert.match(text, new RegExp(`^ {2}node \\(${loaded.pid}\\) +\\d+ {2}raw_tracepoint +sys_enter +${on_raw} {2}on_raw$`, "m"));
  });
});

describe("skep top", { skip: noEngine }, () => {
  let loaded: Loaded;
  before(async () => {
    loaded = await Loaded.start("tracing", "on_raw");
  });
  after(() => loaded[Symbol.asyncDispose]());

  test("tables, and that is all", async () => {
    const text = await run("top", "--interval", "0.2", "--count", "2");
    const [first = "", second = "", ...more] = text.split("\n\n").filter((part) => /^\d\d:/.test(part));
    assert.match(first, /^\d\d:\d\d:\d\d {2}[\d,]+ programs, [\d.]+ % of a CPU, [\d,]+ runs\/s$/);
    assert.ok(second !== "" && more.length === 0, text);
    assert.match(text, new RegExp(`^ *${loaded.numbers.programs["on_raw"]} {2}on_raw +raw_tracepoint +[\\d.]+ % `, "m"));
  });

  test("--json: a line for each look", async () => {
    const lines = (await run("top", "--interval", "0.2", "--count", "2", "--json")).trimEnd().split("\n");
    assert.equal(lines.length, 2);
    for (const line of lines) {
      const { programs } = JSON.parse(line) as { programs: { program: { id: number }; runCount: number; runTime: number }[] };
      const own = programs.find(({ program: { id } }) => id === loaded.numbers.programs["on_raw"]);
      // It runs whenever anybody calls the kernel: at least when skep itself does.
      assert.ok(own !== undefined && own.runCount > 0 && own.runTime > 0, line);
    }
  });

  test("on a terminal it is drawn anew; q ends it, and the terminal is as it was", { skip: noScript }, async () => {
    const command = `${process.execPath} ${ROOT}/bin/skep.js top --interval 0.1`;
    const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    let screen = "";
    let pressed = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      screen += text;
      if (pressed || !screen.includes("on_raw")) return;
      pressed = true;
      child.stdin.write("q");
    });
    const [status] = await once(child, "close");
    assert.equal(status, 0);
    assert.ok(screen.includes("\x1b[?1049h\x1b[?25l\x1b[H"), "another screen, without a cursor, from its top left");
    assert.ok(screen.trimEnd().endsWith("\x1b[?25h\x1b[?1049l"), "and back to the first, with a cursor");
  });

  test("skep show map of a ring buffer", async () => {
    const text = await run("show", "map", String(loaded.numbers.maps["events"]));
    assert.match(text, /^0 B of [\d.]+ [KM]iB are written and not yet read$/m);
  });

  test("Ctrl-C ends it", async () => {
    const child = spawn(process.execPath, [`${ROOT}/bin/skep.js`, "top", "--interval", "0.1"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    child.stdout.once("data", () => child.kill("SIGINT"));
    assert.deepEqual(await once(child, "exit"), [0, null]);
  });
});
