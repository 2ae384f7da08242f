/** Descriptors from a process that may load programs to one that may do nothing, over a socket that is one user's. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { probeLinux } from "../../src/engine/linux/probe.ts";
import { skep } from "../cli/skep.ts";
import { type Conversation, type ScriptOptions, startScript } from "../kernel/child.ts";
import "../kernel/leaks.ts";

const missing = [
  probeLinux().reason,
  process.getuid?.() === 0 ? null : "needs root, to be another user",
  spawnSync("unshare", ["-n", "true"]).status === 0 ? null : "network namespaces cannot be made (unshare)",
].filter((reason) => reason !== null);
const skip = missing.length === 0 ? false : missing.join(", ");

const SCRIPT = new URL("lend.scenarios.ts", import.meta.url);
const CLI = new URL("../../bin/skep.js", import.meta.url);
/** Two users that nobody else is. */
const USER = 65_533;
const STRANGER = 65_532;

const SOURCE = `
import { hash, ringBuffer, xdp, XDP_PASS, type u32, type u64 } from "skep/bpf";
interface Event { length: u32 }
export const counts = hash<u32, u64>({ maxEntries: 16 });
export const events = ringBuffer<Event>({ maxEntries: 4096 });
let total: u64 = 0;
export const count = xdp((ctx) => {
  total += 1;
  counts.increment(ctx.packet.length);
  events.output({ length: ctx.packet.length });
  return XDP_PASS;
});
`;

/** A network namespace of its own. */
const ELSEWHERE = ["unshare", "-n"];

const talks: Conversation[] = [];

/** Starts a script that is ended after the test. */
function talk(script: URL, args: readonly string[], options: ScriptOptions): Conversation {
  const conversation = startScript(script, args, options);
  talks.push(conversation);
  return conversation;
}

