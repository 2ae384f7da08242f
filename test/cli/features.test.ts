/** `skep features`, `skep lend` and `skep borrow` as people see them, without asking the kernel for anything. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { skep } from "./skep.ts";

const skip = process.platform === "linux" ? false : "needs Linux";

describe("skep features --no-probe", { skip }, () => {
  it("shows the system, then each kind: what is there, and of what is not the reason", async () => {
    const { status, stdout, stderr } = await skep(["features", "--no-probe"], { unprivileged: true });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^Linux \S+ \S+; known from its types, configuration and version; probes need CAP_BPF$/m);
    assert.match(stdout, /^ {2}capabilities +none that matters here$/m);
    for (const title of ["Types of programs", "Types of maps", "Attach types", "Links", "Instructions", "Hooks"])
      assert.match(stdout, new RegExp(`^${title} \\d+ of \\d+$`, "m"));
    assert.match(stdout, /^ {2}socket_filter kprobe sched_cls /m);
    assert.match(stdout, /^Helpers by type of program\n {2}socket_filter \d+/m);
  });

  it("--verbose: every one, since when and how that is known", async () => {
    const { stdout } = await skep(["features", "--no-probe", "--verbose"]);
    assert.match(stdout, /^ {2}name +here +since +known from +why$/m);
    assert.match(stdout, /^ {2}hash +yes +3\.19 +(types|version)$/m);
    assert.match(stdout, /^ {2}rhash +(no|yes) +7\.2 /m);
    assert.match(stdout, /^ {2}xdp \d+\n {4}bpf_map_lookup_elem /m);
  });

  it("as data: all that the text says", async () => {
    const { stdout } = await skep(["features", "--no-probe", "--json"]);
    const { features, helpers, kernelFunctions, system, probed } = JSON.parse(stdout);
    assert.equal(probed, false);
    for (const { available, since, reason, cause } of features) {
      assert.match(available, /^(yes|no|unknown)$/);
      assert.ok(since === null || /^\d\.\d+$/.test(since));
      assert.equal(reason === null, available === "yes");
      assert.equal(cause === null, available === "yes");
    }
    assert.ok(helpers.length > 30 && kernelFunctions.length > 30);
    assert.equal(typeof system.release, "string");
  });

  it("names, also as the kernel spells them; several of one name", async () => {
    const { stdout } = await skep(["features", "--no-probe", "BPF_MAP_TYPE_HASH", "perf_event", "bpf_loop"]);
    assert.match(stdout, /^yes {2}map type hash since Linux 3\.19$/m);
    assert.match(stdout, /program type perf_event .*\n.*attach type perf_event .*\n.*link type perf_event /);
    assert.match(stdout, /helper bpf_loop/);
  });
});

describe("skep lend, skep borrow", { skip }, () => {
  const lend = ["lend", "examples/firewall.bpf.ts", "--interface", "lo"];

  for (const [what, args, message] of [
    ["a socket", [...lend, "--user", "0"], /where shall it be lent\? --socket PATH/],
    ["a user", [...lend, "--socket", "/run/x.sock"], /to whom\? --user NAME/],
    [
      "a user that there is",
      [...lend, "--socket", "/run/x.sock", "--user", "rot"],
      /no user rot in \/etc\/passwd; did you mean root\?/,
    ],
    ["a path", ["borrow"], /skep borrow needs a file: skep borrow PATH/],
  ] as const) {
    it(`need ${what}`, async () => {
      const { status, stderr } = await skep(args, { env: { SUDO_UID: undefined } });
      assert.equal(status, 2);
      assert.match(stderr, message);
    });
  }

  it("name what is missing to load a program", async () => {
    const { status, stderr } = await skep([...lend, "--socket", "/run/x.sock", "--user", "0"], { unprivileged: true });
    assert.equal(status, 6);
    assert.match(stderr, /this process lacks CAP_BPF/);
  });

  it("borrowing where nobody lends", async () => {
    const { status, stderr } = await skep(["borrow", "/run/skep-nobody-lends-here.sock"]);
    assert.equal(status, 4);
    assert.match(stderr, /nobody lends there/);
  });
});