describe("lending", { skip }, () => {
  let folder = "";
  let source = "";
  before(() => {
    folder = mkdtempSync("/run/skep-lend-");
    chmodSync(folder, 0o755);
    source = join(folder, "lent.bpf.ts");
    writeFileSync(source, SOURCE);
  });
  // Also after a test that failed: none of its processes stays.
  afterEach(async () => {
    for (const one of talks.splice(0)) {
      one.kill("SIGKILL");
      await one.ended;
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const lends = (path: string, ...more: readonly string[]): Conversation =>
    talk(SCRIPT, ["lend", path, String(USER), source, ...more], { prefix: ELSEWHERE });
  let sockets = 0;
  /** Lends to USER in a network namespace of its own. */
  async function lender(
    ...more: readonly string[]
  ): Promise<{ readonly path: string; readonly talk: Conversation; readonly pid: number }> {
    const path = join(folder, `${sockets++}.sock`);
    return lenderAt(path, ...more);
  }
  async function lenderAt(path: string, ...more: readonly string[]) {
    const conversation = lends(path, ...more);
    const answer = (await conversation.hear()) as { lending?: number; message?: string };
    assert.ok(answer.lending !== undefined, answer.message);
    return { path, talk: conversation, pid: answer.lending };
  }
  const borrower = (path: string, uid = USER): Conversation => talk(SCRIPT, ["borrow", path], { uid });
  async function end(...all: readonly Conversation[]): Promise<void> {
    for (const one of all) {
      one.kill("SIGTERM");
      await one.ended;
    }
  }

  it("a process without any capability reads and writes maps, variables and records, and holds the link", async () => {
    const { path, talk: lending } = await lender();
    assert.equal(statSync(path).uid, USER);
    assert.equal(lstatSync(path).mode & 0o777, 0o600);
    const borrowing = borrower(path);
    assert.deepEqual(await borrowing.hear(), {
      rights: "0000000000000000",
      maps: ["counts", "events", "lent.bss"],
      programs: [],
      links: ["xdp on lo (generic)"],
      types: ["xdp"],
    });
    assert.deepEqual(Object.keys((await lending.hear()) as object), ["borrowed"]);
    await lending.ask("run");
    assert.deepEqual(await borrowing.ask("record"), { record: { length: 64 } });
    assert.deepEqual(await borrowing.ask("look"), { count: 1, total: 1 });
    assert.deepEqual(await borrowing.ask("write"), { wrote: 5 });
    const refused = (await borrowing.ask("load")) as { error: string; message: string };
    assert.equal(refused.error, "PrivilegeError");
    assert.match(refused.message, /lacks CAP_BPF/);
    assert.deepEqual(await borrowing.ask("end"), { left: 0 });
    await end(borrowing, lending);
  });

  it("whoever is not that user cannot connect", async () => {
    const { path, talk: lending } = await lender();
    const stranger = borrower(path, STRANGER);
    assert.deepEqual(await stranger.hear(), { error: "LendError", message: `${path}: what is lent there is for another user` });
    // Who gets past the file's mode is still not the user: the kernel says who connects.
    chmodSync(path, 0o666);
    const again = borrower(path, STRANGER);
    const { message } = (await again.hear()) as { message: string };
    assert.match(message, new RegExp(`for user ${USER}, this process is user ${STRANGER}`));
    await end(stranger, again, lending);
  });

  it("what was borrowed outlives the lender, however that ends, and goes with the borrower", async () => {
    const { path, talk: lending, pid } = await lender("programs");
    const borrowing = borrower(path);
    const got = (await borrowing.hear()) as { programs: string[] };
    assert.deepEqual(got.programs, ["count"]);
    process.kill(pid, "SIGKILL");
    await lending.ended;
    assert.deepEqual(await borrowing.ask("run"), { verdict: 2 });
    assert.deepEqual(await borrowing.ask("look"), { count: 1, total: 1 });
    assert.deepEqual(await borrowing.ask("detach"), { detached: true });
    assert.deepEqual(await borrowing.ask("end"), { left: 0 });
    await end(borrowing);
    assert.equal(existsSync(path), true, "SIGKILL leaves the socket's name");
    const next = await lenderAt(path);
    assert.equal(next.path, path);
    await end(next.talk);
  });

  it("only the maps that are meant", async () => {
    const { path, talk: lending } = await lender("few");
    const borrowing = borrower(path);
    const { maps } = (await borrowing.hear()) as { maps: string[] };
    assert.deepEqual(maps, ["counts"]);
    await end(borrowing, lending);
  });

  it("to be read only: maps and variables as ever, and nothing can be written; records come", async () => {
    const { path, talk: lending } = await lender("read-only");
    const borrowing = borrower(path);
    await borrowing.hear();
    await lending.hear();
    await lending.ask("run");
    assert.deepEqual(await borrowing.ask("record"), { record: { length: 64 } });
    assert.deepEqual(await borrowing.ask("look"), { count: 1, total: 1 });
    const { error } = (await borrowing.ask("write")) as { error: string };
    assert.match(error, /^(MapError|PrivilegeError)$/);
    await end(borrowing, lending);
  });

  it("not where others could put something else in the place of the socket", async () => {
    const open = join(folder, "open");
    mkdirSync(open);
    chmodSync(open, 0o777);
    const conversation = lends(join(open, "s.sock"));
    const { error, message } = (await conversation.hear()) as { error: string; message: string };
    assert.equal(error, "LendError");
    assert.match(message, /others may change the folder/);
    await end(conversation);
  });

  it("nor over what is there", async () => {
    const taken = join(folder, "taken");
    writeFileSync(taken, "mine");
    const conversation = lends(taken);
    assert.match(((await conversation.hear()) as { message: string }).message, /there is something else; choose another path/);
    const { path, talk: lending } = await lender();
    const second = lends(path);
    assert.match(((await second.hear()) as { message: string }).message, /somebody else lends there/);
    await end(conversation, second, lending);
  });

  it("from the command line: skep lend, skep borrow", async () => {
    const path = join(folder, "cli.sock");
    const args = [
      "lend",
      source,
      "--interface",
      "lo",
      "--mode",
      "generic",
      "--socket",
      path,
      "--user",
      String(USER),
      "--json",
      "--once",
    ];
    const lending = talk(CLI, args, { prefix: ELSEWHERE });
    const { lending: told } = (await lending.hear()) as { lending: { path: string; maps: string[]; attached: string[] } };
    assert.deepEqual([told.path, told.attached], [path, ["xdp on lo (generic)"]]);
    const prefix = ["env", "HOME=/nonexistent", "NODE_DISABLE_COMPILE_CACHE=1"];
    const borrowing = talk(CLI, ["borrow", path, "--duration", "0.1", "--json"], { prefix, uid: USER });
    const shown = (await borrowing.hear()) as { attached: string[]; variables: Record<string, number>; maps: object };
    assert.deepEqual(shown.attached, ["xdp on lo (generic)"]);
    assert.deepEqual(shown.variables, { total: 0 });
    assert.deepEqual(Object.keys(shown.maps), ["counts"]);
    assert.deepEqual(Object.keys((await lending.hear()) as object), ["borrowed"]);
    assert.equal((await lending.ended).status, 0, "--once: it ends by itself");
    assert.equal(existsSync(path), false);
    await borrowing.ended;
    const nobody = await skep(["borrow", path]);
    assert.equal(nobody.status, 4);
    assert.match(nobody.stderr, /nobody lends there/);
  });
});
